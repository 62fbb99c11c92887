/** What to say over the live picture when it does not speak for itself: pure. */
import { span } from '../ui/format.ts';
import { hindranceOf, type Note, type StreamFacts } from './hindrance.ts';

export interface PictureFacts extends StreamFacts {
  /** Milliseconds since the last picture; undefined before the first. */
  readonly ageMs?: number | undefined;
}

/** A picture is expected several times a second; after this long the viewer is told how old it is. */
export const STALE_AFTER_MS = 3000;

export function noteOf(facts: PictureFacts): Note | undefined {
  const { ageMs, stream } = facts;
  if (ageMs !== undefined && ageMs < STALE_AFTER_MS) return undefined;
  const last = ageMs === undefined ? undefined : `Last picture ${span(ageMs)} ago`;
  const hindrance = hindranceOf(facts, last);
  if (hindrance) return hindrance;
  if (last !== undefined) return { text: 'No new picture', isBusy: true, detail: last };
  return { text: stream === 'starting' ? 'The stream is starting…' : 'Waiting for the first picture…', isBusy: true };
}

/** "2 × person, 1 × car": how many of each label, most first. */
export function countLabels(labels: readonly string[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}
