/** What an acknowledgement does to the outbox's file. */
import type { Refusal } from '../../shared/contract/messages/batch.ts';
import type { Range } from '../../shared/kit/ranges.ts';
import { settle } from './in-doubt.ts';
import type { OutboxFile } from './outbox-file.ts';
import type { FileTransaction } from './transaction.ts';

/** Numbers a transaction deletes at most: bounds the WAL. */
const STEP = 4096;
/** Refused records that are kept for the user. */
const MAX_REFUSED_RECORDS = 1000;
const MAX_REFUSED_BYTES = 4 * 1024 * 1024;
/** Pages handed back to the file system with one acknowledgement, while most of the file is empty. */
const RELEASED_PAGES = 512;

/** Moves records to the refused ones; returns how many there were. */
export function refuse(file: OutboxFile, refused: readonly Refusal[]): number {
  const { nextSeq } = file.meta;
  const ranges = refused.filter((range) => range.from <= range.to && range.from < nextSeq);
  if (ranges.length === 0) return 0;
  return file.change((transaction) => {
    let moved = 0;
    for (const { from, to, reason } of ranges) {
      moved += transaction.refuse(from, Math.min(to, nextSeq), reason, MAX_REFUSED_RECORDS, MAX_REFUSED_BYTES);
    }
    return moved;
  });
}

/** Deletes every record of a range that the hub has; returns how many there were. */
export function forget(file: OutboxFile, range: Range): number {
  let forgotten = 0;
  for (let from = file.base(range.from); from <= range.to; from = Math.max(file.base(range.from), from + 1)) {
    const to = Math.min(range.to, from + STEP - 1);
    forgotten += file.change((transaction) => {
      const removed = transaction.remove(from, to);
      transaction.draft.inDoubt = settle(transaction.draft.inDoubt, { from: range.from, to });
      giveBack(transaction);
      return removed;
    });
  }
  return forgotten;
}

/** After a long time offline the file is large and empty; it shrinks bit by bit. */
function giveBack(transaction: FileTransaction): void {
  const free = transaction.freePages();
  if (free > RELEASED_PAGES && free > transaction.pages() / 2) transaction.releasePages(RELEASED_PAGES);
}
