/**
 * The live feed: what was committed goes to every client that follows. A client that does not read first loses pictures
 * (watches.ts); when too many messages wait for it, it is disconnected.
 */

import { inBackground } from '../../shared/kit/background.ts';
import { ByteBudget } from '../../shared/kit/byte-budget.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { LiveMessage } from '../contract/live.ts';
import type { HubMetrics } from '../metrics.ts';
import type { LiveClient } from './client.ts';

export const MAX_CLIENTS = 256;
/** With more bytes waiting, a client is disconnected. It may connect again, and read the lists. */
export const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** What one device may tell: an honest one tells some kilobytes per second, and a report once per minute. */
const LIVE_LIMITS = { burst: 512 * 1024, perS: 32 * 1024 };

/** RFC 6455 and its registry: try again later. */
const TRY_AGAIN_LATER = 1013;

/** RFC 6455, 7.4.1: policy violation. */
const POLICY = 1008;

/** By what a client is here: ids of its token and, when it has one, of its session. */
export interface Credential {
  readonly token: number;
  readonly session?: number;
  /** Which devices it sees; absent: all, and what is of none. */
  readonly sees?: (device: string) => Promise<boolean>;
}

export class LiveFeed {
  readonly #clients = new Map<LiveClient, Credential>();
  /** Of clients that see only some devices: messages that wait for a look. */
  readonly #looking = new WeakMap<LiveClient, { last: Promise<void>; bytes: number }>();
  readonly #metrics: HubMetrics;

  readonly #budget: ByteBudget;
  readonly #log: Pick<Logger, 'error'>;
  /** What is being built, and waits for what was announced before it. */
  #last: Promise<unknown> | undefined;

  constructor(metrics: HubMetrics, clock: Clock, log: Pick<Logger, 'error'>) {
    this.#metrics = metrics;
    this.#log = log;
    this.#budget = new ByteBudget(clock, LIVE_LIMITS);
  }

  get size(): number {
    return this.#clients.size;
  }

  /** False when there are too many clients; then the client has been told, and closed. */
  join(client: LiveClient, credential: Credential): boolean {
    if (this.#clients.size >= MAX_CLIENTS) {
      client.close(TRY_AGAIN_LATER, `${MAX_CLIENTS} live clients are connected, the most allowed`);
      return false;
    }
    this.#clients.set(client, credential);
    this.#metrics.liveClients.set(this.#clients.size);
    return true;
  }

  leave(client: LiveClient): void {
    this.#clients.delete(client);
    this.#metrics.liveClients.set(this.#clients.size);
  }

  /** Disconnects at once whoever is here by a token, or by a session, that has ended. */
  end(what: { readonly token: number } | { readonly session: number }): void {
    for (const [client, credential] of this.#clients) {
      if ('token' in what ? credential.token !== what.token : credential.session !== what.session) continue;
      this.leave(client);
      client.close(POLICY, 'signed out');
    }
  }

  /**
   * Builds a message if a client follows, and sends it to all. Messages keep the order in which they were announced, however long each takes: the last
   * one that a client gets says what is so now.
   * @param device whose message it is: each has a budget, so that one that says much cannot make slow viewers lose their connection; what is left out is in the lists
   */
  announce(build: () => LiveMessage | undefined | Promise<LiveMessage | undefined>, device?: string): void {
    if (this.#clients.size === 0) return;
    if (device !== undefined && !this.#budget.hasRoom(device)) {
      this.#metrics.liveSkipped.inc();
      return;
    }
    const message = build();
    const before = this.#last;
    if (!(message instanceof Promise) && !before) {
      this.#tell(message, device);
      return;
    }
    const told = Promise.allSettled([message, before]).then(([built]) => {
      if (this.#last === told) this.#last = undefined;
      if (built.status === 'rejected') throw built.reason;
      this.#tell(built.value, device);
    });
    this.#last = told;
    inBackground(this.#log, 'a message of the live feed was not sent', () => told);
  }

  #tell(message: LiveMessage | undefined, device: string | undefined): void {
    if (!message) return;
    const text = JSON.stringify(message);
    if (device !== undefined) this.#budget.spend(device, Buffer.byteLength(text));
    for (const [client, { sees }] of this.#clients) {
      if (!sees) this.#send(client, text);
      else if (device !== undefined) this.#sendIfSeen(client, sees, device, text);
    }
  }

  /** What a client may see is looked up; its messages keep their order. */
  #sendIfSeen(client: LiveClient, sees: (device: string) => Promise<boolean>, device: string, text: string): void {
    const queue = this.#looking.get(client) ?? { last: Promise.resolve(), bytes: 0 };
    this.#looking.set(client, queue);
    const bytes = Buffer.byteLength(text);
    if (queue.bytes > MAX_BUFFERED_BYTES) {
      this.#drop(client);
      return;
    }
    queue.bytes += bytes;
    queue.last = queue.last
      .then(() => sees(device))
      .then((isSeen) => {
        queue.bytes -= bytes;
        if (isSeen && this.#clients.has(client)) this.#send(client, text);
      })
      .catch(() => this.#drop(client));
  }

  #send(client: LiveClient, text: string): void {
    if (client.buffered > MAX_BUFFERED_BYTES) this.#drop(client);
    else client.send(text);
  }

  #drop(client: LiveClient): void {
    this.leave(client);
    client.close(TRY_AGAIN_LATER, 'too slow');
  }
}
