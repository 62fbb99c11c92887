/**
 * Settling is one act that brings an acknowledgement into the outbox's file: refused records move to the refused ones, records
 * that the hub has are deleted, and both are in doubt no more.
 *
 * Crash behaviour: the refusals and the first step are one transaction, each further step is one. What a crash leaves undone
 * is sent again; the hub drops it as duplicates and acknowledges it again.
 */
import type { Refusal } from '../../../shared/contract/messages/batch.ts';
import type { Range } from '../../../shared/kit/ranges.ts';
import type { OutboxFile } from '../file/outbox-file.ts';
import type { FileTransaction } from '../file/transaction.ts';
import { without } from './in-doubt.ts';

/** What an acknowledgement says of the file's own epoch. */
export interface Acknowledged {
  /** Numbers that the hub has, or that will never come: rising, disjoint. */
  readonly known: readonly Range[];
  readonly refused: readonly Refusal[];
}

export interface Settled {
  /** Records that were deleted, and those that were moved to the refused ones. */
  readonly forgotten: number;
  readonly refused: number;
}

/** Numbers that a transaction deletes at most: bounds the WAL. */
const STEP = 4096;
/** Refused records that are kept for the user. */
const MAX_REFUSED_RECORDS = 1000;
const MAX_REFUSED_BYTES = 4 * 1024 * 1024;
/** Pages handed back to the file system with one step, while nearly all of the file is empty. */
const RELEASED_PAGES = 512;
/** This part of the pages is free: the file is as good as empty. */
const EMPTY = 7 / 8;

/** @throws SQLite's error. Steps that were committed stay; calling it again does the rest. */
export function settle(file: OutboxFile, { known, refused }: Acknowledged): Settled {
  const { nextSeq } = file.meta;
  let open = refused.filter((range) => range.from <= range.to && range.from < nextSeq);
  let forgotten = 0;
  let moved = 0;
  const act = (forget: (transaction: FileTransaction) => number) => {
    const done = file.change((transaction) => {
      const refusedNow = moveRefused(transaction, open, nextSeq);
      return { refusedNow, forgottenNow: forget(transaction) };
    });
    open = [];
    moved += done.refusedNow;
    forgotten += done.forgottenNow;
  };
  for (const range of known) {
    for (let from = file.base(range.from); from <= range.to; from = Math.max(file.base(range.from), from + 1)) {
      const to = Math.min(range.to, from + STEP - 1);
      act((transaction) => {
        const removed = transaction.remove(from, to);
        transaction.draft.inDoubt = without(transaction.draft.inDoubt, { from: range.from, to });
        giveBack(transaction);
        return removed;
      });
    }
  }
  if (open.length > 0) act(() => 0);
  return { forgotten, refused: moved };
}

function moveRefused(transaction: FileTransaction, refused: readonly Refusal[], nextSeq: number): number {
  let moved = 0;
  for (const { from, to, reason } of refused) {
    moved += transaction.refuse(from, Math.min(to, nextSeq), reason, MAX_REFUSED_RECORDS);
  }
  // Once for all of them: one acknowledgement may refuse a thousand records.
  if (moved > 0) transaction.trimRefused(MAX_REFUSED_RECORDS, MAX_REFUSED_BYTES);
  return moved;
}

/**
 * After a long time offline the file is large and empty: it shrinks a little with each step. Not before nearly all of it is
 * empty: SQLite makes it shorter by moving the records at its end, and those of a backlog will soon be gone.
 */
function giveBack(transaction: FileTransaction): void {
  const free = transaction.freePages();
  if (free > RELEASED_PAGES && free > transaction.pages() * EMPTY) transaction.releasePages(RELEASED_PAGES);
}
