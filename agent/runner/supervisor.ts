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
  readonly runners: number;
  /** What the runners read from standard input: ours (`infer --source -`), or nothing (default). */
  readonly stdin?: 'inherit';
  /** Absent: a runner that dies stays dead (`infer`). */
  readonly restart: boolean;
  /** Resident memory that a runner may take, in MB; above it the runner is recycled: drained, ended, started afresh. */
  readonly memoryMb?: number;
  readonly clock: Clock;
  onMessage(message: FromRunner): void;
  /** A runner went over its budget and is being recycled; its streams lose no result. */
  onRecycled?(recycling: { streams: readonly string[]; message: string }): void;
  /** A runner ended by itself; `streams` had been with it. */
  onRunnerDied(death: { streams: readonly string[]; message: string; code: ErrorCode }): void;
}

export interface Supervisor {
  /** Deals the streams over the runners and starts them; called once. */
  start(assignments: readonly Assignment[]): void;
  /** Passes a wish on to the runner that has the stream. */
  send(stream: string, message: ToRunner): void;
  /** Process ids of the living runners. */
  pids(): number[];
  stop(): Promise<void>;
}

/** How long a runner may take to analyse what has been handed over, and to say it. */
const GRACE_MS = 6000;
/**
 * What a frame leaves behind in JavaScript is small and dies young: more room for it only grows the process. But the
 * runtime's outputs, a megabyte a frame, count too: a heap that may not reach 64 MB is collected as a whole every few frames.
 */
const HEAP_FLAGS = ['--max-semi-space-size=2', '--initial-heap-size=64'];
/** A budget that no runner can keep must not become a loop. */
const RECYCLE_AGAIN_MS = 60_000;

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const byStream = new Map<string, Child<ToRunner>>();
  const children: Child<ToRunner>[] = [];

  const createRunner = (assignments: readonly Assignment[], index: number): Child<ToRunner> => {
    const cwd = path.join(options.workDir, `runner-${index}`);
    mkdirSync(cwd, { recursive: true, mode: 0o700 });
    const streams = assignments.map((a) => a.stream);
    let recycledAt = Number.NEGATIVE_INFINITY;
    const child: Child<ToRunner> = createChild<ToRunner, FromRunner>({
      entry: options.entry,
      cwd,
      env: {
        // glibc keeps an arena a thread by default, and image work makes each of them grow.
        MALLOC_ARENA_MAX: '2',
        // A camera that is waited for takes one of libuv's threads.
        UV_THREADPOOL_SIZE: String(Math.min(128, 8 + assignments.length)),
      },
      clock: options.clock,
      flags: HEAP_FLAGS,
      graceMs: GRACE_MS,
      ...(options.stdin ? { stdin: options.stdin } : {}),
      ...(options.restart ? { restart: createBackoff(500, 30_000) } : {}),
      onStart: () => setImmediate(() => child.send({ type: 'assign', assignments })),
      onMessage(message) {
        if (message.type !== 'memory') return options.onMessage(message);
        const budget = options.memoryMb ?? Number.POSITIVE_INFINITY;
        if (message.rssMb <= budget || options.clock.mono() - recycledAt < RECYCLE_AGAIN_MS) return;
        recycledAt = options.clock.mono();
        options.onRecycled?.({
          streams,
          message: `runner ${index} takes ${message.rssMb} MB of ${budget}; starting afresh`,
        });
        child.renew();
      },
      onExit({ code, signal, wanted, restartMs }) {
        if (wanted) return;
        const how = signal ? `by ${signal}` : `with code ${code}`;
        const then = restartMs === undefined ? '' : `; starting again in ${Math.round(restartMs)} ms`;
        options.onRunnerDied({ streams, code: 'runner-died', message: `runner ${index} ended ${how}${then}` });
      },
    });
    for (const stream of streams) byStream.set(stream, child);
    return child;
  };

  return {
    start(assignments) {
      children.push(...deal(assignments, options.runners).map(createRunner));
      for (const child of children) child.start();
    },
    send: (stream, message) => void byStream.get(stream)?.send(message),
    pids: () => children.map((c) => c.pid).filter((pid) => pid !== undefined),
    async stop() {
      await Promise.all(children.map((child) => child.stop()));
    },
  };
}
