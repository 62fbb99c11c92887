/**
 * While at least one client watches a stream, the hub asks its device for pictures. There is one lease per stream: all watchers
 * share it, and the hub renews it before it ends. A device that gets no renewal stops by itself.
 */
import type { DownChannel } from '../../shared/contract/channels.ts';
import { CodecError, decodePicture, encode, encodePicture } from '../../shared/contract/codec.ts';
import type { PreviewCommand } from '../../shared/contract/messages/command.ts';
import { previewHeader } from '../../shared/contract/messages/preview.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import type { HubMetrics } from '../metrics.ts';
import type { LiveClient } from './client.ts';

export const LEASE_S = 15;
export const RENEW_MS = 10_000;
const FPS = 10;
const WIDTH = 960;
/** Pictures of one device that are looked at in a second, per watched stream: what was asked for, and as many that come late. */
const MOST_PER_S = 2 * FPS;
/** Of one device in so short a time, per watched stream, and of one that nobody watches: more is read in the next. */
const READ_MS = 250;
const MOST_READ = { pictures: FPS, bytes: 2 * 1024 * 1024 };
/** The header has at most a thousand detections. */
const MAX_HEADER_BYTES = 256 * 1024;
/** With more bytes waiting, a client gets no pictures. */
export const MAX_PICTURE_BACKLOG = 512 * 1024;

export interface WatchesOptions {
  readonly send: (device: string, channel: DownChannel, payload: Buffer) => void;
  readonly clock: Clock;
  readonly metrics: HubMetrics;
}

/** Pictures of a device in the current second. */
interface Pace {
  streams: number;
  since: number;
  count: number;
}

/** What a device has sent in the current quarter of a second, watched or not. */
interface Flow {
  since: number;
  pictures: number;
  bytes: number;
}

interface Watched {
  readonly watchers: Set<LiveClient>;
  readonly stop: Cancel;
}

export class Watches {
  readonly #options: WatchesOptions;
  readonly #streams = new Map<string, Watched>();
  readonly #byClient = new Map<LiveClient, string>();
  /** Of those who see only some devices. */
  readonly #limits = new Map<LiveClient, () => Promise<boolean>>();
  /** Of the devices that have a watched stream. */
  readonly #paces = new Map<string, Pace>();
  /** Of the devices that have ever sent a picture. */
  readonly #flows = new Map<string, Flow>();

  constructor(options: WatchesOptions) {
    this.#options = options;
  }

  /**
   * The client watches this stream from now on, and no other.
   * @param isSeen whether the client may still see the device, for `recheck`; absent: always
   */
  watch(client: LiveClient, device: string, stream: string, isSeen?: () => Promise<boolean>): void {
    const key = keyOf(device, stream);
    if (this.#byClient.get(client) === key) return;
    this.unwatch(client);
    this.#byClient.set(client, key);
    if (isSeen) this.#limits.set(client, isSeen);
    const watched = this.#streams.get(key);
    if (watched) watched.watchers.add(client);
    else {
      this.#streams.set(key, { watchers: new Set([client]), stop: this.#lease(device, stream) });
      const pace = this.#paces.get(device) ?? { streams: 0, since: Number.NEGATIVE_INFINITY, count: 0 };
      pace.streams++;
      this.#paces.set(device, pace);
    }
  }

  unwatch(client: LiveClient): void {
    const key = this.#byClient.get(client);
    if (key === undefined) return;
    this.#byClient.delete(client);
    this.#limits.delete(client);
    const watched = this.#streams.get(key);
    watched?.watchers.delete(client);
    if (watched?.watchers.size === 0) {
      watched.stop();
      this.#streams.delete(key);
      const [device = ''] = key.split('/');
      const pace = this.#paces.get(device);
      if (pace && --pace.streams === 0) this.#paces.delete(device);
    }
  }

  /** The labels of a device have changed: whoever does not see it any more stops watching it at once. */
  async recheck(device: string): Promise<void> {
    for (const [client, isSeen] of [...this.#limits])
      if (this.#byClient.get(client)?.split('/')[0] === device && !(await isSeen())) this.unwatch(client);
  }

  /** A device has connected (again): it does not remember what it was asked for. */
  renew(device: string): void {
    for (const key of this.#streams.keys()) {
      const [of, stream] = key.split('/');
      if (of === device && stream !== undefined) this.#ask(device, stream);
    }
  }

  /** Takes a payload of `up/preview`; false when it is not a picture. What nobody asked for is not looked at. */
  picture(device: string, payload: Uint8Array): boolean {
    const pace = this.#paces.get(device);
    if (!pace || !this.#isInPace(pace)) return true;
    if (headerBytesOf(payload) > MAX_HEADER_BYTES) return false;
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

  /**
   * Notes that a device sends a picture of so many bytes. A promise asks to read no more of it for a moment: reading
   * costs, also what nobody looks at.
   */
  slowedDown(device: string, bytes: number): Promise<void> | undefined {
    const { clock } = this.#options;
    const now = clock.mono();
    const flow = this.#flows.get(device) ?? { since: now, pictures: 0, bytes: 0 };
    this.#flows.set(device, flow);
    if (now - flow.since >= READ_MS) Object.assign(flow, { since: now, pictures: 0, bytes: 0 });
    flow.pictures++;
    flow.bytes += bytes;
    const streams = Math.max(1, this.#paces.get(device)?.streams ?? 0);
    const isWithin = flow.pictures <= streams * MOST_READ.pictures && flow.bytes <= streams * MOST_READ.bytes;
    return isWithin ? undefined : clock.sleep(flow.since + READ_MS - now);
  }

  stop(): void {
    for (const client of [...this.#byClient.keys()]) this.unwatch(client);
  }

  #isInPace(pace: Pace): boolean {
    const now = this.#options.clock.mono();
    if (now - pace.since >= 1000) {
      pace.since = now;
      pace.count = 0;
    }
    return ++pace.count <= MOST_PER_S * pace.streams;
  }

  #lease(device: string, stream: string): Cancel {
    this.#ask(device, stream);
    return this.#options.clock.every(RENEW_MS, () => this.#ask(device, stream));
  }

  #ask(device: string, stream: string): void {
    const command: PreviewCommand = { kind: 'preview', stream, seconds: LEASE_S, fps: FPS, width: WIDTH };
    this.#options.send(device, 'command', encode(command));
  }
}

/** What the length field of a picture says (`encodePicture`); 0 without one. */
function headerBytesOf(payload: Uint8Array): number {
  return payload.length < 4 ? 0 : new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0);
}

/** Names have no "/". */
function keyOf(device: string, stream: string): string {
  return `${device}/${stream}`;
}
