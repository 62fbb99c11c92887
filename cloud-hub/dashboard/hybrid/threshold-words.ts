/** What the Hybrid page says of a threshold. Pure. */
import type { ThresholdAdvice } from '../../contract/threshold.ts';
import { percent, whole } from '../ui/format.ts';

type At = NonNullable<ThresholdAdvice['today']>;

/** "0.45: 75% right (69–80%)". */
export function precisionText({ threshold, precision: { share, from, to } }: At): string {
  return `${threshold}: ${percent(share)} right (${whole(from * 100)}–${percent(to)})`;
}

/** What is lost and what goes with the proposed threshold. */
export function changeText({ proposed, events }: ThresholdAdvice): string {
  if (!proposed) return '';
  const objects = `keeps ${percent(proposed.kept.share)} of the right objects`;
  if (!events || events.wrong + events.right === 0) return objects;
  const { wrong, wrongLeft, right, rightLeft } = events;
  return `${objects}; of the events that were judged, ${whole(wrong - wrongLeft)} of ${whole(wrong)} wrong ones go, and ${whole(right - rightLeft)} of ${whole(right)} right ones`;
}
