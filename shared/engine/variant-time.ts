/** What `measure.ts` says of a variant; without the runtimes that it needs to say it. */
import type { GoldenVerdict } from './golden/golden.ts';

/** Inputs of the run that shows whether batches are faster. */
export const MEASURED_BATCH = 4;

export interface VariantTime {
  readonly precision: string;
  /** Median milliseconds of one input; absent where it could not be measured. */
  readonly ms?: number;
  /** The 95th percentile of the same. */
  readonly p95Ms?: number;
  /** The same for an input's share of a run of `MEASURED_BATCH`, where the graph's batch axis is free. */
  readonly batchMs?: number;
  /** Why it is not to be used: it does not open, does not run, gives no numbers, or says of a golden sample what it must not. */
  readonly fault?: string;
  /** What came of its golden samples, as far as they could be run. */
  readonly golden?: readonly GoldenVerdict[];
}
