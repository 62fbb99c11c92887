import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';

const dist = path.resolve(import.meta.dirname, '../../dist');

/** A file of `dist/`, as `npm run build` made it. */
export function built(file: string): string {
  const found = path.join(dist, file);
  if (!existsSync(found)) throw new Error(`${found} is missing: run \`npm run build\` first (npm test does it)`);
  return found;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly process: ChildProcess;
  /** All that it printed so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves when it has ended and its output is read. */
  readonly ended: Promise<Finished>;
}

/** Starts a built program with Node; it ends with the test at the latest. */
export function startProgram(
  file: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; ipc?: boolean; cwd?: string } = {},
): Started {
  const child = spawn(process.execPath, [built(file), ...args], {
    env: { ...process.env, ...options.env },
    ...(options.cwd ? { cwd: options.cwd } : {}),
    // A group of its own, so that a test can do what Ctrl-C does: signal the whole group.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(options.ipc ? ['ipc' as const] : [])],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(
    ([code]): Finished => ({ code: typeof code === 'number' ? code : null, stdout, stderr }),
  );
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  });
  return { process: child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Runs a built program to its end. */
export function runProgram(file: string, args: readonly string[]): Promise<Finished> {
  return startProgram(file, args).ended;
}
