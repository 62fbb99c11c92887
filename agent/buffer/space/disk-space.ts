/**
 * How much the outbox may take: the quota, or less while the disk does not have that much.
 *
 * 1. The reserve is held while there is room for it. It is released only to bring the file within what there is. When nothing
 *    can be evicted any more, the rest of it is for acknowledgements and the next start, not for new records.
 * 2. The bound falls only when the disk is really full (there is no room for the reserve), never because a write failed for
 *    another reason. Then records are evicted by value, and counted (evict.ts).
 * 3. The bound rises when there is more room. That is checked before each eviction for the disk's sake, and once a minute.
 */
import { statfsSync } from 'node:fs';
import type { Clock } from '../../../shared/kit/clock.ts';
import type { Logger } from '../../../shared/kit/log.ts';
import { isFull } from '../../../shared/kit/sqlite.ts';
import type { OutboxFile } from '../file/outbox-file.ts';
import { Reserve } from './reserve.ts';
import { PAGE_BYTES, type Sizes, sizesOf } from './sizes.ts';

export interface DiskSpaceOptions {
  readonly folder: string;
  readonly quotaBytes: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What can free room in the file, most urgent first; each may be called again. */
export interface Relief {
  /** Settles the acknowledgements that wait. */
  settle(): void;
  /** Evicts records until the file is within the bound or nothing more can go, in steps of so many pages. */
  shrink(stepPages: number): void;
}

const MIB = 1024 * 1024;
/** The least bound on a full disk. Below it, records wait in memory instead of being evicted. */
const LEAST_BYTES = MIB;
const TRY_AGAIN_MS = 60_000;
/** A large record is written twice, to the WAL and to the file, with the pages around it. */
const LARGE_COMMIT_FACTOR = 2.5;
const MAX_CUTS = 4;
/** How often room is made for one write. */
const MAX_ATTEMPTS = 5;
/** More than twice the largest record (writer.ts). */
const LARGEST_WRITE_BYTES = 10 * MIB;

/** There is too little room for a write. It carries the system's error code, so that callers treat it as a full disk. */
class NoRoomError extends Error {
  override readonly name = 'NoRoomError';
  readonly code = 'ENOSPC';
}

export class DiskSpace {
  readonly #options: DiskSpaceOptions;
  readonly #reserve: Reserve;
  #boundBytes: number;
  #sizes: Sizes;
  #uselessUntil = Number.NEGATIVE_INFINITY;
  #held = false;

  constructor(options: DiskSpaceOptions) {
    this.#options = options;
    this.#reserve = new Reserve(options.folder);
    this.#boundBytes = options.quotaBytes;
    this.#sizes = sizesOf(options.quotaBytes);
  }

  /** For file, WAL and reserve together. */
  get boundBytes(): number {
    return this.#boundBytes;
  }

  get sizes(): Sizes {
    return this.#sizes;
  }

  /** Bytes of the reserve that are held now. */
  get reserveBytes(): number {
    return this.#reserve.bytes;
  }

  /** Why the outbox cannot be larger. */
  get reason(): 'quota' | 'disk' {
    return this.#boundBytes < this.#options.quotaBytes ? 'disk' : 'quota';
  }

  /** The same in words, with what to do. */
  get complaint(): string {
    const { folder, quotaBytes } = this.#options;
    const most = mibOf(this.#boundBytes);
    return this.reason === 'disk'
      ? `there is room for ${most} of outbox in ${folder}, not for its quota of ${mibOf(quotaBytes)}; the least valuable records are given up: make room on that disk`
      : `the outbox in ${folder} has reached its quota of ${most}; the least valuable records are given up: bring the hub back, or raise the quota`;
  }

  /** A file was opened: sets the bound by what the disk has now. Never throws. */
  adopt(file: OutboxFile, relief: Relief): void {
    try {
      this.#bound(file, this.#available(file));
      const held = this.#reserve.hold(this.#sizes.reserveBytes);
      this.#held = held.kind === 'held';
      if (held.kind === 'full') this.regain(file, relief, 0, false);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'no room could be kept in reserve for the outbox');
    }
  }

  /** Releases the reserve, when there is no room to create the file. Returns whether that freed any. */
  release(): boolean {
    this.#held = false;
    return this.#reserve.release() > 0;
  }

