/** `vedette-hub model …`: one file a command in `model/`, one line here. */
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { addInit } from './model/init.ts';
import { addInspect } from './model/inspect.ts';
import { addPack } from './model/pack.ts';
import { addQuantize } from './model/quantize.ts';
import { addRegistered } from './model/registered.ts';
import { addUpload } from './model/upload.ts';
import { addVerify } from './model/verify.ts';

export function addModelCommands(program: Command, context: CommandContext): void {
  const model = program
    .command('model')
    .description(
      'model packages: make one of an ONNX file, check, pack and quantize it; upload and manage them on a running hub',
    );
  addInit(model, context);
  addInspect(model, context);
  addVerify(model, context);
  addPack(model, context);
  addQuantize(model, context);
  addUpload(model, context);
  addRegistered(model, context);
}
