/** `vedette-hub model …`: one file a command in `model/`, one line here. */
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { addInspect } from './model/inspect.ts';

export function addModelCommands(program: Command, context: CommandContext): void {
  const model = program.command('model').description('model packages: check, pack, quantize');
  addInspect(model, context);
}
