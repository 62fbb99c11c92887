/** Which variant of a model runs, and in batches or not, by what was measured on this machine. */
import { MEASURED_BATCH, type VariantTime } from '../../shared/engine/variant-time.ts';

export interface Tuning {
  /** Precision of the variant. */
  readonly variant: string;
  /** Most inputs of one run. */
  readonly batch: number;
}

/** Less than this part of the time gained is noise, and no reason to leave the reference. */
const GAIN = 0.03;

/**
 * The fastest variant that is in order; the reference, which is the first, unless another is clearly faster or the reference
 * itself is at fault. Batches where an input's share of one is clearly less than its time alone.
 * @param wanted `auto` or the precision that the configuration asks for
 */
export function chooseTuning(times: readonly VariantTime[], wanted: string): Tuning {
  const eligible = times.filter((t) => t.fault === undefined && (wanted === 'auto' || t.precision === wanted));
  const [reference] = eligible;
  // All are at fault: the runner will say why.
  if (!reference) return { variant: wanted, batch: 1 };
  const best = eligible.reduce((a, b) => (clearlyLess(timeOf(b), timeOf(a)) ? b : a), reference);
  const batched = best.batchMs !== undefined && clearlyLess(best.batchMs, best.ms ?? Number.POSITIVE_INFINITY);
  return { variant: best.precision, batch: batched ? MEASURED_BATCH : 1 };
}

/** The times in words: `fp32 24.1 ms, int8 17.9 ms`. */
export function describeTimes(times: readonly VariantTime[]): string {
  return times
    .map(({ precision, ms, batchMs, fault }) => {
      if (fault !== undefined) return `${precision} cannot be used (${fault})`;
      const share = batchMs === undefined ? '' : ` (${batchMs.toFixed(1)} in batches of ${MEASURED_BATCH})`;
      return `${precision} ${ms === undefined ? 'not measured' : `${ms.toFixed(1)} ms${share}`}`;
    })
    .join(', ');
}

function timeOf({ ms, batchMs }: VariantTime): number {
  return Math.min(ms ?? Number.POSITIVE_INFINITY, batchMs ?? Number.POSITIVE_INFINITY);
}

function clearlyLess(a: number, b: number): boolean {
  return a < b * (1 - GAIN);
}
