/** Addresses that answer with one picture: they are asked again for each frame, never more often than that. */
import type { Clock } from '../../kit/clock.ts';
import { CodedError } from '../../kit/errors.ts';
import type { Frame, VideoReader } from './reader.ts';

export interface PollOptions {
  /** Asks once. */
  readonly open: () => Promise<VideoReader>;
  /** Pictures per second; default: 1. */
  readonly fps: number | undefined;
  /** How messages name the address. */
  readonly shown: string;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

const FPS = 1;

/**
 * A camera without an end out of an address that gives one picture at a time.
 * @param first the answer that showed that it is one; its picture is the first
 */
export function pollPictures(first: VideoReader, { open, fps = FPS, shown, clock, signal }: PollOptions): VideoReader {
  const stepMs = 1000 / fps;
  let answer: VideoReader | undefined = first;
  let dueAt = clock.mono() + stepMs;

  const ask = async (): Promise<VideoReader> => {
    const waitMs = dueAt - clock.mono();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    signal?.throwIfAborted();
    dueAt = Math.max(dueAt, clock.mono() - stepMs) + stepMs;
    return open();
  };

  return {
    info: { ...first.info, fps, frames: 0, durationMs: 0, stepMs },
    skipped: () => 0,
    upright: () => undefined,
    shortfall: () => undefined,
    async next(frame: Frame) {
      try {
        answer ??= await ask();
        const stamp = await answer.next(frame);
        if (stamp === undefined) throw new CodedError('source-ended', `${shown}: its answer holds no picture`);
        answer.upright(frame);
        return stamp;
      } catch (error) {
        // A wait that was cut short has a reason of its own.
        if (signal?.aborted) throw signal.reason;
        throw error;
      } finally {
        answer?.close();
        answer = undefined;
      }
    },
    close() {
      answer?.close();
      answer = undefined;
    },
  };
}
