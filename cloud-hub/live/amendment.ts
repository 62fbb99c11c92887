/** Tells those who follow that an event is different now: it has a second opinion, or somebody has said something of it. */
import type { HubStore } from '../store/store.ts';
import type { LiveFeed } from './feed.ts';

interface Followers {
  readonly store: Pick<HubStore, 'events'>;
  readonly feed: Pick<LiveFeed, 'announce'>;
  /** Of alerts, which may wait for it. */
  readonly rules: { amended(): void };
}

/** @param row of the event */
export function announceAmendment({ store, feed, rules }: Followers, row: number, device: string): void {
  rules.amended();
  feed.announce(async () => {
    const event = await store.events.get(row);
    return event && { type: 'amendment', event };
  }, device);
}
