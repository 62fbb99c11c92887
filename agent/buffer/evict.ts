/**
 * Keeps the outbox's file, its WAL and its reserve within what they may take (room.ts): gives up records by rank and age,
 * counts them in loss records in the same transaction, and hands the freed pages back. What was leased a moment ago is
 * left alone: the hub may have it already, and the loss would be counted wrongly.
 */
import type { Clock } from '../../shared/kit/clock.ts';
import { rangesOf } from './ledger.ts';
import type { LossWriter } from './losses.ts';
import type { OutboxFile } from './outbox-file.ts';
import { GIVEN_UP_IN_ORDER, type Rank } from './rank.ts';
import type { Room } from './room.ts';
import type { FileTransaction } from './transaction.ts';

const MAX_STEP_RECORDS = 1024;
/** A pass makes more room than it needs, by this part of the file, so that the next one is not due at once. */
const SLACK = 64;
/** After a change of the quota there is much to do; the rest is done after the next commits. */
const MAX_PAGES = 16_384;
/** A hub that has a record says so within that time. */
const LEASE_MS = 10_000;

export class Evictor {
  readonly #file: OutboxFile;
  readonly #room: Room;
  readonly #losses: LossWriter;
  readonly #clock: Clock;
  readonly #tell: (records: number) => void;
  #leased = { upTo: 0, until: Number.NEGATIVE_INFINITY };

  /** @param tell is given the number of records whenever some were given up */
  constructor(file: OutboxFile, room: Room, losses: LossWriter, clock: Clock, tell: (records: number) => void) {
    this.#file = file;
    this.#room = room;
    this.#losses = losses;
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Records up to this number are on their way to the hub. */
  leased(upTo: number): void {
    const now = this.#clock.mono();
    const before = now < this.#leased.until ? this.#leased.upTo : 0;
    this.#leased = { upTo: Math.max(before, upTo), until: now + LEASE_MS };
  }

  /** Brings the file within its bound when it is above. */
  keepWithinBound(): void {
    if (this.#room.reason === 'disk' && this.#file.size().pages > this.#room.sizes.filePages) {
      // Others may have made room meanwhile: then nothing has to go.
      this.#room.look(this.#file);
    }
    for (let done = 0; done < MAX_PAGES; done += this.#room.sizes.passPages) {
      const size = this.#file.size();
      const { sizes } = this.#room;
      if (size.walBytes > sizes.walBoundBytes) this.#file.checkpoint();
      const excess = size.pages - sizes.filePages;
      if (excess <= 0) {
        this.#tellWhenRelieved(size.pages - size.freePages);
        break;
      }
      this.#pass(Math.min(excess, sizes.passPages), size.freePages, size.pageBytes);
      if (this.#file.size().pages >= size.pages) break;
    }
  }

  /** The same as far as it can go, with small transactions and an empty WAL after each. */
  shrink(stepPages: number): void {
    for (;;) {
      const { pages, freePages, pageBytes } = this.#file.size();
      const excess = pages - this.#room.sizes.filePages;
      if (excess <= 0) return;
      this.#pass(Math.min(excess, stepPages), freePages, pageBytes);
      this.#file.checkpoint();
      if (this.#file.size().pages >= pages) return;
    }
  }

  /** Takes `excess` pages off the file, in one transaction. */
  #pass(excess: number, freePages: number, pageBytes: number): void {
    const { sizes, reason, complaint } = this.#room;
    const slack = Math.min(sizes.passPages, Math.ceil(sizes.filePages / SLACK));
    const after = this.#clock.mono() < this.#leased.until ? this.#leased.upTo : 0;
    const givenUp = this.#losses.within(() =>
      this.#file.change((transaction) => {
        const seqs = freePages >= excess ? [] : evict(transaction, after, excess + slack, pageBytes);
        if (seqs.length > 0) {
          this.#losses.add(transaction, rangesOf(seqs), reason);
          if (reason === 'disk') this.#losses.tellFull(transaction, complaint);
        }
        transaction.draft.givenUp += seqs.length;
        transaction.releasePages(excess);
        return seqs.length;
      }),
    );
    if (givenUp > 0) this.#tell(givenUp);
  }

  #tellWhenRelieved(usedPages: number): void {
    if (this.#losses.hasToldFull && usedPages < this.#room.sizes.filePages / 2) {
      this.#losses.relieved(this.#file.base());
    }
  }
}

/** Deletes until `pages` are free or nothing may go any more; returns the numbers, rising. */
function evict(transaction: FileTransaction, after: number, pages: number, pageBytes: number): number[] {
  const given: number[] = [];
  for (const rank of GIVEN_UP_IN_ORDER) {
    for (;;) {
      const missing = pages - transaction.freePages();
      if (missing <= 0 || transaction.draft.held[rank].records === 0) break;
      const seqs = step(transaction, rank, after, missing * pageBytes);
      if (seqs.length === 0) break;
      for (const seq of seqs) given.push(seq);
    }
  }
  return given.sort((a, b) => a - b);
}

/** Deletes the oldest of a rank, about `bytes` of them and at least one. */
function step(transaction: FileTransaction, rank: Rank, after: number, bytes: number): number[] {
  const seqs: number[] = [];
  let found = 0;
  for (const victim of transaction.oldest(rank, after, MAX_STEP_RECORDS)) {
    if (seqs.length > 0 && found >= bytes) break;
    seqs.push(victim.seq);
    found += victim.bytes;
  }
  const first = seqs[0];
  const last = seqs.at(-1);
  if (first !== undefined && last !== undefined) transaction.remove(first, last, [rank]);
  return seqs;
}
