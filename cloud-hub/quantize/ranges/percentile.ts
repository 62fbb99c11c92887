/** The range without the outermost values: what is lost is clipped, what is kept is told apart more finely. */
import type { Histogram } from './histogram.ts';
import type { Range } from './range.ts';

/** @param part of the values that lie inside, for example 0.9999; half of the rest may lie outside on each side */
export function percentileRange({ min, max, counts }: Histogram, part: number): Range {
  const total = counts.reduce((a, b) => a + b, 0);
  const allowed = (total * (1 - part)) / 2;
  const width = (max - min) / counts.length;
  const outside = (from: number, step: 1 | -1): number => {
    let sum = 0;
    let bins = 0;
    for (let i = from; i >= 0 && i < counts.length; i += step) {
      sum += counts[i] as number;
      if (sum > allowed) break;
      bins++;
    }
    return bins;
  };
  const low = min + outside(0, 1) * width;
  const high = max - outside(counts.length - 1, -1) * width;
  return low < high ? { min: low, max: high } : { min, max };
}
