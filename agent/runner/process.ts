/**
 * One runner process as the supervisor sees it: what it is assigned, through all its restarts.
 *
 * Invariants:
 * 1. On standby only its memory and whether it is ready are passed on; if it dies then, it is not started again.
 * 2. A process that is started again gets the current assignments.
 * 3. One that hangs (an endless loop, a stopped process) does not say its memory any more: it is ended, and started again like one that died.
 */
import { mkdirSync } from 'node:fs';
import { createBackoff } from '../../shared/kit/backoff.ts';
import { type Child, type ChildExit, createChild } from '../../shared/kit/child.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { inTime } from '../../shared/kit/deadline.ts';
import type { Assignment, FromRunner, StreamStatus, ToRunner } from './messages.ts';

export interface RunnerProcessOptions {
  readonly entry: string | URL;
  /** Its working folder: empty, because a model can name files relative to it. */
  readonly cwd: string;
  readonly stdin?: 'inherit';
  readonly restart: boolean;
  readonly standby: boolean;
  readonly assignments: readonly Assignment[];
  /** Asked at each start of the process: what the hub says of thresholds by then. */
  readonly thresholds: () => Extract<ToRunner, { type: 'thresholds' }>['thresholds'];
  /** Streams that it will have, where it gets its assignments later. */
  readonly expected: number;
  readonly clock: Clock;
  onMessage(message: FromRunner): void;
  onMemory(rssMb: number): void;
  /** It ended by itself, or was ended because it hung; and not on standby. @param why it was ended */
  onDied(exit: ChildExit, why: string | undefined): void;
}

export interface RunnerProcess {
  readonly assignments: readonly Assignment[];
  readonly pid: number | undefined;
  start(): void;
  assign(assignments: readonly Assignment[]): void;
  send(message: ToRunner): void;
  /** Why a stream is refused, where one is. */
  refusals(): ReadonlyMap<string, string>;
  /** Resolves when each stream is ready or refused. @throws Error when it dies or takes longer than `ms` */
  ready(ms: number): Promise<void>;
  /** Ends the standby (`ToRunner`). */
  live(after: Readonly<Record<string, number>>): void;
  /** Asks it to end; resolves with the last frame's time by stream when all have said it, or it is gone. */
  drain(): Promise<ReadonlyMap<string, number | undefined>>;
  renew(): void;
  stop(): Promise<void>;
}

/**
 * JavaScript objects of a frame are small and short-lived: a larger young generation only makes the process grow. The outputs
 * of the runtime, a megabyte per frame, count too: with a heap below 64 MB a full collection runs every few frames.
 */
const HEAP_FLAGS = ['--max-semi-space-size=2', '--initial-heap-size=64'];
/** How long a runner may take to analyse what has been handed over, and to say it. */
const GRACE_MS = 6000;
/**
 * A runner says its memory each two seconds. One that says nothing at so many looks in a row hangs: by looks, so that a supervisor
 * that was held up itself counts as one. While a model is loaded, which may take minutes on a small box, it cannot say anything.
 */
const LOOK_MS = 10_000;
const MOST_SILENT = { running: 12, loading: 60 };

