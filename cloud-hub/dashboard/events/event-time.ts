import type { Event } from '../../contract/event.ts';

/** The time to go by: the device's own, unless that is known to be wrong; then the hub's, of receipt. */
export const timeOf = (event: Pick<Event, 'at' | 'receivedAt' | 'clock'>): string =>
  event.clock === 'wrong' ? event.receivedAt : event.at;
