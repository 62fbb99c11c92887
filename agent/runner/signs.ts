/** Says that frames go through a stream: seldom enough to cost nothing, the first answer at once. */
import type { Clock } from '../../shared/kit/clock.ts';

const EVERY_MS = 1000;

/** @param send is called at most once per second, and with the first answer */
export function createSigns(clock: Clock, send: (answered: boolean) => void): (answered: boolean) => void {
  let sentAt = Number.NEGATIVE_INFINITY;
  let hasAnswered = false;
  /** There was an answer since the last sign that was said. */
  let answers = false;
  return (answered) => {
    const isFirst = answered && !hasAnswered;
    answers ||= answered;
    const now = clock.mono();
    if (!isFirst && now - sentAt < EVERY_MS) return;
    send(answers);
    sentAt = now;
    hasAnswered ||= answered;
    answers = false;
  };
}
