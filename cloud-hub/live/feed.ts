/**
 * The live feed: what was committed goes to everyone who follows. Bounded: a client that does not read loses pictures first
 * (watches.ts), and is cut off when even the messages pile up.
 */

import type { HubMetrics } from '../api/metrics.ts';
import type { LiveMessage } from '../api/schemas/live.ts';
import type { LiveClient } from './client.ts';

export const MAX_CLIENTS = 256;
/** Bytes waiting for a client at which it is cut off; it may come back and reads the lists. */
export const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** RFC 6455 and its registry: try again later. */
const TRY_AGAIN_LATER = 1013;

export class LiveFeed {
  readonly #clients = new Set<LiveClient>();
  readonly #metrics: HubMetrics;

  constructor(metrics: HubMetrics) {
    this.#metrics = metrics;
  }

  get size(): number {
    return this.#clients.size;
  }

  /** False when there are too many clients; this one has been told. */
  join(client: LiveClient): boolean {
    if (this.#clients.size >= MAX_CLIENTS) {
      client.close(TRY_AGAIN_LATER, `more than ${MAX_CLIENTS} live clients`);
      return false;
    }
    this.#clients.add(client);
    this.#metrics.liveClients.set(this.#clients.size);
    return true;
  }

  leave(client: LiveClient): void {
    this.#clients.delete(client);
    this.#metrics.liveClients.set(this.#clients.size);
  }

  /** Builds a message, when anybody follows, and sends it to all. */
  announce(build: () => LiveMessage | undefined): void {
    if (this.#clients.size === 0) return;
    const message = build();
    if (!message) return;
    const text = JSON.stringify(message);
    for (const client of this.#clients) {
      if (client.buffered > MAX_BUFFERED_BYTES) {
        this.leave(client);
        client.close(TRY_AGAIN_LATER, 'too slow');
      } else {
        client.send(text);
      }
    }
  }
}
