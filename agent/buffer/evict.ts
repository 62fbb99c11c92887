/**
 * Keeps the outbox's file and its WAL within the quota: gives up records by rank and age, counts them in loss records in
 * the same transaction, and hands the freed pages back.
 */
import { rangesOf } from './ledger.ts';
import type { LossWriter } from './losses.ts';
import type { OutboxFile } from './outbox-file.ts';
import { GIVEN_UP_IN_ORDER, type Rank } from './rank.ts';
import type { FileTransaction } from './transaction.ts';

const MAX_STEP_RECORDS = 1024;
/** A pass makes more room than it needs, by this part of the quota, so that the next one is not due at once. */
const SLACK = 64;
/** Pages in one transaction: bounds the WAL. */
const MAX_PASS_PAGES = 1024;
/** After a change of the quota there is much to do; the rest is done after the next commits. */
const MAX_PASSES = 16;

export class Evictor {
  readonly #file: OutboxFile;
  readonly #quotaBytes: number;
  readonly #losses: LossWriter;

  constructor(file: OutboxFile, quotaBytes: number, losses: LossWriter) {
    this.#file = file;
    this.#quotaBytes = quotaBytes;
    this.#losses = losses;
  }

  /** Brings the file below the quota when it is above; returns how many records were given up. */
  keepWithinQuota(): number {
    let givenUp = 0;
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const size = this.#file.size();
      if (size.walBytes > this.#file.walBoundBytes) this.#file.checkpoint();
      const excess = size.pages - Math.floor((this.#quotaBytes - this.#file.walBoundBytes) / size.pageBytes);
      if (excess <= 0) break;
      givenUp += this.#pass(Math.min(excess, MAX_PASS_PAGES), size.freePages, size.pageBytes);
    }
    return givenUp;
  }

  /** Takes `excess` pages off the file, in one transaction. */
  #pass(excess: number, freePages: number, pageBytes: number): number {
    const slack = Math.min(MAX_PASS_PAGES, Math.ceil(this.#quotaBytes / SLACK / pageBytes));
    try {
      const givenUp = this.#file.change((transaction) => {
        const seqs = freePages >= excess ? [] : evict(transaction, excess + slack, pageBytes);
        if (seqs.length > 0) this.#losses.add(transaction, rangesOf(seqs), 'quota');
        transaction.draft.givenUp += seqs.length;
        transaction.releasePages(excess);
        return seqs.length;
      });
      this.#losses.committed();
      return givenUp;
    } catch (error) {
      this.#losses.rolledBack();
      throw error;
    }
  }
}

/** Deletes until `pages` are free or nothing may go any more; returns the numbers, rising. */
function evict(transaction: FileTransaction, pages: number, pageBytes: number): number[] {
  const given: number[] = [];
  for (const rank of GIVEN_UP_IN_ORDER) {
    for (;;) {
      const missing = pages - transaction.freePages();
      if (missing <= 0 || transaction.draft.held[rank].records === 0) break;
      const seqs = step(transaction, rank, missing * pageBytes);
      if (seqs.length === 0) break;
      for (const seq of seqs) given.push(seq);
    }
  }
  return given.sort((a, b) => a - b);
}

/** Deletes the oldest of a rank, about `bytes` of them and at least one. */
function step(transaction: FileTransaction, rank: Rank, bytes: number): number[] {
  const seqs: number[] = [];
  let found = 0;
  for (const victim of transaction.oldest(rank, MAX_STEP_RECORDS)) {
    if (seqs.length > 0 && found >= bytes) break;
    seqs.push(victim.seq);
    found += victim.bytes;
  }
  const first = seqs[0];
  const last = seqs.at(-1);
  if (first !== undefined && last !== undefined) transaction.remove(first, last, [rank]);
  return seqs;
}
