/**
 * Retained messages of the embedded broker, by device. aedes' own store tries every retained message against every new
 * subscription: when a fleet returns after a restart, that is the square of its size.
 *
 * Only messages to devices are kept: what devices publish the hub hears in the same process, and nobody else may.
 */
import { Readable } from 'node:stream';
import type { PublishPacket } from 'aedes';
import { channels, ownDownFilter, parseTopic } from '../../shared/contract/channels.ts';

export class RetainedMessages {
  readonly #byDevice = new Map<string, Map<string, PublishPacket>>();

  /** Keeps the last message of a topic; an empty one takes it away (MQTT 3.1.1, 3.3.1.3). */
  store(packet: PublishPacket): void {
    const parsed = parseTopic(packet.topic);
    if (!parsed || channels[parsed.channel].direction !== 'down') return;
    const messages = this.#byDevice.get(parsed.device) ?? new Map<string, PublishPacket>();
    if (packet.payload.length > 0) messages.set(packet.topic, { ...packet });
    else messages.delete(packet.topic);
    if (messages.size > 0) this.#byDevice.set(parsed.device, messages);
    else this.#byDevice.delete(parsed.device);
  }

  /** Those of a filter that a device may have: one of its own topics, or all of them. */
  matching(filter: string): PublishPacket[] {
    const [, , device = ''] = filter.split('/');
    const messages = this.#byDevice.get(device);
    if (!messages) return [];
    if (filter === ownDownFilter(device)) return [...messages.values()];
    const packet = messages.get(filter);
    return packet ? [packet] : [];
  }

  /** The part of aedes' persistence that it takes the place of. */
  asPersistence() {
    return {
      storeRetained: async (packet: PublishPacket) => this.store(packet),
      createRetainedStream: (filter: string) => Readable.from(this.matching(filter)),
      createRetainedStreamCombi: (filters: readonly string[]) =>
        Readable.from(filters.flatMap((filter) => this.matching(filter))),
    };
  }
}
