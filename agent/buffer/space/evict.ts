/**
 * Keeps the outbox's file, its WAL and its reserve within what they may take (`Bound`): evicts records by rank and age
 * (victims.ts), counts them in loss records in the same transaction, and gives the freed pages back to the file system.
 */

import type { OutboxFile } from '../file/outbox-file.ts';
import { lossesOf } from './ledger.ts';
import type { LossWriter } from './losses.ts';
import type { Sizes } from './sizes.ts';
import { Victims } from './victims.ts';

/** A pass frees one 64th of the file more than it needs, so that the next pass is not due at once. */
const SLACK = 64;
/** Most pages of one call. After a change of the quota there may be more to do; the next commits do the rest. */
const MAX_PAGES = 16_384;
/** Eviction is near when this part of the bound is in use. */
const NEAR = 0.75;

/** What the file may take now, and why not more. */
export interface Bound {
  readonly sizes: Sizes;
  readonly reason: 'quota' | 'disk';
  /** The reason in words, with what to do. */
  readonly complaint: string;
}

export class Evictor {
  readonly #file: OutboxFile;
  readonly #bound: Bound;
  readonly #losses: LossWriter;
  readonly #onEvicted: (records: number) => void;
  readonly #victims = new Victims();

  /** @param onEvicted is called with the number of records whenever some were evicted */
  constructor(file: OutboxFile, bound: Bound, losses: LossWriter, onEvicted: (records: number) => void) {
    this.#file = file;
    this.#bound = bound;
    this.#losses = losses;
    this.#onEvicted = onEvicted;
  }

  /** Will something have to be evicted soon? */
  get isNear(): boolean {
    const { pages, freePages } = this.#file.size();
    return this.#bound.reason === 'disk' || pages - freePages > this.#bound.sizes.filePages * NEAR;
  }

  /** Evicts until the file is within its bound. */
  keepWithinBound(): void {
    for (let done = 0; done < MAX_PAGES; done += this.#bound.sizes.passPages) {
      const size = this.#file.size();
      const { sizes } = this.#bound;
      if (size.walBytes > sizes.walBoundBytes) this.#file.checkpoint();
      const excess = size.pages - sizes.filePages;
      if (excess <= 0) {
        this.#noteRelief(size.pages - size.freePages);
        break;
      }
      this.#pass(Math.min(excess, sizes.passPages), size.freePages, size.pageBytes);
      if (this.#file.size().pages >= size.pages) break;
    }
  }

  /** The same on a full disk: small transactions, and the WAL is emptied after each. */
  shrink(stepPages: number): void {
    for (;;) {
      const { pages, freePages, pageBytes } = this.#file.size();
      const excess = pages - this.#bound.sizes.filePages;
      if (excess <= 0) return;
      this.#pass(Math.min(excess, stepPages), freePages, pageBytes);
      this.#file.checkpoint();
      if (this.#file.size().pages >= pages) return;
    }
  }

  /** Makes the file `excess` pages smaller, in one transaction. */
  #pass(excess: number, freePages: number, pageBytes: number): void {
    const { sizes, reason, complaint } = this.#bound;
    const slack = Math.min(sizes.passPages, Math.ceil(sizes.filePages / SLACK));
    const evicted = this.#losses.within(() =>
      this.#file.change((transaction) => {
        const seqs = freePages >= excess ? [] : this.#victims.evict(transaction, excess + slack, pageBytes);
        if (seqs.length > 0) {
          this.#losses.add(transaction, lossesOf(seqs), reason);
          if (reason === 'disk') this.#losses.reportFull(transaction, complaint);
        }
        transaction.draft.givenUp += seqs.length;
        transaction.releasePages(excess);
        return seqs.length;
      }),
    );
    if (evicted > 0) this.#onEvicted(evicted);
  }

  #noteRelief(usedPages: number): void {
    if (this.#losses.hasReportedFull && usedPages < this.#bound.sizes.filePages / 2) {
      this.#losses.relieved(this.#file.base());
    }
  }
}
