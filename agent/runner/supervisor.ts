/**
 * The parent side of the process boundary: one child process a runner, started again when it dies. The supervisor never
 * decodes and never infers; whatever a runner does, it lives.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createBackoff } from '../../shared/kit/backoff.ts';
import { type Child, createChild } from '../../shared/kit/child.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import type { ErrorCode } from '../../shared/kit/errors.ts';
import { deal } from './deal.ts';
import type { Assignment, FromRunner, ToRunner } from './messages.ts';

export interface SupervisorOptions {
  /** Built `agent/runner/child.js`. */
  readonly entry: string | URL;
  /** Each runner gets an empty working folder below this one: a model can name files relative to it. */
  readonly workDir: string;
  readonly assignments: readonly Assignment[];
  readonly runners: number;
  /** Absent: a runner that dies stays dead (`infer`). */
  readonly restart: boolean;
  readonly clock: Clock;
  onMessage(message: FromRunner): void;
  /** A runner ended by itself; `streams` had been with it. */
  onRunnerDied(death: { streams: readonly string[]; message: string; code: ErrorCode }): void;
}

export interface Supervisor {
  start(): void;
  /** Passes a wish on to the runner that has the stream. */
  send(stream: string, message: ToRunner): void;
  /** Process ids of the living runners. */
  pids(): number[];
  stop(): Promise<void>;
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const byStream = new Map<string, Child<ToRunner>>();
  const children = deal(options.assignments, options.runners).map((assignments, index) => {
    const cwd = path.join(options.workDir, `runner-${index}`);
    mkdirSync(cwd, { recursive: true, mode: 0o700 });
    const streams = assignments.map((a) => a.stream);
    const child: Child<ToRunner> = createChild<ToRunner, FromRunner>({
      entry: options.entry,
      cwd,
      // glibc keeps an arena a thread by default, and image work makes each of them grow.
      env: { MALLOC_ARENA_MAX: '2' },
      clock: options.clock,
      ...(options.restart ? { restart: createBackoff(500, 30_000) } : {}),
      onStart: () => setImmediate(() => child.send({ type: 'assign', assignments })),
      onMessage: options.onMessage,
      onExit({ code, signal, wanted, restartMs }) {
        if (wanted) return;
        const how = signal ? `by ${signal}` : `with code ${code}`;
        const then = restartMs === undefined ? '' : `; starting again in ${Math.round(restartMs)} ms`;
        options.onRunnerDied({ streams, code: 'runner-died', message: `runner ${index} ended ${how}${then}` });
      },
    });
    for (const stream of streams) byStream.set(stream, child);
    return child;
  });

  return {
    start() {
      for (const child of children) child.start();
    },
    send: (stream, message) => void byStream.get(stream)?.send(message),
    pids: () => children.map((c) => c.pid).filter((pid) => pid !== undefined),
    async stop() {
      await Promise.all(children.map((child) => child.stop()));
    },
  };
}
