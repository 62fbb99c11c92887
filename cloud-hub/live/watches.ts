/**
 * Watches: while at least one client watches a stream, its device is asked for pictures. One lease a stream, shared by all
 * its watchers and renewed before it ends; a device that hears nothing more stops by itself.
 */
import type { DownChannel } from '../../shared/contract/channels.ts';
import { CodecError, decodePicture, encode, encodePicture } from '../../shared/contract/codec.ts';
import type { PreviewCommand } from '../../shared/contract/messages/command.ts';
import { previewHeader } from '../../shared/contract/messages/preview.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import type { HubMetrics } from '../api/metrics.ts';
import type { LiveClient } from './client.ts';

export const LEASE_S = 15;
export const RENEW_MS = 10_000;
const FPS = 10;
const WIDTH = 960;
/** Bytes waiting for a client above which it gets no pictures. */
export const MAX_PICTURE_BACKLOG = 512 * 1024;

export interface WatchesOptions {
  readonly send: (device: string, channel: DownChannel, payload: Buffer) => void;
  readonly clock: Clock;
  readonly metrics: HubMetrics;
}

interface Watched {
  readonly watchers: Set<LiveClient>;
  readonly stop: Cancel;
}

export class Watches {
  readonly #options: WatchesOptions;
  readonly #streams = new Map<string, Watched>();
  readonly #byClient = new Map<LiveClient, string>();

  constructor(options: WatchesOptions) {
    this.#options = options;
  }

  /** The client watches this stream, and no other. */
  watch(client: LiveClient, device: string, stream: string): void {
    const key = keyOf(device, stream);
    if (this.#byClient.get(client) === key) return;
    this.unwatch(client);
    this.#byClient.set(client, key);
    const watched = this.#streams.get(key);
    if (watched) watched.watchers.add(client);
    else this.#streams.set(key, { watchers: new Set([client]), stop: this.#lease(device, stream) });
  }

  unwatch(client: LiveClient): void {
    const key = this.#byClient.get(client);
    if (key === undefined) return;
    this.#byClient.delete(client);
    const watched = this.#streams.get(key);
    watched?.watchers.delete(client);
    if (watched?.watchers.size === 0) {
      watched.stop();
      this.#streams.delete(key);
    }
  }

  /** A device came (back): it has forgotten what it was asked. */
  renew(device: string): void {
    for (const key of this.#streams.keys()) {
      const [of, stream] = key.split('/');
      if (of === device && stream !== undefined) this.#ask(device, stream);
    }
  }

  /** Takes a payload of `up/preview`; false when it is not a picture. */
  picture(device: string, payload: Uint8Array): boolean {
    if (this.#streams.size === 0) return true;
    let decoded: ReturnType<typeof decodePicture>;
    try {
      decoded = decodePicture(payload);
    } catch (error) {
      if (error instanceof CodecError) return false;
      throw error;
    }
    const header = previewHeader.safeParse(decoded.header);
    if (!header.success || decoded.picture[0] !== 0xff || decoded.picture[1] !== 0xd8) return false;
    const watched = this.#streams.get(keyOf(device, header.data.stream));
    if (!watched) return true;
    const frame = encodePicture({ ...header.data, device }, decoded.picture);
    for (const client of watched.watchers) if (client.buffered <= MAX_PICTURE_BACKLOG) client.sendPicture(frame);
    return true;
  }

  stop(): void {
    for (const client of [...this.#byClient.keys()]) this.unwatch(client);
  }

  #lease(device: string, stream: string): Cancel {
    this.#ask(device, stream);
    return this.#options.clock.every(RENEW_MS, () => this.#ask(device, stream));
  }

  #ask(device: string, stream: string): void {
    const wish: PreviewCommand = { kind: 'preview', stream, seconds: LEASE_S, fps: FPS, width: WIDTH };
    this.#options.send(device, 'command', encode(wish));
  }
}

/** Names have no "/". */
function keyOf(device: string, stream: string): string {
  return `${device}/${stream}`;
}
