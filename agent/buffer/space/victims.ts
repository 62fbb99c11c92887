/**
 * Which records are evicted next: by rank. Periodic records (rank 0) are thinned evenly in time: every second block of
 * numbers goes, then every second of those that are left. So a long outage is remembered coarsely, and not only its end. Of
 * errors and events the oldest go first. Records in doubt (acks/in-doubt.ts, a small part of all) go when there is nothing else:
 * the hub may have them, and then the ledger would count a loss that is none.
 */
import { missing, type Range } from '../../../shared/kit/ranges.ts';
import type { Rank } from '../file/rank.ts';
import type { FileTransaction } from '../file/transaction.ts';

/** The order. Rank 3 is never evicted. */
const PHASES: readonly { readonly rank: Rank; readonly inDoubt: boolean }[] = [
  { rank: 0, inDoubt: false },
  { rank: 1, inDoubt: false },
  { rank: 2, inDoubt: false },
  { rank: 0, inDoubt: true },
  { rank: 1, inDoubt: true },
  { rank: 2, inDoubt: true },
];
const THINNED: Rank = 0;

const MAX_STEP_RECORDS = 1024;
/** Numbers per block: some pages of small records, because only whole pages free room. */
const BLOCK = 128;
/** At this level nothing is left: there are never 2^40 blocks. */
const LAST_LEVEL = 40;

export class Victims {
  /** Up to `thinnedTo`, the blocks are left whose index is a multiple of 2^level; before `next`, of 2^(level + 1). */
  #level = 0;
  #next = 1;
  #thinnedTo = 0;

  /** Deletes until `pages` are free or nothing may go any more; returns the numbers, rising. */
  evict(transaction: FileTransaction, pages: number, pageBytes: number): number[] {
    const given: number[] = [];
    const everywhere = { from: 1, to: transaction.draft.nextSeq - 1 };
    const doubtful = transaction.draft.inDoubt;
    const sure = missing(everywhere, doubtful);
    for (const { rank, inDoubt } of PHASES) {
      const spans = inDoubt ? doubtful : sure;
      for (;;) {
        const lacking = pages - transaction.freePages();
        if (lacking <= 0) return given.sort((a, b) => a - b);
        if (transaction.draft.held[rank].records === 0) break;
        const seqs = this.#step(transaction, rank, spans, lacking * pageBytes);
        if (seqs.length === 0) break;
        for (const seq of seqs) given.push(seq);
      }
    }
    return given.sort((a, b) => a - b);
  }

  /** Deletes about `bytes` of neighbouring records, and at least one. */
  #step(transaction: FileTransaction, rank: Rank, spans: readonly Range[], bytes: number): number[] {
    const where = rank === THINNED ? this.#block(transaction, rank, spans) : firstOf(transaction, rank, spans);
    if (!where) return [];
    const seqs: number[] = [];
    let found = 0;
    for (const victim of transaction.oldest(rank, where, MAX_STEP_RECORDS)) {
      if (seqs.length > 0 && found >= bytes) break;
      seqs.push(victim.seq);
      found += victim.bytes;
    }
    const last = seqs.at(-1);
    if (last !== undefined) transaction.remove(where.from, last, [rank]);
    return seqs;
  }

  /** What is left of the next block that goes. */
  #block(transaction: FileTransaction, rank: Rank, spans: readonly Range[]): Range | undefined {
    const oldest = firstOf(transaction, rank, spans);
    if (!oldest) return undefined;
    // What was thinned has left the outbox: this is another outage.
    if (oldest.from > this.#thinnedTo) this.#begin(0);
    return this.#young(transaction, rank, spans) ?? this.#old(transaction, rank, spans) ?? oldest;
  }

  /** Thins what came since as far as the rest is thinned. */
  #young(transaction: FileTransaction, rank: Rank, spans: readonly Range[]): Range | undefined {
    for (;;) {
      const found = firstOf(transaction, rank, cut(spans, this.#thinnedTo + 1));
      if (!found) return undefined;
      const { index, end } = blockOf(found.from);
      if (end > transaction.draft.nextSeq) return undefined;
      this.#thinnedTo = found.from - 1;
      if (!isLeft(index, this.#level)) return { from: found.from, to: Math.min(found.to, end - 1) };
      this.#thinnedTo = end - 1;
    }
  }

  #old(transaction: FileTransaction, rank: Rank, spans: readonly Range[]): Range | undefined {
    while (this.#level < LAST_LEVEL) {
      const found = firstOf(transaction, rank, cut(spans, this.#next, this.#thinnedTo));
      if (!found) {
        this.#begin(this.#level + 1);
        continue;
      }
      const { index, end } = blockOf(found.from);
      this.#next = found.from;
      if (!isLeft(index, this.#level + 1)) return { from: found.from, to: Math.min(found.to, end - 1) };
      this.#next = end;
    }
    return undefined;
  }

  #begin(level: number): void {
    this.#level = level;
    this.#next = 1;
  }
}

function blockOf(seq: number): { index: number; end: number } {
  const index = Math.floor(seq / BLOCK);
  return { index, end: (index + 1) * BLOCK };
}

/** Does a block survive so many halvings? */
function isLeft(index: number, level: number): boolean {
  return index % 2 ** level === 0;
}

/** The part of the first span that has such a record, from the first one on. */
function firstOf(transaction: FileTransaction, rank: Rank, spans: readonly Range[]): Range | undefined {
  for (const span of spans) {
    const [first] = transaction.oldest(rank, span, 1);
    if (first) return { from: first.seq, to: span.to };
  }
  return undefined;
}

/** The parts of the spans within `from`..`to`. */
function cut(spans: readonly Range[], from: number, to = Number.MAX_SAFE_INTEGER): Range[] {
  return spans
    .filter((span) => span.to >= from && span.from <= to)
    .map((span) => ({ from: Math.max(span.from, from), to: Math.min(span.to, to) }));
}
