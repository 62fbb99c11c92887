/**
 * A supervised child process with typed messages: started again with backoff when it dies, ended with its parent.
 *
 * Invariants:
 * 1. At most one process at a time; a message of an earlier process is never delivered after a later one has started.
 * 2. `onExit` is called once a process, `onStart` before its first message.
 * 3. `stop` resolves when the process is gone: asked by SIGTERM first, killed after `graceMs`.
 */
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import type { Backoff } from './backoff.ts';
import type { Cancel, Clock } from './clock.ts';

export interface ChildOptions<Received> {
  /** The JavaScript file to run. */
  readonly entry: string | URL;
  /** Flags of Node, beside those that this process was started with. */
  readonly flags?: readonly string[];
  /** Asked at each start. */
  readonly args?: () => readonly string[];
  /** The whole environment of the child; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Its working folder. */
  readonly cwd: string;
  /** Standard input: the parent's, or nothing (default). */
  readonly stdin?: 'inherit';
  /** Absent: a child that dies stays dead. */
  readonly restart?: Backoff;
  /** A child that lived this long starts with a fresh backoff. */
  readonly healthyMs?: number;
  readonly graceMs?: number;
  readonly clock: Clock;
  onStart?(): void;
  onMessage(message: Received): void;
  onExit?(exit: ChildExit): void;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It was asked to end, by `stop` or `renew`. */
  readonly wanted: boolean;
  /** How long until the next start; undefined when there is none. */
  readonly restartMs: number | undefined;
}

export interface Child<Sent> {
  start(): void;
  /** Ends the process in order and starts a fresh one at once; nothing when none runs or one is ending already. */
  renew(): void;
  /** False when there is no process to hear it. */
  send(message: Sent): boolean;
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** `Received` is what our own child sends: same build on both sides, so that messages are not parsed again. */
export function createChild<Sent extends object, Received>(options: ChildOptions<Received>): Child<Sent> {
  const { clock, healthyMs = 30_000, graceMs = 1500 } = options;
  let current: ChildProcess | undefined;
  let cancelRestart: Cancel | undefined;
  let stopping = false;
  let renewing = false;
  /** A second SIGTERM would end it before it has said its last. */
  let stopped: Promise<void> | undefined;

  const ask = (child: ChildProcess): Cancel => {
    child.kill('SIGTERM');
    return clock.after(graceMs, () => child.kill('SIGKILL'));
  };

  const start = () => {
    cancelRestart = undefined;
    const startedAt = clock.mono();
    const forkOptions: ForkOptions = {
      cwd: options.cwd,
      env: options.env,
      serialization: 'advanced',
      execArgv: [...process.execArgv, ...(options.flags ?? [])],
      // A group of its own: Ctrl-C in a terminal reaches only the parent, which ends its children in order.
      detached: true,
      stdio: [options.stdin ?? 'ignore', 'inherit', 'inherit', 'ipc'],
    };
    const child = fork(options.entry, [...(options.args?.() ?? [])], forkOptions);
    current = child;
    options.onStart?.();
    child.on('message', (message) => {
      if (child === current) options.onMessage(message as Received);
    });
    // Without a listener a failed `send` to a dying child would end the parent.
    child.on('error', () => undefined);
    child.once('exit', (code, signal) => {
      if (child === current) current = undefined;
      if (clock.mono() - startedAt >= healthyMs) options.restart?.reset();
      const renewed = renewing && !stopping;
      renewing = false;
      const restartMs = stopping ? undefined : renewed ? 0 : options.restart?.next();
      options.onExit?.({ code, signal, wanted: stopping || renewed, restartMs });
      // `onExit` may have called `stop`.
      if (restartMs !== undefined && !stopping) cancelRestart = clock.after(restartMs, start);
    });
  };

  const end = async () => {
    stopping = true;
    cancelRestart?.();
    const child = current;
    if (!child) return;
    const gone = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
    });
    const forgive = ask(child);
    await gone;
    forgive();
  };

  return {
    start,
    send(message) {
      return current?.connected === true && current.send(message, () => undefined);
    },
    renew() {
      if (!current || renewing || stopping) return;
      renewing = true;
      const forgive = ask(current);
      current.once('exit', forgive);
    },
    get pid() {
      return current?.pid;
    },
    stop() {
      stopped ??= end();
      return stopped;
    },
  };
}
