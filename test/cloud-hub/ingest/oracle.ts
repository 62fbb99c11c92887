/** What ingest has to do with batches, said with sets of single numbers: slow, and simple enough to be believed. */
import { GIVEN_UP, NEVER_RECEIVED } from '../../../cloud-hub/ingest/ledger.ts';
import { type Range, rangesOf } from '../../../shared/kit/ranges.ts';

export interface Item {
  readonly seq: number;
  readonly kind: 'event' | 'bad' | 'loss';
  /** Names that it had in another epoch. */
  readonly origin?: readonly { readonly epoch: string; readonly seq: number }[];
  /** What a loss says of its own epoch. */
  readonly lost?: Range & { readonly reason: string };
}

export interface Batch extends Range {
  readonly epoch: string;
  readonly base: number;
  readonly items: readonly Item[];
}

interface EpochBook {
  readonly settled: Set<number>;
  /** Number to whether it was backfill. */
  readonly stored: Map<number, boolean>;
  /** Number to the reason for which it has no record. */
  readonly gaps: Map<number, string>;
  readonly refused: Set<number>;
  readonly losses: (Range & { readonly reason: string })[];
}

export interface SentAck {
  readonly epoch: string;
  readonly upTo: number;
  readonly ranges: readonly Range[];
  readonly refused: readonly Range[];
}

const numbers = ({ from, to }: Range) => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

export class Oracle {
  readonly #books = new Map<string, EpochBook>();

  /** Takes a group of batches, which are committed together, and says how each is acknowledged. */
  take(group: readonly Batch[]): SentAck[] {
    for (const batch of group) this.#settle(batch);
    return group.map(({ epoch }) => {
      const [first, ...rest] = rangesOf([...this.#book(epoch).settled].toSorted((a, b) => a - b));
      const upTo = first?.from === 1 ? first.to : 0;
      const above = upTo > 0 ? rest : [...(first ? [first] : []), ...rest];
      // Each speaks of what is settled after all of them, so each names what any of them has refused.
      const bad = group
        .filter((batch) => batch.epoch === epoch)
        .flatMap(({ items }) => items.filter((item) => item.kind === 'bad').map((item) => item.seq));
      const refused = rangesOf([...new Set(bad)].toSorted((a, b) => a - b));
      return { epoch, upTo, ranges: above.slice(-32), refused };
    });
  }

  /** For each epoch, what the hub has to hold. */
  holdings() {
    return [...this.#books]
      .map(([epoch, { settled, stored, gaps, refused }]) => ({
        epoch,
        settled: [...settled].toSorted((a, b) => a - b),
        stored: [...stored].toSorted(([a], [b]) => a - b),
        gaps: [...gaps].toSorted(([a], [b]) => a - b),
        refused: [...refused].toSorted((a, b) => a - b),
      }))
      .toSorted((a, b) => (a.epoch < b.epoch ? -1 : 1));
  }

  #settle({ epoch, from, to, base, items }: Batch): void {
    const book = this.#book(epoch);
    const newest = Math.max(0, ...book.settled);
    const fresh = items.filter(
      (item) => this.#isFresh(epoch, item.seq) && !(item.origin ?? []).some((o) => !this.#isFresh(o.epoch, o.seq)),
    );
    for (const { seq, kind, origin, lost } of fresh) {
      if (kind === 'bad') {
        book.refused.add(seq);
        continue;
      }
      book.stored.set(seq, seq < newest);
      for (const name of origin ?? []) {
        this.#book(name.epoch).settled.add(name.seq);
        this.#book(name.epoch).gaps.delete(name.seq);
      }
      if (lost && lost.from > 0) book.losses.push(lost);
    }
    const inside = numbers({ from, to });
    const below = numbers({ from: 1, to: base - 1 }).filter((n) => !inside.includes(n));
    for (const [set, reason] of [
      [inside, GIVEN_UP],
      [below, NEVER_RECEIVED],
    ] as const) {
      for (const n of set) if (!book.settled.has(n)) book.gaps.set(n, reason);
      for (const n of set) book.settled.add(n);
    }
    for (const { seq } of items) book.gaps.delete(seq);
    for (const n of book.gaps.keys()) {
      const newestLoss = book.losses.findLast((loss) => loss.from <= n && n <= loss.to);
      if (newestLoss) book.gaps.set(n, newestLoss.reason);
    }
  }

  /** May its record come in: nothing is known of the number, or that it has none? */
  #isFresh(epoch: string, seq: number): boolean {
    const book = this.#books.get(epoch);
    return !book?.settled.has(seq) || book.gaps.has(seq);
  }

  #book(epoch: string): EpochBook {
    const found = this.#books.get(epoch);
    if (found) return found;
    const made: EpochBook = {
      settled: new Set(),
      stored: new Map(),
      gaps: new Map(),
      refused: new Set(),
      losses: [],
    };
    this.#books.set(epoch, made);
    return made;
  }
}
