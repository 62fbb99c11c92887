/**
 * Retained messages of the embedded broker, by device. The store of aedes compares every new subscription with every retained
 * message: when a fleet of n devices returns, that is n² comparisons.
 *
 * Only messages to devices are kept. What devices publish reaches the hub in the same process, and nobody else may read it.
 */
import { Readable } from 'node:stream';
import type { PublishPacket } from 'aedes';
import { channels, ownDownFilter, parseTopic } from '../../shared/contract/channels.ts';

export class RetainedMessages {
  readonly #byDevice = new Map<string, Map<string, PublishPacket>>();

  /** Keeps the last message of a topic; an empty message deletes it (MQTT 3.1.1, 3.3.1.3). */
  store(packet: PublishPacket): void {
    const parsed = parseTopic(packet.topic);
    if (!parsed || channels[parsed.channel].direction !== 'down') return;
    const messages = this.#byDevice.get(parsed.device) ?? new Map<string, PublishPacket>();
    if (packet.payload.length > 0) messages.set(packet.topic, { ...packet });
    else messages.delete(packet.topic);
    if (messages.size > 0) this.#byDevice.set(parsed.device, messages);
    else this.#byDevice.delete(parsed.device);
  }

  /** Messages for a filter that a device may subscribe to: one of its own topics, or all of them. */
  matching(filter: string): PublishPacket[] {
    const [, , device = ''] = filter.split('/');
    const messages = this.#byDevice.get(device);
    if (!messages) return [];
    if (filter === ownDownFilter(device)) return [...messages.values()];
    const packet = messages.get(filter);
    return packet ? [packet] : [];
  }

  /** The part of the persistence of aedes that this replaces. */
  asPersistence() {
    return {
      storeRetained: async (packet: PublishPacket) => this.store(packet),
      createRetainedStream: (filter: string) => Readable.from(this.matching(filter)),
      createRetainedStreamCombi: (filters: readonly string[]) =>
        Readable.from(filters.flatMap((filter) => this.matching(filter))),
    };
  }
}
