/** What a source of a sensor gives the walk: samples in order, each with its time and one number a channel. */
import type { ErrorCode } from '../../../../shared/kit/errors.ts';

export interface Sample {
  /** Milliseconds of the series' own time; greater than that of the sample before. */
  readonly atMs: number;
  /** One number a channel, in the order of the model's channels; all finite. */
  readonly values: readonly number[];
  /** By how many milliseconds `atMs` is ahead of what the row said: of a clock that was set back, or a file that begins again. */
  readonly shiftMs?: number;
  /** The series was interrupted before it: a window must not reach over this point. */
  readonly restart: boolean;
}

export interface SampleEvents {
  /** The first row can be read, or the broker has granted the subscription. */
  onOpened(): void;
  /**
   * @param dropped samples given up since the call before, because the walk was busy (live sources only)
   * @returns when they are analysed; a file waits for it, a live source goes on and drops the oldest
   */
  onSamples(samples: readonly Sample[], dropped: number): Promise<void>;
  /** Something went wrong and the source goes on; `count` times since the last call of this code. */
  onProblem(code: ErrorCode, message: string, count: number): void;
  /** Something that a person may want to know though nothing is wrong. */
  onNote?(message: string): void;
  /** The last call: the source ended in order (no failure), or broke. Does not come after `close`. */
  onEnd(failure?: { readonly code: ErrorCode; readonly message: string }): void;
}

export interface SampleSource {
  close(): Promise<void>;
}
