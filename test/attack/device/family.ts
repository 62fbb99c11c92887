/** What one device may send: families of messages, each with knobs that a search turns. */
import type { UpChannel } from '../../../shared/contract/channels.ts';
import { encode } from '../../../shared/contract/codec.ts';

export interface Sent {
  readonly channel: UpChannel;
  readonly payload: Buffer;
  /** The numbers that the hub has to settle for it; undefined when no frame can be read. */
  readonly settles?: { readonly epoch: string; readonly to: number };
}

/** Each from 0 to 1; what they mean is the family's. */
export type Knobs = readonly [number, number, number, number];

export interface Family {
  readonly name: string;
  /** The next messages of a device. */
  make(device: Sender, knobs: Knobs): readonly Sent[];
}

/** A device that numbers its records, epoch by epoch. */
export class Sender {
  readonly random: () => number;
  readonly #next = new Map<string, number>();

  constructor(random: () => number) {
    this.random = random;
  }

  /** The next free numbers of an epoch. */
  claim(epoch: string, count: number): number {
    const from = this.#next.get(epoch) ?? 1;
    this.#next.set(epoch, from + count);
    return from;
  }

  /** A batch of the next numbers; `more` changes its frame. */
  batch(epoch: string, records: readonly object[], more: object = {}): Sent {
    const from = this.claim(epoch, Math.max(1, records.length));
    const to = from + Math.max(1, records.length) - 1;
    const numbered = records.map((record, i) => ({ ...record, seq: from + i }));
    const payload = encode({ epoch, from, to, base: from, records: numbered, ...more });
    return { channel: 'records', payload, settles: { epoch, to } };
  }

  pick<T>(list: readonly T[], fallback: T): T {
    return list[Math.floor(this.random() * list.length)] ?? fallback;
  }
}

/** A whole number from `least` to `most`, by its order of magnitude. */
export function scaled(knob: number, least: number, most: number): number {
  return Math.round(least * (most / least) ** knob);
}

export const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
