/**
 * A bounded queue with one lane per device, fair in time: a device that floods the hub does not delay the others. What each
 * device cost of late is known. Small items of devices that cost little go first, in turn. Behind them the device goes next that
 * cost least (least attained service), and gets a turn at least every ninth time. A lane that is alone gets all the time there is.
 *
 * An item that is not done after its turn is put back, and goes on when its lane's turn comes again. About `maxOpen` lanes have
 * such an item; others begin theirs later, so that the memory of begun items is bounded.
 *
 * An item over a limit is dropped and counted: the sender keeps what was not acknowledged, and sends it again.
 */
export interface QueueLimits {
  /** Items and bytes that a lane may hold before its sender is asked to wait. */
  readonly laneSoft: number;
  readonly laneSoftBytes: number;
  /** Items and bytes that a lane may hold at all. */
  readonly laneItems: number;
  readonly laneBytes: number;
  /** Items and bytes that all lanes together may hold before whoever reads for all of them is asked to wait. */
  readonly totalSoft: number;
  readonly totalSoftBytes: number;
  /** Bytes that all lanes together may hold. */
  readonly totalBytes: number;
  /** Lanes with an item that is begun. */
  readonly maxOpen: number;
  /** Larger items never go first. */
  readonly smallBytes: number;
}

const MIB = 1024 * 1024;

export const defaultQueueLimits: QueueLimits = {
  laneSoft: 8,
  laneSoftBytes: 4 * MIB,
  laneItems: 256,
  laneBytes: 16 * MIB,
  totalSoft: 4096,
  totalSoftBytes: 64 * MIB,
  totalBytes: 256 * MIB,
  maxOpen: 16,
  smallBytes: 64 * 1024,
};

/** A device goes first while it cost less than so many milliseconds of late; what it cost fades with this time constant. */
export const LITTLE_MS = 100;
export const FADE_MS = 2000;
const FIRST_IN_A_ROW = 8;

export interface Queued<T> {
  readonly key: string;
  readonly bytes: number;
  readonly item: T;
  /** Size of the work, as far as it is known; default: `bytes`. */
  readonly size?: number;
}

export type Offer = 'accepted' | 'dropped' | Promise<void>;

interface Lane<T> {
  readonly items: Queued<T>[];
  readonly waiting: (() => void)[];
  bytes: number;
}

interface Cost {
  readonly ms: number;
  readonly at: number;
}

export class FairQueue<T> {
  readonly #limits: QueueLimits;
  /** Lanes with items; each stands in one of the rows, the next to be served first. */
  readonly #lanes = new Map<string, Lane<T>>();
  readonly #first = new Set<string>();
  readonly #others = new Set<string>();
  /** Those of the others that may not begin yet. */
  readonly #later = new Set<string>();
  /** Of every device that was ever charged. */
  readonly #costs = new Map<string, Cost>();
  readonly #waitingForRoom: (() => void)[] = [];
  #firstInARow = 0;
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

  /** Is an item begun, or is there one that does not go first? */
  get busy(): boolean {
    return this.#others.size > 0;
  }

  /**
   * Adds an item. A promise means that the item was added, and asks the sender to wait until the lane has room again.
   * @param must never drop it; for small items that nobody sends again
   * @param now milliseconds of a monotonic clock
   */
  offer(queued: Queued<T>, now: number, must = false): Offer {
    const lane = this.#lane(queued.key);
    const { laneItems, laneBytes, totalBytes } = this.#limits;
    const full =
      lane.items.length >= laneItems ||
      lane.bytes + queued.bytes > laneBytes ||
      this.#bytes + queued.bytes > totalBytes;
    if (full && !must) return 'dropped';
    lane.items.push(queued);
    this.#count(lane, queued, 1);
    this.#lanes.set(queued.key, lane);
    if (lane.items.length === 1) this.#place(queued.key, lane, now);
    return this.#isCrowded(lane) ? new Promise((resolve) => lane.waiting.push(resolve)) : 'accepted';
  }

  /** The next item, in the order above. */
  next(now: number): Queued<T> | undefined {
    const [first] = this.#first;
    const mayGoFirst = this.#firstInARow < FIRST_IN_A_ROW || this.#others.size === 0;
    const key = first !== undefined && mayGoFirst ? first : this.#cheapest(now);
    this.#firstInARow = key === first ? this.#firstInARow + 1 : 0;
    const lane = key === undefined ? undefined : this.#lanes.get(key);
    const queued = lane?.items.shift();
    if (key === undefined || !lane || !queued) return undefined;
    this.#count(lane, queued, -1);
    if (!this.#isCrowded(lane)) for (const resolve of lane.waiting.splice(0)) resolve();
    if (!this.#isFull) for (const resolve of this.#waitingForRoom.splice(0)) resolve();
    this.#place(key, lane, now);
    return queued;
  }

  /** Resolves when all lanes together hold so little that one more item is no burden. */
  async room(): Promise<void> {
    while (this.#isFull) await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve));
  }

  get #isFull(): boolean {
    return this.#items >= this.#limits.totalSoft || this.#bytes >= this.#limits.totalSoftBytes;
  }

  /** Puts an item back that is begun and not done: it is the next of its lane. */
  putBack(queued: Queued<T>): void {
    const lane = this.#lane(queued.key);
    lane.items.unshift(queued);
    this.#count(lane, queued, 1);
    this.#lanes.set(queued.key, lane);
    this.#remove(queued.key);
    this.#others.add(queued.key);
  }

  /** Notes how long an item of a lane took. */
  charge(key: string, ms: number, now: number): void {
    this.#costs.set(key, { ms: this.#cost(key, now) + ms, at: now });
  }

  #cost(key: string, now: number): number {
    const { ms, at } = this.#costs.get(key) ?? { ms: 0, at: now };
    return ms * Math.exp((at - now) / FADE_MS);
  }

  /** Of the others; of equals the one that waits longest. */
  #cheapest(now: number): string | undefined {
    let [cheapest, least]: [string | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
    for (const key of this.#others) {
      const cost = this.#cost(key, now);
      if (cost < least) [cheapest, least] = [key, cost];
    }
    return cheapest;
  }

  /** To the end of its row: another lane is served next. */
  #place(key: string, lane: Lane<T>, now: number): void {
    this.#remove(key);
    const [head] = lane.items;
    if (!head) this.#lanes.delete(key);
    else if ((head.size ?? head.bytes) <= this.#limits.smallBytes && this.#cost(key, now) < LITTLE_MS)
      this.#first.add(key);
    else this.#later.add(key);
    for (const next of this.#later) {
      if (this.#others.size >= this.#limits.maxOpen) break;
      this.#later.delete(next);
      this.#others.add(next);
    }
  }

  #lane(key: string): Lane<T> {
    return this.#lanes.get(key) ?? { items: [], waiting: [], bytes: 0 };
  }

  #remove(key: string): void {
    this.#first.delete(key);
    this.#others.delete(key);
    this.#later.delete(key);
  }

  #count(lane: Lane<T>, { bytes }: Queued<T>, sign: 1 | -1): void {
    lane.bytes += sign * bytes;
    this.#bytes += sign * bytes;
    this.#items += sign;
  }

  #isCrowded({ items, bytes }: Lane<T>): boolean {
    return items.length >= this.#limits.laneSoft || bytes >= this.#limits.laneSoftBytes;
  }
}
