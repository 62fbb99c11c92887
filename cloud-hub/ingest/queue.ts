/**
 * A bounded queue with one lane a key, served in turn, so that one flooding device neither starves nor drowns the others.
 * What is over a bound is dropped and counted: the sender keeps what was not acknowledged, and sends it again.
 */
export interface QueueLimits {
  /** Items a lane may hold before its sender is asked to wait. */
  readonly laneSoft: number;
  /** Items a lane may hold at all. */
  readonly laneItems: number;
  /** Bytes that all lanes together may hold. */
  readonly totalBytes: number;
}

export const defaultQueueLimits: QueueLimits = { laneSoft: 8, laneItems: 256, totalBytes: 256 * 1024 * 1024 };

export interface Queued<T> {
  readonly key: string;
  readonly bytes: number;
  readonly item: T;
}

export type Offer = 'accepted' | 'dropped' | Promise<void>;

interface Lane<T> {
  readonly items: Queued<T>[];
  readonly waiting: (() => void)[];
}

export class FairQueue<T> {
  readonly #lanes = new Map<string, Lane<T>>();
  readonly #limits: QueueLimits;
  #bytes = 0;
  #items = 0;

  constructor(limits: QueueLimits = defaultQueueLimits) {
    this.#limits = limits;
  }

  get items(): number {
    return this.#items;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Adds an item. A promise asks the sender to wait until the lane has room again; the item is in all the same.
   * @param must never drop it (small items that nobody sends again)
   */
  offer(queued: Queued<T>, must = false): Offer {
    const lane = this.#lanes.get(queued.key) ?? { items: [], waiting: [] };
    const full = lane.items.length >= this.#limits.laneItems || this.#bytes + queued.bytes > this.#limits.totalBytes;
    if (full && !must) return 'dropped';
    this.#lanes.set(queued.key, lane);
    lane.items.push(queued);
    this.#bytes += queued.bytes;
    this.#items++;
    if (lane.items.length < this.#limits.laneSoft) return 'accepted';
    return new Promise((resolve) => lane.waiting.push(resolve));
  }

  /** Takes up to `maxItems` items and about `maxBytes` bytes (at least one item), one a lane in turn. */
  take(maxItems: number, maxBytes: number): Queued<T>[] {
    const taken: Queued<T>[] = [];
    let bytes = 0;
    while (taken.length < maxItems && bytes < maxBytes) {
      const next = this.#lanes.entries().next().value;
      if (!next) break;
      const [key, lane] = next;
      this.#lanes.delete(key);
      const queued = lane.items.shift();
      if (!queued) continue;
      // Back to the end of the row: the next one served is another lane.
      if (lane.items.length > 0) this.#lanes.set(key, lane);
      if (lane.items.length < this.#limits.laneSoft) for (const resolve of lane.waiting.splice(0)) resolve();
      this.#bytes -= queued.bytes;
      this.#items--;
      bytes += queued.bytes;
      taken.push(queued);
    }
    return taken;
  }
}
