/** Tells those who follow that an event has its second opinion. */
import type { HubStore } from '../store/store.ts';
import type { LiveFeed } from './feed.ts';

/** @param row of the event */
export async function announceAmendment(
  store: Pick<HubStore, 'events'>,
  feed: Pick<LiveFeed, 'announce'>,
  row: number,
  device: string,
): Promise<void> {
  const event = await store.events.get(row).catch(() => undefined);
  if (event) await feed.announce(() => ({ type: 'amendment', event }), device);
}
