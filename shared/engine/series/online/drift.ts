/**
 * A level that goes away slowly: over hundreds of samples, each as usual beside the one before. Means of `HALF` blocks are compared with those
 * of the `HALF` blocks before them, in parts of the spread within blocks (of now, or the usual one where that is larger: noise that becomes wider
 * is no drift); a difference that is far larger than those of the past is one. (A moving-range chart of block means: Montgomery, "Introduction
 * to Statistical Quality Control", 6.4.)
 *
 * Invariants:
 * 1. What is compared with is older than the drift can be: differences count as usual only `DELAY` blocks later.
 * 2. A difference that was called a drift, or that an anomaly has told already, becomes usual when a second one comes.
 * 3. Nothing is called a drift in the first blocks, nor soon after an anomaly or what is excused: its change of level is told, or is normal.
 * 4. With its state it goes on as if nothing had been.
 */
import { z } from 'zod';

/** Samples of a block. */
const BLOCK = 64;
/** Blocks on either side. */
const HALF = 4;
const DELAY = 16;
/** Differences that are known before anything is told. */
const KNOWN = 40;
/** So many times the largest usual difference. */
const LARGER = 2.5;

export const driftState = z.object({
  sum: z.number(),
  squares: z.number(),
  count: z.number().int().nonnegative(),
  blocks: z.array(z.number()).max(2 * HALF),
  /** Of each block the variance within, and what it usually is. */
  variances: z.array(z.number()).max(2 * HALF),
  variance: z.number(),
  waiting: z.array(z.number()).max(DELAY),
  known: z.number().int().nonnegative(),
  usual: z.number().nonnegative(),
  told: z.number().nonnegative(),
  /** The largest difference of the drift that lasts. */
  lasting: z.number().nonnegative(),
  isTold: z.boolean(),
  /** Blocks since an anomaly, or what was excused. */
  calm: z.number().int().nonnegative(),
});
export type DriftState = z.infer<typeof driftState>;

export class Drift {
  #sum: number;
  #squares: number;
  #count: number;
  readonly #blocks: number[];
  readonly #variances: number[];
  #variance: number;
  readonly #waiting: number[];
  #known: number;
  #usual: number;
  #told: number;
  #lasting: number;
  #isTold: boolean;
  #calm: number;

  constructor(state?: DriftState) {
    this.#sum = state?.sum ?? 0;
    this.#squares = state?.squares ?? 0;
    this.#count = state?.count ?? 0;
    this.#blocks = [...(state?.blocks ?? [])];
    this.#variances = [...(state?.variances ?? [])];
    this.#variance = state?.variance ?? 0;
    this.#waiting = [...(state?.waiting ?? [])];
    this.#known = state?.known ?? 0;
    this.#usual = state?.usual ?? 0;
    this.#told = state?.told ?? 0;
    this.#lasting = state?.lasting ?? 0;
    this.#isTold = state?.isTold ?? false;
    this.#calm = state?.calm ?? 2 * HALF;
  }

  /**
   * @param isYoung nothing is called a drift yet
   * @param isAnomalous an anomaly lasts, of whatever kind
   * @returns `begins` with the block that shows a drift, `lasts` until its differences are usual again
   */
  next(value: number, isYoung: boolean, isAnomalous: boolean): 'begins' | 'lasts' | undefined {
    this.#sum += value / BLOCK;
    this.#squares += (value * value) / BLOCK;
    this.#count++;
    if (isAnomalous && !this.#isTold) this.#calm = 0;
    if (this.#count < BLOCK) return this.#isTold ? 'lasts' : undefined;
    this.#endBlock();
    const begins = this.#blocks.length === 2 * HALF && this.#judge(this.#difference(), isYoung);
    this.#calm = Math.min(this.#calm + 1, 2 * HALF);
    return begins ? 'begins' : this.#isTold ? 'lasts' : undefined;
  }

  /** Something unusual came that was called normal, or comes by the clock. */
  excuse(): void {
    if (!this.#isTold) this.#calm = 0;
  }

  state(): DriftState {
    return {
      sum: this.#sum,
      squares: this.#squares,
      count: this.#count,
      blocks: [...this.#blocks],
      variances: [...this.#variances],
      variance: this.#variance,
      waiting: [...this.#waiting],
      known: this.#known,
      usual: this.#usual,
      told: this.#told,
      lasting: this.#lasting,
      isTold: this.#isTold,
      calm: this.#calm,
    };
  }

  #endBlock(): void {
    const variance = Math.max(0, this.#squares - this.#sum * this.#sum);
    this.#blocks.push(this.#sum);
    this.#variances.push(variance);
    if (this.#blocks.length > 2 * HALF) {
      this.#blocks.shift();
      this.#variances.shift();
    }
    this.#variance += (variance - this.#variance) / Math.min(this.#known + 1, KNOWN);
    [this.#sum, this.#squares, this.#count] = [0, 0, 0];
  }

  #difference(): number {
    let [difference, within] = [0, 0];
    for (const [i, block] of this.#blocks.entries()) {
      difference += (i < HALF ? -block : block) / HALF;
      within += (this.#variances[i] as number) / this.#blocks.length;
    }
    const spread = Math.sqrt(Math.max(within, this.#variance));
    return spread > 0 ? Math.abs(difference) / spread : 0;
  }

  /** @returns a drift begins */
  #judge(difference: number, isYoung: boolean): boolean {
    const isLarge = !isYoung && this.#known >= KNOWN && this.#usual > 0 && difference > LARGER * this.#usual;
    if (isLarge) {
      const begins = this.#lasting === 0 && this.#calm >= 2 * HALF;
      this.#lasting = Math.max(this.#lasting, difference);
      if (begins) this.#isTold = true;
      return begins;
    }
    this.#usual = Math.max(this.#usual, Math.min(this.#told, this.#lasting));
    this.#told = Math.max(this.#told, this.#lasting);
    [this.#lasting, this.#isTold] = [0, false];
    this.#known = Math.min(this.#known + 1, KNOWN);
    this.#waiting.push(difference);
    if (this.#waiting.length > DELAY) this.#usual = Math.max(this.#usual, this.#waiting.shift() ?? 0);
    return false;
  }
}
