/**
 * The parent side of the process boundary: one child process a runner, started again when it dies. The supervisor never
 * decodes and never infers; whatever a runner does, it lives.
 *
 * Invariants:
 * 1. Assignments change one set after the other, runner by runner; a runner whose assignments stay is not touched.
 * 2. A stream that gets another model is handed over from process to process (`hand-over.ts`): at most one frame of it is
 *    dropped, none is told twice. When the new process fails, the old one goes on with what it had.
 */
import path from 'node:path';
import type { ChildExit } from '../../shared/kit/child.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { type ErrorCode, messageOf } from '../../shared/kit/errors.ts';
import { handOver } from './hand-over.ts';
import type { Assignment, FromRunner, ToRunner } from './messages.ts';
import { changeOf, place } from './place.ts';
import { createRunnerProcess, type RunnerProcess } from './process.ts';

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

/** A runner that could not take up what it was given, and goes on with what it had. */
export interface FailedChange {
  readonly streams: readonly string[];
  readonly reason: string;
}

export interface Supervisor {
  /** Starts the processes that so many streams will want, while it is still being found out what they run. */
  warm(streams: number): void;
  /**
   * Makes these the assignments: starts, changes, swaps and ends runners. Several calls are carried out one after the other.
   * @returns what failed, when all is done; nothing when all of it is in force
   */
  apply(assignments: readonly Assignment[]): Promise<readonly FailedChange[]>;
  /** These thresholds hold from the next frame on, in processes to come too. */
  setThresholds(thresholds: Extract<ToRunner, { type: 'thresholds' }>['thresholds']): void;
  /** Passes a message on to the runner that has the stream. @returns is there one? */
  send(stream: string, message: ToRunner): boolean;
  /** Process ids of the living runners. */
  pids(): number[];
  stop(): Promise<void>;
}

/** A budget that is too small for any runner must not restart it without end. */
const RECYCLE_AGAIN_MS = 60_000;

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { clock } = options;
  /** By index; one that has no streams has no process. */
  const runners: (RunnerProcess | undefined)[] = [];
  const starting = new Set<RunnerProcess>();
  let work: Promise<unknown> = Promise.resolve();
  let stopping = false;
  let thresholds: Extract<ToRunner, { type: 'thresholds' }>['thresholds'] = {};

  const create = (
    index: number,
    assignments: readonly Assignment[],
    standby: boolean,
    expected = assignments.length,
  ): RunnerProcess => {
    let recycledAt = Number.NEGATIVE_INFINITY;
    const runner = createRunnerProcess({
      entry: options.entry,
      cwd: path.join(options.workDir, `runner-${index}`),
      ...(options.stdin ? { stdin: options.stdin } : {}),
      restart: options.restart,
      standby,
      assignments,
      thresholds: () => thresholds,
      expected,
      clock,
      onMessage: options.onMessage,
      onMemory(rssMb) {
        const budget = options.memoryMb ?? Number.POSITIVE_INFINITY;
        // While a hand-over is under way the old process ends anyway.
        if (runners[index] !== runner || starting.size > 0) return;
        if (rssMb <= budget || clock.mono() - recycledAt < RECYCLE_AGAIN_MS) return;
        recycledAt = clock.mono();
        options.onRecycled?.({
          streams: runner.assignments.map((a) => a.stream),
          message: `runner ${index} uses ${rssMb} MB of memory, more than the ${budget} MB allowed; it is restarted`,
        });
        runner.renew();
      },
      onDied({ code, signal, restartMs }: ChildExit, why) {
        // It had no streams yet, so nobody has to know; it is started again when it gets some.
        if (runner.assignments.length === 0 && restartMs === undefined) {
          if (runners[index] === runner) runners[index] = undefined;
          return;
        }
        const how = why === undefined ? (signal ? `by ${signal}` : `with code ${code}`) : `by us: ${why}`;
        const then = restartMs === undefined ? '' : `; starting again in ${Math.round(restartMs)} ms`;
        const message = `runner ${index} ended ${how}${then}`;
        options.onRunnerDied({ streams: runner.assignments.map((a) => a.stream), code: 'runner-died', message });
      },
    });
    return runner;
  };

  const swap = async (index: number, old: RunnerProcess, assignments: readonly Assignment[]) => {
    const alive = old.pid !== undefined;
    const next = create(index, assignments, alive);
    if (!alive) {
      // It waits to be started again; there is nothing to hand over.
      await old.stop();
      runners[index] = next;
      next.start();
      return;
    }
    starting.add(next);
    try {
      await handOver(old, next, clock, () => {
        runners[index] = next;
      });
    } finally {
      starting.delete(next);
    }
  };

  const change = async (index: number, assignments: readonly Assignment[]): Promise<void> => {
    const runner = runners[index];
    if (!runner) {
      if (assignments.length === 0) return;
      const fresh = create(index, assignments, false);
      runners[index] = fresh;
      fresh.start();
      return;
    }
    if (assignments.length === 0) {
      runners[index] = undefined;
      return runner.stop();
    }
    const kind = changeOf(runner.assignments, assignments);
    if (kind === 'assign') runner.assign(assignments);
    if (kind === 'swap') await swap(index, runner, assignments);
  };

  const apply = async (wanted: readonly Assignment[]): Promise<FailedChange[]> => {
    const byStream = new Map(wanted.map((a) => [a.stream, a]));
    const hands = runners.map((runner) => runner?.assignments.map((a) => a.stream) ?? []);
    const failed: FailedChange[] = [];
    for (const [index, hand] of place(hands, [...byStream.keys()], options.runners).entries()) {
      if (stopping) break;
      try {
        await change(
          index,
          hand.flatMap((stream) => byStream.get(stream) ?? []),
        );
      } catch (error) {
        failed.push({ streams: hand, reason: messageOf(error) });
      }
    }
    return failed;
  };

  const living = () => [...runners, ...starting].filter((runner) => runner !== undefined);
  return {
    warm(streams) {
      const count = Math.min(options.runners, streams);
      for (let index = 0; index < count; index++) {
        if (runners[index]) continue;
        try {
          const runner = create(index, [], false, Math.ceil(streams / count));
          runners[index] = runner;
          runner.start();
        } catch {
          // For example no room for its folder: `apply` fails in the same way, and reports it.
          return;
        }
      }
    },
    apply(wanted) {
      const applied = work.then(() => apply(wanted));
      work = applied.catch(() => undefined);
      return applied;
    },
    send(stream, message) {
      const runner = runners.find((one) => one?.assignments.some((a) => a.stream === stream));
      runner?.send(message);
      return runner !== undefined;
    },
    setThresholds(next) {
      thresholds = next;
      for (const runner of living()) runner.send({ type: 'thresholds', thresholds });
    },
    pids: () => living().flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    async stop() {
      stopping = true;
      await Promise.all(living().map((runner) => runner.stop()));
      await work;
    },
  };
}
