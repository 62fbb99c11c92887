/** Tells those who follow that an event is different now: it has a second opinion, or somebody has said something of it. */
import type { HubStore } from '../store/store.ts';
import type { LiveFeed } from './feed.ts';

/** @param row of the event */
export function announceAmendment(
  store: Pick<HubStore, 'events'>,
  feed: Pick<LiveFeed, 'announce'>,
  row: number,
  device: string,
): void {
  feed.announce(async () => {
    const event = await store.events.get(row);
    return event && { type: 'amendment', event };
  }, device);
}
