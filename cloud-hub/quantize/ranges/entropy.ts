/**
 * The range whose 8-bit picture loses the least information: of ranges that clip more and more, the one whose quantized
 * distribution diverges least from the clipped one (Kullback-Leibler; Migacz, "8-bit Inference with TensorRT", GTC 2017).
 * There for symmetric ranges; here each end that is not zero is moved in on its own, in proportion.
 */
import type { Histogram } from './histogram.ts';
import type { Range } from './range.ts';

const LEVELS = 256;
/** Candidate ranges from a quarter of the whole to the whole. */
const CANDIDATES = 64;

export function entropyRange(histogram: Histogram): Range {
  const { min, max, counts } = histogram;
  if (!(max > min)) return { min, max };
  const width = (max - min) / counts.length;
  let best: Range = { min, max };
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < CANDIDATES; i++) {
    const part = 1 - (0.75 * i) / CANDIDATES;
    // Zero stays where it is: both ends move towards it.
    const from = Math.floor((Math.min(0, min) * part - min) / width);
    const to = Math.ceil((Math.max(0, max) * part - min) / width);
    const first = Math.max(0, Math.min(from, counts.length - LEVELS));
    const end = Math.min(counts.length, Math.max(to, first + LEVELS));
    const divergence = divergenceOf(counts, first, end);
    if (divergence < least) {
      least = divergence;
      best = { min: min + first * width, max: min + end * width };
    }
  }
  return best;
}

/** Of the bins from `first` to `end`, clipped values counted at the edges, against the same in `LEVELS` steps. */
function divergenceOf(counts: Float64Array, first: number, end: number): number {
  const clipped = counts.slice(first, end);
  const inner = counts.slice(first, end);
  const last = clipped.length - 1;
  for (let i = 0; i < first; i++) clipped[0] = (clipped[0] as number) + (counts[i] as number);
  for (let i = end; i < counts.length; i++) clipped[last] = (clipped[last] as number) + (counts[i] as number);
  const total = clipped.reduce((a, b) => a + b, 0);
  let kept = 0;
  const coarse = new Float64Array(clipped.length);
  for (let level = 0; level < LEVELS; level++) {
    const from = Math.floor((level * clipped.length) / LEVELS);
    const to = Math.max(from + 1, Math.floor(((level + 1) * clipped.length) / LEVELS));
    let sum = 0;
    let filled = 0;
    for (let i = from; i < to; i++) {
      sum += inner[i] as number;
      if ((clipped[i] as number) > 0) filled++;
    }
    kept += sum;
    for (let i = from; i < to; i++) coarse[i] = (clipped[i] as number) > 0 ? sum / filled : 0;
  }
  let divergence = 0;
  for (let i = 0; i < clipped.length; i++) {
    const p = (clipped[i] as number) / total;
    if (p > 0) divergence += p * Math.log(p / Math.max((coarse[i] as number) / Math.max(kept, 1), 1e-12));
  }
  return divergence;
}