  /**
   * Call it before a commit of so many bytes. A commit that is larger than usual (a single large record) could fit into the WAL
   * and then not into the file.
   * @throws NoRoomError when there is too little for it; `regain` makes more
   */
  check(bytes: number): void {
    if (bytes <= this.#sizes.commitBytes) return;
    const there = this.#reserve.bytes + freeBytes(this.#options.folder);
    if (there < bytes * LARGE_COMMIT_FACTOR) throw new NoRoomError(`a record of ${bytes} bytes: the disk is full`);
  }

  /** Fills the reserve as far as there is room. */
  keep(): void {
    this.#held = this.#reserve.keep(this.#sizes.reserveBytes).kind === 'held';
  }

  /**
   * A write found no room: makes some, and then holds the reserve again.
   * @param attempt 0, then 1, 2, …: the same write failed again, so it needs more
   * @param urgent the write frees room itself, so it may use all there is; otherwise something is kept for such writes
   * @returns whether it is worth trying again
   * @throws what is not about room
   */
  regain(file: OutboxFile, relief: Relief, attempt: number, urgent: boolean): boolean {
    if (this.#options.clock.mono() < this.#uselessUntil) return false;
    if (attempt > 0 && !this.#mayNeedMore(attempt)) {
      if (this.#held) this.#uselessUntil = this.#options.clock.mono() + TRY_AGAIN_MS;
      return false;
    }
    const released = this.release();
    try {
      file.checkpoint();
      relief.settle();
      if (this.#makeRoom(file, relief, attempt)) return true;
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    if (!urgent) this.#reserve.keep(this.#sizes.reserveBytes);
    return released;
  }

  /**
   * Call it before records are evicted: other programs may have freed room meanwhile, and then nothing has to go.
   * @throws SQLite's complaint
   */
  lookBeforeEviction(file: OutboxFile): void {
    if (this.reason === 'disk' && file.size().pages > this.#sizes.filePages) this.look(file);
  }

  /**
   * Is there more room than we know of?
   * @throws SQLite's complaint
   */
  look(file: OutboxFile): void {
    if (this.reason === 'quota' && this.#held) return;
    const available = this.#available(file);
    if (available > this.#boundBytes) this.#bound(file, available);
    this.#holdAgain(file);
  }

  /**
   * Call it after records were deleted: their room may be enough for the reserve.
   * @throws SQLite's complaint
   */
  freed(file: OutboxFile): void {
    if (this.#held) return;
    const { freePages, pageBytes } = file.size();
    if (freePages * pageBytes >= this.#sizes.reserveBytes) this.#holdAgain(file);
  }

  /** There was room, and the write failed again: does more room help, or has the failure another cause? */
  #mayNeedMore(attempt: number): boolean {
    return attempt < MAX_ATTEMPTS && beyondOf(this.#sizes, attempt) > beyondOf(this.#sizes, attempt - 1);
  }

  #makeRoom(file: OutboxFile, relief: Relief, attempt: number): boolean {
    for (let cut = 0; cut < MAX_CUTS; cut++) {
      const beyond = beyondOf(this.#sizes, attempt);
      const held = this.#reserve.hold(this.#sizes.reserveBytes, beyond);
      this.#held = held.kind === 'held';
      if (held.kind !== 'full') return this.#held;
      const room = file.allocatedBytes() + held.roomBytes;
      const extra = beyond - this.#sizes.walBoundBytes;
      this.#bound(file, Math.min(this.#boundBytes, room - marginOf(room) - extra));
      // The steps have to fit into what there is.
      const stepPages = Math.floor(held.roomBytes / PAGE_BYTES / 4);
      relief.shrink(Math.max(8, Math.min(stepPages, this.#sizes.passPages)));
    }
    return false;
  }

  #holdAgain(file: OutboxFile): void {
    if (!this.#held) {
      const { freePages } = file.size();
      if (freePages > 0) file.change((transaction) => transaction.releasePages(this.#sizes.passPages));
      file.checkpoint();
    }
    this.keep();
  }

  /** What file, WAL and reserve could take together. */
  #available(file: OutboxFile): number {
    const room = file.allocatedBytes() + this.#reserve.bytes + freeBytes(this.#options.folder);
    return room - marginOf(room);
  }

  #bound(file: OutboxFile, bytes: number): void {
    const { quotaBytes, log } = this.#options;
    const wasShort = this.#boundBytes < quotaBytes;
    this.#boundBytes = Math.min(quotaBytes, Math.max(LEAST_BYTES, Math.floor(bytes)));
    this.#sizes = sizesOf(this.#boundBytes);
    file.boundWal(this.#sizes);
    const isShort = this.#boundBytes < quotaBytes;
    if (isShort && !wasShort)
      log.warn(`the disk does not have the outbox's quota: ${mibOf(this.#boundBytes)} of ${mibOf(quotaBytes)}`);
    if (wasShort && !isShort) log.warn('the disk has room for the whole outbox again');
  }
}

/** Bytes to free for the write that failed: at first as much as the WAL takes, then more, for a large record. */
function beyondOf({ walBoundBytes }: Sizes, attempt: number): number {
  return Math.min(walBoundBytes * 2 ** attempt, Math.max(walBoundBytes, LARGEST_WRITE_BYTES));
}

function mibOf(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

/** Bytes that are left to other programs, so that their next write does not fill the disk again. */
function marginOf(roomBytes: number): number {
  return Math.max(128 * 1024, Math.floor(roomBytes / 256));
}

/** Free bytes of a folder's file system; infinite if the system does not say. */
function freeBytes(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
