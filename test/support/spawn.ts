/** Starting built programs, for whoever ends them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { builtFile } from './built.ts';

/** A file of `dist/`, as `npm run build` made it. */
export function built(file: string): string {
  const found = builtFile(file);
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

export interface SpawnOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly ipc?: boolean;
  readonly cwd?: string;
}

/** Starts a built program with Node. */
export function spawnProgram(file: string, args: readonly string[], options: SpawnOptions = {}): Started {
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
  return { process: child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Has it ended? */
export function isOver({ process: child }: Started): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
