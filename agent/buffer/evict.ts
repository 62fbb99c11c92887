/**
 * Keeps the outbox's file, its WAL and its reserve within what they may take (room.ts): gives up records by rank and age
 * (victims.ts), counts them in loss records in the same transaction, and hands the freed pages back.
 */
import { lossesOf } from './ledger.ts';
import type { LossWriter } from './losses.ts';
import type { OutboxFile } from './outbox-file.ts';
import type { Room } from './room.ts';
import { Victims } from './victims.ts';

/** A pass makes more room than it needs, by this part of the file, so that the next one is not due at once. */
const SLACK = 64;
/** After a change of the quota there is much to do; the rest is done after the next commits. */
const MAX_PAGES = 16_384;
/** Part of the bound. */
const NEAR = 0.75;

export class Evictor {
  readonly #file: OutboxFile;
  readonly #room: Room;
  readonly #losses: LossWriter;
  readonly #tell: (records: number) => void;
  readonly #victims = new Victims();

  /** @param tell is given the number of records whenever some were given up */
  constructor(file: OutboxFile, room: Room, losses: LossWriter, tell: (records: number) => void) {
    this.#file = file;
    this.#room = room;
    this.#losses = losses;
    this.#tell = tell;
  }

  /** Is something to be given up soon? */
  get isNear(): boolean {
    const { pages, freePages } = this.#file.size();
    return this.#room.reason === 'disk' || pages - freePages > this.#room.sizes.filePages * NEAR;
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
    const givenUp = this.#losses.within(() =>
      this.#file.change((transaction) => {
        const seqs = freePages >= excess ? [] : this.#victims.giveUp(transaction, excess + slack, pageBytes);
        if (seqs.length > 0) {
          this.#losses.add(transaction, lossesOf(seqs), reason);
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
