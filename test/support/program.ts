/** Built programs that end with the test. */
import { onTestFinished } from 'vitest';
import { type Finished, isOver, type SpawnOptions, type Started, spawnProgram } from './spawn.ts';

export { built, type Finished, type Started } from './spawn.ts';

/** Starts a built program with Node; it ends with the test at the latest. */
export function startProgram(file: string, args: readonly string[], options: SpawnOptions = {}): Started {
  const started = spawnProgram(file, args, options);
  onTestFinished(async () => {
    if (!isOver(started)) started.process.kill('SIGKILL');
    await started.ended;
  });
  return started;
}

/** Runs a built program to its end. */
export function runProgram(file: string, args: readonly string[]): Promise<Finished> {
  return startProgram(file, args).ended;
}
