/** What to say over the live picture when it does not speak for itself: pure. */
import type { StreamState } from '../../../shared/contract/messages/report.ts';
import { span } from './format.ts';
import type { FeedState } from './live.ts';

export interface PictureFacts {
  readonly feed: FeedState['kind'];
  readonly online: boolean;
  readonly stream: StreamState;
  readonly error?: string | undefined;
  /** Milliseconds since the last picture; undefined before the first. */
  readonly ageMs?: number | undefined;
}

export interface PictureNote {
  readonly text: string;
  readonly detail?: string;
  readonly isBusy: boolean;
}

/** A picture is expected several times a second; after this long the viewer is told how old it is. */
export const STALE_AFTER_MS = 3000;

export function noteOf({ feed, online, stream, error, ageMs }: PictureFacts): PictureNote | undefined {
  if (ageMs !== undefined && ageMs < STALE_AFTER_MS) return undefined;
  const detail = ageMs === undefined ? {} : { detail: `Last picture ${span(ageMs)} ago` };
  if (feed !== 'open') return { text: 'Connecting to the hub…', isBusy: true, ...detail };
  if (!online) return { text: 'The device is offline', isBusy: false, ...detail };
  if (stream === 'refused')
    return { text: 'The stream was refused', isBusy: false, detail: error ?? 'No reason given.' };
  if (stream === 'waiting')
    return { text: 'The source does not answer', isBusy: true, detail: error ?? 'Trying again.' };
  if (stream === 'ended') return { text: 'The stream has ended', isBusy: false, ...detail };
  if (ageMs !== undefined) return { text: 'No new picture', isBusy: true, ...detail };
  return { text: stream === 'starting' ? 'The stream is starting…' : 'Waiting for the first picture…', isBusy: true };
}

/** "2 person, 1 car": how many of each label, most first. */
export function countLabels(labels: readonly string[]): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}