export function createRunnerProcess(options: RunnerProcessOptions): RunnerProcess {
  const { clock } = options;
  let { assignments, standby } = options;
  const statuses = new Map<string, StreamStatus>();
  const decided = new Set<string>();
  const drained = new Map<string, number | undefined>();
  let death: string | undefined;
  /** Looks since it said something. */
  let silent = 0;
  let hasSaidMemory = false;
  let hung: string | undefined;
  /** Whoever waits for something to change. */
  const watchers = new Set<() => void>();
  const changed = () => {
    for (const look of [...watchers]) look();
  };

  const look = () => {
    const isRunning = hasSaidMemory && assignments.every(({ stream }) => decided.has(stream));
    const most = isRunning ? MOST_SILENT.running : MOST_SILENT.loading;
    if (++silent < most) return;
    silent = 0;
    hung = `it hung: it said nothing for ${(most * LOOK_MS) / 1000} s`;
    child.kill();
  };
  let stopLooking: Cancel | undefined;

  const receive = (message: FromRunner) => {
    silent = 0;
    switch (message.type) {
      case 'memory':
        hasSaidMemory = true;
        return options.onMemory(message.rssMb);
      case 'drained':
        drained.set(message.stream, message.lastAt);
        return changed();
      case 'ready':
        decided.add(message.stream);
        return changed();
      case 'status':
        statuses.set(message.stream, { ...message.status });
        if (message.status.state === 'refused') decided.add(message.stream);
        changed();
    }
    if (!standby) options.onMessage(message);
  };

  mkdirSync(options.cwd, { recursive: true, mode: 0o700 });
  const child: Child<ToRunner> = createChild<ToRunner, FromRunner>({
    entry: options.entry,
    cwd: options.cwd,
    env: {
      // glibc keeps an arena a thread by default, and image work makes each of them grow.
      MALLOC_ARENA_MAX: '2',
      // A camera that is waited for takes one of libuv's threads.
      UV_THREADPOOL_SIZE: String(Math.min(128, 8 + options.expected)),
    },
    clock,
    flags: HEAP_FLAGS,
    graceMs: GRACE_MS,
    ...(options.stdin ? { stdin: options.stdin } : {}),
    ...(options.restart ? { restart: createBackoff(500, 30_000) } : {}),
    onStart() {
      // What the process before said, and that it died, holds no more.
      for (const before of [statuses, decided, drained]) before.clear();
      death = undefined;
      silent = 0;
      hasSaidMemory = false;
      hung = undefined;
      stopLooking = clock.every(LOOK_MS, look);
      setImmediate(() => {
        child.send({ type: 'thresholds', thresholds: options.thresholds() });
        child.send({ type: 'assign', assignments, standby });
      });
    },
    onMessage: receive,
    onExit(exit) {
      stopLooking?.();
      death = exit.signal ? `ended by ${exit.signal}` : `ended with code ${exit.code}`;
      if (standby) void child.stop();
      else if (!exit.wanted) options.onDied(exit, hung);
      changed();
    },
  });

  /** Resolves when `done` says so; it is asked now and after each change. */
  const when = async (done: () => boolean, ms: number): Promise<boolean> => {
    let look: () => void = () => undefined;
    const happened = new Promise<boolean>((resolve) => {
      look = () => {
        if (done()) resolve(true);
      };
    });
    watchers.add(look);
    look();
    try {
      return await inTime(clock, ms, happened, () => false);
    } finally {
      watchers.delete(look);
    }
  };

  return {
    get assignments() {
      return assignments;
    },
    get pid() {
      return child.pid;
    },
    start: child.start,
    assign(next) {
      assignments = next;
      child.send({ type: 'assign', assignments, standby });
    },
    send: (message) => void child.send(message),
    refusals: () =>
      new Map(
        [...statuses]
          .filter(([, { state }]) => state === 'refused')
          .map(([stream, { error = 'refused' }]) => [stream, error]),
      ),
    async ready(ms) {
      const all = () => assignments.every(({ stream }) => decided.has(stream));
      const isReady = await when(() => death !== undefined || all(), ms);
      if (death !== undefined) throw new Error(`the new runner ${death}`);
      if (!isReady) throw new Error(`the new runner was not ready within ${ms / 1000} s`);
    },
    live(after) {
      standby = false;
      for (const [stream, { model, ...status }] of statuses) {
        const known = model ? { model } : {};
        // What the process before it gave is no sign of this one.
        options.onMessage({ type: 'status', stream, status: { ...known, state: 'starting' } });
        options.onMessage({ type: 'status', stream, status: { ...known, ...status } });
      }
      child.send({ type: 'live', after });
    },
    async drain() {
      const gone = child.stop();
      await when(() => death !== undefined || assignments.every(({ stream }) => drained.has(stream)), GRACE_MS);
      void gone;
      return drained;
    },
    renew: child.renew,
    stop: child.stop,
  };
}
