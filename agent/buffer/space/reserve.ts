/**
 * The reserve `outbox.reserve`: bytes that are really allocated while there is room, and released when the disk is full.
 * Without them SQLite could not even delete: that takes room in its WAL. The content is random, so that no file system
 * can store it in less. An empty file is a released reserve.
 *
 * Crash behaviour: whatever size the file has afterwards, `hold` corrects it.
 */
import { randomFillSync, randomInt } from 'node:crypto';
import { closeSync, fstatSync, ftruncateSync, openSync, statSync, truncateSync, writeSync } from 'node:fs';
import path from 'node:path';

/** `full`: there was no room for it (or for what was asked beyond it); `roomBytes` is what could be had. */
export type Held =
  | { readonly kind: 'held' }
  | { readonly kind: 'full'; readonly roomBytes: number }
  | { readonly kind: 'failed'; readonly error: unknown };

const CHUNK_BYTES = 256 * 1024;
/** Unit of `stat.blocks`. */
const BLOCK_BYTES = 512;
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT']);

export class Reserve {
  readonly #path: string;

  /** @param folder that of the outbox */
  constructor(folder: string) {
    this.#path = path.join(folder, 'outbox.reserve');
  }

  /** Bytes that it holds now. */
  get bytes(): number {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /**
   * Brings it to `bytes`, if `beyondBytes` more would fit as well. Otherwise it is released.
   * Never throws.
   */
  hold(bytes: number, beyondBytes = 0): Held {
    const held = this.#grow(bytes, beyondBytes);
    if (held.kind !== 'held') this.release();
    return held;
  }

  /** Brings it to `bytes`, or as near to that as there is space. Never throws. */
  keep(bytes: number): Held {
    return this.#grow(bytes, 0);
  }

  /** Gives its room to whoever writes next; returns how many bytes that are. Never throws. */
  release(): number {
    const bytes = this.bytes;
    try {
      if (bytes > 0) truncateSync(this.#path, 0);
      return bytes;
    } catch {
      return 0;
    }
  }

  #grow(bytes: number, beyondBytes: number): Held {
    let got = 0;
    try {
      const file = openSync(this.#path, 'a', 0o600);
      try {
        fill(file, bytes + beyondBytes, (allocated) => {
          got = allocated;
        });
        ftruncateSync(file, bytes);
      } finally {
        closeSync(file);
      }
      return { kind: 'held' };
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      return NO_ROOM.has(code) ? { kind: 'full', roomBytes: got } : { kind: 'failed', error };
    }
  }
}

/** Appends until the file has `bytes`, and tells how many it has. */
function fill(file: number, bytes: number, onAllocated: (allocated: number) => void): void {
  const { size, blocks } = fstatSync(file);
  // A sparse file holds nothing.
  const sparse = blocks * BLOCK_BYTES < size;
  if (sparse) ftruncateSync(file, 0);
  let allocated = sparse ? 0 : size;
  onAllocated(allocated);
  if (allocated >= bytes) return;
  const chunk = randomFillSync(new Uint8Array(CHUNK_BYTES));
  while (allocated < bytes) {
    // Another beginning each time, so that no two blocks are the same to a file system that looks for that.
    const from = randomInt(CHUNK_BYTES / 2);
    allocated += writeSync(file, chunk, from, Math.min(CHUNK_BYTES - from, bytes - allocated));
    onAllocated(allocated);
  }
}
