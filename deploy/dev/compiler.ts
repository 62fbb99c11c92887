/**
 * TypeScript's compiler, run after each change (incrementally: what did not change is not looked at again).
 *
 * Not `tsc --watch`: it does not see files near the root of the file system, so that a clone in `/srv` or `/root` misses changes.
 *
 * Invariants:
 * 1. One compiler runs at a time. A change while it runs makes it run once more.
 * 2. After `stop` none runs, and nothing is told.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';

export interface Compiler {
  /** Something changed. */
  poke(): void;
  stop(): Promise<void>;
}

export interface CompilerOptions {
  /** Folder with tsconfig.json. */
  readonly root: string;
  readonly clock: Clock;
  /** The sources were compiled; these files have errors, a file once for each. */
  onPass(faulty: readonly string[]): void;
  /** Each line that the compiler prints. */
  print(line: string): void;
}

/** An editor saves several files at once, and writes one in several steps. */
const GATHER_MS = 100;

export function createCompiler({ root, clock, onPass, print }: CompilerOptions): Compiler {
  const tsc = path.join(path.dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  let running: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();
  let due: Cancel | undefined;
  let again = false;
  let stopped = false;

  const run = () => {
    due = undefined;
    if (running) {
      again = true;
      return;
    }
    again = false;
    const faulty: string[] = [];
    // A group of its own: the compiler is a child of a child, and both have to end.
    const child = spawn(process.execPath, [tsc, '--project', 'tsconfig.json', '--pretty', 'false'], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running = child;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const file = /^(.+?)\(\d+,\d+\): error TS\d+:/.exec(line)?.[1];
      if (file !== undefined) faulty.push(file);
      if (!stopped) print(line);
    });
    ended = new Promise<void>((resolve) => {
      child.once('close', (code) => {
        running = undefined;
        resolve();
        if (stopped) return;
        // What is wrong in no file (tsconfig.json, say) is wrong all the same.
        onPass(code === 0 || faulty.length > 0 ? faulty : ['tsconfig.json']);
        if (again) run();
      });
    });
  };

  return {
    poke() {
      if (stopped) return;
      due?.();
      due = clock.after(GATHER_MS, run);
    },
    async stop() {
      stopped = true;
      due?.();
      if (running?.pid !== undefined && running.exitCode === null) process.kill(-running.pid, 'SIGTERM');
      await ended;
    },
  };
}
