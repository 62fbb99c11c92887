/** What streams have given since their package, or their configuration, was changed. In memory. */
import type { Clock } from '../../shared/kit/clock.ts';

export interface Answers {
  /** The active package of this model has answered this stream. @returns is that the first time? */
  add(model: string, stream: string): boolean;
  /** Streams that the active package has answered since it serves, or since the agent started. */
  of(model: string): ReadonlySet<string>;
  /** Another package has taken over. */
  reset(model: string): void;
  /** Other streams are about to be given to runners. */
  changing(): void;
  /** Did a stream that began at this moment of `Clock.mono` begin after the last change? */
  isOfNow(begunAt: number): boolean;
}

const NONE: ReadonlySet<string> = new Set();

export function createAnswers(clock: Clock): Answers {
  const answered = new Map<string, Set<string>>();
  let changedAt = Number.NEGATIVE_INFINITY;
  return {
    add(model, stream) {
      const known = answered.get(model) ?? new Set();
      answered.set(model, known);
      const isFirst = !known.has(stream);
      known.add(stream);
      return isFirst;
    },
    of: (model) => answered.get(model) ?? NONE,
    reset: (model) => void answered.delete(model),
    changing() {
      changedAt = clock.mono();
    },
    isOfNow: (begunAt) => begunAt >= changedAt,
  };
}
