/** What `main.ts` gives to every command, and what commands share. */
import type { Writable } from 'node:stream';
import type { Clock } from '../../shared/kit/clock.ts';

export interface CommandContext {
  readonly clock: Clock;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Threads that this machine can run at once. */
  readonly cpus: number;
  /** Aborted when the command shall end (SIGINT, SIGTERM); for commands that go on until then. */
  untilStopped(): AbortSignal;
  /** The command did what it could, and the answer is no: an exit code (1), without a message of its own. */
  fail(code?: number): void;
}

/** Wrong use: exit code 2. */
export class UsageError extends Error {}
