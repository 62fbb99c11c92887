/** Asks the runner that has a stream to forget what its online detector has learned; where no runner has it, its files go. */
import type { Clock } from '../../shared/kit/clock.ts';
import { inTime } from '../../shared/kit/deadline.ts';

export interface ForgettingOptions {
  /** @returns does a runner have the stream? */
  ask(stream: string): boolean;
  /** Removes the files of a stream that no runner has. */
  remove(stream: string): void;
  readonly clock: Clock;
}

export interface Forgetting {
  /** @throws Error when the runner could not, or does not answer */
  forget(stream: string): Promise<void>;
  /** The runner's answer. */
  forgot(stream: string, failure: string | undefined): void;
}

/** It closes the walk of the stream first. */
const ANSWER_MS = 30_000;

export function createForgetting({ ask, remove, clock }: ForgettingOptions): Forgetting {
  const waiting = new Map<string, (failure: string | undefined) => void>();
  return {
    async forget(stream) {
      const answered = new Promise<string | undefined>((resolve) => waiting.set(stream, resolve));
      try {
        if (!ask(stream)) return remove(stream);
        const late = () => `the runner of stream ${stream} does not answer`;
        const failure = await inTime(clock, ANSWER_MS, answered, late);
        if (failure !== undefined) throw new Error(failure);
      } finally {
        waiting.delete(stream);
      }
    },
    forgot: (stream, failure) => waiting.get(stream)?.(failure),
  };
}
