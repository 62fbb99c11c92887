/**
 * A supervised child process with typed messages: started again with backoff when it dies, ended with its parent.
 *
 * Invariants:
 * 1. At most one process at a time; a message of an earlier process is never delivered after a later one has started.
 * 2. `onExit` is called once per process, `onStart` before its first message.
 * 3. `stop` resolves when the process is gone: asked by SIGTERM first, killed after `graceMs`. One that does not even end by that (a
 *    thread of it hangs in a dead disk, where the kernel holds it) is left alone `KILLED_MS` later, and counts as gone.
 */
import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import type { Backoff } from './backoff.ts';
import type { Cancel, Clock } from './clock.ts';
import { inheritedEnv } from './inherited-env.ts';

export interface ChildOptions<Received> {
  /** The JavaScript file to run. */
  readonly entry: string | URL;
  /** Flags of Node, beside those that this process was started with. */
  readonly flags?: readonly string[];
  /** Asked at each start. */
  readonly args?: () => readonly string[];
  /** The environment of the child, beside the little that it inherits (inherited-env.ts). */
  readonly env: Readonly<Record<string, string>>;
  /** Its working folder. */
  readonly cwd: string;
  /** Standard input: the parent's, or nothing (default). */
  readonly stdin?: 'inherit';
  /** Its output: the parent's (default), or dropped. */
  readonly output?: 'ignore';
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
  /** Ends the process at once, as if it had died: for one that hangs. */
  kill(): void;
  /** False when there is no process to receive it. */
  send(message: Sent): boolean;
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

interface Running {
  readonly child: ChildProcess;
  readonly gone: Promise<void>;
  /** It has ended, or is left alone. */
  over(code: number | null, signal: NodeJS.Signals | null): void;
}

const KILLED_MS = 3000;

/** Nothing of it is heard any more, and nobody waits for it. */
function abandon(child: ChildProcess): void {
  if (child.connected) child.disconnect();
  child.unref();
}

/** `Received` is what our own child sends: same build on both sides, so that messages are not parsed again. */
export function createChild<Sent extends object, Received>(options: ChildOptions<Received>): Child<Sent> {
  const { clock, healthyMs = 30_000, graceMs = 1500 } = options;
  let current: Running | undefined;
  let cancelRestart: Cancel | undefined;
  let stopping = false;
  let renewing = false;
  /** A second SIGTERM would end it before it has sent its last messages. */
  let stopped: Promise<void> | undefined;

  const ask = ({ child, over }: Running) => {
    child.kill('SIGTERM');
    let cancel = clock.after(graceMs, () => {
      child.kill('SIGKILL');
      cancel = clock.after(KILLED_MS, () => {
        abandon(child);
        over(null, 'SIGKILL');
      });
    });
    child.once('exit', () => cancel());
  };

  const start = () => {
    cancelRestart = undefined;
    const startedAt = clock.mono();
    const forkOptions: ForkOptions = {
      cwd: options.cwd,
      env: { ...inheritedEnv(), ...options.env },
      serialization: 'advanced',
      execArgv: [...process.execArgv, ...(options.flags ?? [])],
      // A group of its own: Ctrl-C in a terminal reaches only the parent, which ends its children in order.
      detached: true,
      stdio: [options.stdin ?? 'ignore', options.output ?? 'inherit', options.output ?? 'inherit', 'ipc'],
    };
    const child = fork(options.entry, [...(options.args?.() ?? [])], forkOptions);
    let leave: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const over: Running['over'] = (code, signal) => {
      // It was given up before.
      if (current?.child !== child) return;
      current = undefined;
      leave();
      if (clock.mono() - startedAt >= healthyMs) options.restart?.reset();
      const renewed = renewing && !stopping;
      renewing = false;
      const restartMs = stopping ? undefined : renewed ? 0 : options.restart?.next();
      options.onExit?.({ code, signal, wanted: stopping || renewed, restartMs });
      // `onExit` may have called `stop`.
      if (restartMs !== undefined && !stopping) cancelRestart = clock.after(restartMs, start);
    };
    current = { child, gone, over };
    options.onStart?.();
    child.on('message', (message) => {
      if (child === current?.child) options.onMessage(message as Received);
    });
    // Without a listener a failed `send` to a dying child would end the parent.
    child.on('error', () => undefined);
    child.once('exit', over);
  };

  const end = async () => {
    stopping = true;
    cancelRestart?.();
    if (!current) return;
    const { gone } = current;
    ask(current);
    await gone;
  };

  return {
    start,
    send(message) {
      return current?.child.connected === true && current.child.send(message, () => undefined);
    },
    renew() {
      if (!current || renewing || stopping) return;
      renewing = true;
      ask(current);
    },
    kill: () => void current?.child.kill('SIGKILL'),
    get pid() {
      return current?.child.pid;
    },
    stop() {
      stopped ??= end();
      return stopped;
    },
  };
}
