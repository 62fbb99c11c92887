/**
 * Which samples say again what one before said: of the same stream, with a picture that looks alike and the same objects at the same
 * places. A camera that stands still gives pictures that look alike by the thousand; what moves on them is what the objects tell. Pure.
 */

import { iou } from '../../shared/kit/iou.ts';
import type { Annotation } from './annotate.ts';

export interface Sample {
  /** Samples of different groups are never duplicates. */
  readonly group: string;
  /** 64 hexadecimal digits. */
  readonly hash: string;
  readonly annotations: readonly Annotation[];
}

export interface Duplicates {
  /** Does it say nothing new? What is new is remembered. */
  isRepeated(sample: Sample): boolean;
}

/**
 * Of 256 bits. Measured: a picture and itself with noise, smaller, brighter and hard compressed differ in up to 13 (once 27); pictures
 * of one street camera within 20 s in 4 to 37, half of them in more than 23; different scenes in 91 and more.
 */
const ALIKE_BITS = 24;
const SAME_PLACE = 0.8;
/** What is compared: the last of a group, and the groups used last. Older ones are forgotten, and memory stays bounded. */
const MOST_OF_GROUP = 256;
const MOST_GROUPS = 256;

export function createDuplicates(): Duplicates {
  const groups = new Map<string, Sample[]>();
  return {
    isRepeated(sample) {
      const known = groups.get(sample.group) ?? [];
      groups.delete(sample.group);
      groups.set(sample.group, known);
      for (const group of groups.keys()) {
        if (groups.size <= MOST_GROUPS) break;
        groups.delete(group);
      }
      if (known.some((one) => differing(one.hash, sample.hash) <= ALIKE_BITS && isSame(one, sample))) return true;
      known.push(sample);
      if (known.length > MOST_OF_GROUP) known.shift();
      return false;
    },
  };
}

function isSame({ annotations: a }: Sample, { annotations: b }: Sample): boolean {
  if (a.length !== b.length) return false;
  const free = new Set(b);
  return a.every((one) => {
    const match = [...free].find((other) => other.label === one.label && iou(other.box, one.box) >= SAME_PLACE);
    return match !== undefined && free.delete(match);
  });
}

/** Bits that differ. @param a, b of the same length */
export function differing(a: string, b: string): number {
  let count = 0;
  for (let at = 0; at < a.length; at += 8) {
    let bits = Number.parseInt(a.slice(at, at + 8), 16) ^ Number.parseInt(b.slice(at, at + 8), 16);
    for (; bits !== 0; bits &= bits - 1) count++;
  }
  return count;
}
