/** How the range of a tensor is chosen. To add a way: a file and a line here. */
import { entropyRange } from './entropy.ts';
import type { Histogram } from './histogram.ts';
import { percentileRange } from './percentile.ts';
import type { Range } from './range.ts';

export const methods = {
  minmax: ({ min, max }: Histogram): Range => ({ min, max }),
  percentile: (histogram: Histogram, part: number): Range => percentileRange(histogram, part),
  entropy: (histogram: Histogram): Range => entropyRange(histogram),
} as const satisfies Record<string, (histogram: Histogram, part: number) => Range>;

export type Method = keyof typeof methods;
