/** Keeps an even choice of a sequence whose length nobody knows before its end. */

export interface Thin<T> {
  /** Will the next one be kept? Asked before the work of making it. */
  wants(): boolean;
  /** The next one; undefined where it was not wanted. */
  push(item: T | undefined): void;
  readonly kept: readonly T[];
}

/** @param most items that are kept at the end: between half of it and all of it, evenly spread */
export function createThin<T>(most: number): Thin<T> {
  let kept: T[] = [];
  let step = 1;
  let seen = 0;
  return {
    wants: () => seen % step === 0,
    push(item) {
      if (seen++ % step === 0 && item !== undefined) kept.push(item);
      if (kept.length <= most) return;
      kept = kept.filter((_, i) => i % 2 === 0);
      step *= 2;
    },
    get kept() {
      return kept;
    },
  };
}
