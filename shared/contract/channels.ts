/**
 * THE topic table: the only place that knows an MQTT topic. Topics, subscription filters and the access rights of both
 * brokers (embedded and Mosquitto) come from `channels`. Root: `vedette/v1/<device>/<up|down>/<channel>` (ARCHITECTURE 3.3).
 *
 * Clauses:
 * 1. A device publishes only under its own `up/` and subscribes only to its own `down/`.
 * 2. QoS 1 everywhere but `up/preview` (QoS 0, sent only while somebody watches).
 * 3. `up/status` and `down/desired` are retained; `up/status` is also the last will.
 */
import { name } from './names.ts';

export type Direction = 'up' | 'down';

export interface Channel {
  readonly direction: Direction;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** Largest payload the receiver accepts, in bytes as they come over the wire. */
  readonly maxBytes: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

export const channels = {
  status: { direction: 'up', qos: 1, retain: true, maxBytes: 16 * KiB },
  records: { direction: 'up', qos: 1, retain: false, maxBytes: 4 * MiB },
  report: { direction: 'up', qos: 1, retain: false, maxBytes: 1 * MiB },
  sample: { direction: 'up', qos: 1, retain: false, maxBytes: 4 * MiB },
  log: { direction: 'up', qos: 1, retain: false, maxBytes: 256 * KiB },
  preview: { direction: 'up', qos: 0, retain: false, maxBytes: 2 * MiB },
  desired: { direction: 'down', qos: 1, retain: true, maxBytes: 4 * MiB },
  ack: { direction: 'down', qos: 1, retain: false, maxBytes: 64 * KiB },
  verdict: { direction: 'down', qos: 1, retain: false, maxBytes: 1 * MiB },
  command: { direction: 'down', qos: 1, retain: false, maxBytes: 64 * KiB },
} as const satisfies Record<string, Channel>;

export type ChannelName = keyof typeof channels;
export type UpChannel = { [K in ChannelName]: (typeof channels)[K]['direction'] extends 'up' ? K : never }[ChannelName];
export type DownChannel = Exclude<ChannelName, UpChannel>;

const ROOT = 'vedette/v1';

/** The topic of one channel of one device. */
export function topicOf(device: string, channel: ChannelName): string {
  return `${ROOT}/${device}/${channels[channel].direction}/${channel}`;
}

/** The filter with which the hub subscribes to a channel of every device. */
export function filterOfAll(channel: UpChannel): string {
  return `${ROOT}/+/${channels[channel].direction}/${channel}`;
}

export interface ParsedTopic {
  readonly device: string;
  readonly channel: ChannelName;
}

/** Parses a topic back; undefined for one that is not of the table (unknown channel, wrong direction, bad device id). */
export function parseTopic(topic: string): ParsedTopic | undefined {
  const parts = topic.split('/');
  if (parts.length !== 5 || `${parts[0]}/${parts[1]}` !== ROOT) return undefined;
  const [, , device, direction, channel] = parts;
  if (!name.safeParse(device).success || device === undefined || !isChannel(channel)) return undefined;
  return channels[channel].direction === direction ? { device, channel } : undefined;
}

/** Clause 1 for publishing: may `device` publish to `topic`? */
export function mayPublish(device: string, topic: string): boolean {
  return ownUpChannel(device, topic) !== undefined;
}

/** Clause 1 for subscribing: may `device` subscribe to `filter`? Exact topics of its own `down/`, and `down/#`. */
export function maySubscribe(device: string, filter: string): boolean {
  if (filter === ownDownFilter(device)) return true;
  const parsed = parseTopic(filter);
  return parsed?.device === device && channels[parsed.channel].direction === 'down';
}

/** The one filter with which a device hears all that the hub sends it. */
export function ownDownFilter(device: string): string {
  return `${ROOT}/${device}/down/#`;
}

/** The channel of a topic under the own `up/` of a device whose id is known to be one; undefined for any other topic. */
export function ownUpChannel(device: string, topic: string): UpChannel | undefined {
  const prefix = `${ROOT}/${device}/up/`;
  const channel = topic.startsWith(prefix) ? topic.slice(prefix.length) : undefined;
  return isChannel(channel) && isUp(channel) ? channel : undefined;
}

/** Does a device publish on this channel? */
export function isUp(channel: ChannelName): channel is UpChannel {
  return channels[channel].direction === 'up';
}

function isChannel(word: string | undefined): word is ChannelName {
  return word !== undefined && Object.hasOwn(channels, word);
}
