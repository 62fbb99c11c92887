/**
 * What the hub's models said of pictures, by content: the digest of the picture's bytes and that of the model's package. A moved alias
 * is another digest, so nothing that an older version said is found. The least recently used go first. Pure.
 */
import { createHash } from 'node:crypto';
import type { LookAnswer } from './runner.ts';

export type Seen = Extract<LookAnswer, { type: 'seen' }>;

export interface AnswerCache {
  get(key: string): Seen | undefined;
  put(key: string, seen: Seen): void;
  readonly counts: CacheCounts;
}

export interface CacheCounts {
  readonly hits: number;
  readonly misses: number;
  readonly entries: number;
  /** About what they take. */
  readonly bytes: number;
}

/** @param model digest of its package */
export function cacheKey(model: string, jpeg: Uint8Array): string {
  return `${createHash('sha256').update(jpeg).digest('hex')} ${model}`;
}

/** An entry without objects, and each object of it, with labels and boxes as V8 keeps them. */
const ENTRY_BYTES = 500;
const OBJECT_BYTES = 250;

/** @param most bytes; 0: nothing is kept */
export function createAnswerCache(most: number): AnswerCache {
  /** The first is the one that was not used for longest. */
  const entries = new Map<string, Seen>();
  let [bytes, hits, misses] = [0, 0, 0];
  const drop = (key: string) => {
    const seen = entries.get(key);
    if (seen && entries.delete(key)) bytes -= sizeOf(seen);
  };
  return {
    get(key) {
      const seen = entries.get(key);
      if (!seen) {
        misses++;
        return undefined;
      }
      hits++;
      entries.delete(key);
      entries.set(key, seen);
      return seen;
    },
    put(key, seen) {
      drop(key);
      if (sizeOf(seen) > most) return;
      entries.set(key, seen);
      bytes += sizeOf(seen);
      for (const oldest of entries.keys()) {
        if (bytes <= most) break;
        drop(oldest);
      }
    },
    get counts() {
      return { hits, misses, entries: entries.size, bytes };
    },
  };
}

const sizeOf = ({ detections }: Seen) => ENTRY_BYTES + detections.length * OBJECT_BYTES;
