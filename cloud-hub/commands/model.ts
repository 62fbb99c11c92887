/** `vedette-hub model …`: one file a command in `model/`, one line here. */
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { addInspect } from './model/inspect.ts';
import { addPack } from './model/pack.ts';
import { addQuantize } from './model/quantize.ts';
import { addVerify } from './model/verify.ts';

export function addModelCommands(program: Command, context: CommandContext): void {
  const model = program.command('model').description('model packages: check, pack, quantize');
  addInspect(model, context);
  addVerify(model, context);
  addPack(model, context);
  addQuantize(model, context);
}
