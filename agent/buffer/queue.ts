/** Records on their way to the file: for milliseconds while commits are grouped, longer while the disk takes nothing. */
import type { Entry } from './file/format.ts';
import { shed } from './file/rank.ts';

/** `committed`: it survives a power cut. `given-up`: at least one record of the call is lost, and counted. */
export type Fate = 'committed' | 'given-up';

interface Call {
  left: number;
  lost: boolean;
  readonly resolve: (fate: Fate) => void;
}

interface Waiting extends Entry {
  readonly call: Call;
}

export class Queue {
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  #waiting: Waiting[] = [];
  #bytes = 0;

  /** `trim` applies the bounds. */
  constructor(maxRecords: number, maxBytes: number) {
    this.#maxRecords = maxRecords;
    this.#maxBytes = maxBytes;
  }

  get records(): number {
    return this.#waiting.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds the records of one call; resolves with their fate. */
  add(entries: readonly Entry[]): Promise<Fate> {
    return new Promise((resolve) => {
      const call = { left: entries.length, lost: false, resolve };
      for (const entry of entries) {
        this.#waiting.push({ rank: entry.rank, bytes: entry.bytes, json: entry.json, call });
        this.#bytes += entry.bytes;
      }
    });
  }

  /** The oldest records: at most `maxRecords` and `maxBytes`, but at least one. They stay until `committed`. */
  head(maxRecords: number, maxBytes: number): readonly Entry[] {
    let records = 0;
    let bytes = 0;
    for (const { bytes: size } of this.#waiting) {
      if (records >= maxRecords || (records > 0 && bytes + size > maxBytes)) break;
      records++;
      bytes += size;
    }
    return this.#waiting.slice(0, records);
  }

  /** The first `records` are in the file. */
  committed(records: number): void {
    this.#end(this.#waiting.slice(0, records), false);
    this.#waiting = this.#waiting.slice(records);
  }

  /** When a bound is passed, drops the least valuable records down to seven eighths of it; returns how many. */
  trim(): number {
    if (this.records <= this.#maxRecords && this.#bytes <= this.#maxBytes) return 0;
    const { kept, evicted } = shed(this.#waiting, this.#maxRecords * 0.875, this.#maxBytes * 0.875);
    this.#waiting = kept;
    this.#end(evicted, true);
    return evicted.length;
  }

  /** Drops everything; returns how many. */
  clear(): number {
    const all = this.#waiting;
    this.#waiting = [];
    this.#end(all, true);
    return all.length;
  }

  #end(waiting: readonly Waiting[], lost: boolean): void {
    for (const { call, bytes } of waiting) {
      this.#bytes -= bytes;
      call.left--;
      call.lost ||= lost;
      if (call.left === 0) call.resolve(call.lost ? 'given-up' : 'committed');
    }
  }
}
