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

const FRESH = {
  ...{ sum: 0, squares: 0, count: 0, variance: 0, known: 0 },
  ...{ usual: 0, told: 0, lasting: 0, isTold: false, calm: 2 * HALF },
};

export class Drift {
  readonly #is: DriftState;

  constructor(state?: DriftState) {
    const { blocks = [], variances = [], waiting = [] } = state ?? {};
    this.#is = { ...FRESH, ...state, blocks: [...blocks], variances: [...variances], waiting: [...waiting] };
  }

  /**
   * @param isYoung nothing is called a drift yet
   * @param isAnomalous an anomaly lasts, of whatever kind
   * @returns `begins` with the block that shows a drift, `lasts` until its differences are usual again
   */
  next(value: number, isYoung: boolean, isAnomalous: boolean): 'begins' | 'lasts' | undefined {
    const is = this.#is;
    is.sum += value / BLOCK;
    is.squares += (value * value) / BLOCK;
    is.count++;
    if (isAnomalous && !is.isTold) is.calm = 0;
    if (is.count < BLOCK) return is.isTold ? 'lasts' : undefined;
    this.#endBlock();
    const begins = is.blocks.length === 2 * HALF && this.#judge(this.#difference(), isYoung);
    is.calm = Math.min(is.calm + 1, 2 * HALF);
    return begins ? 'begins' : is.isTold ? 'lasts' : undefined;
  }

  /** Something unusual came that was called normal, or comes by the clock. */
  excuse(): void {
    if (!this.#is.isTold) this.#is.calm = 0;
  }

  state(): DriftState {
    const { blocks, variances, waiting } = this.#is;
    return { ...this.#is, blocks: [...blocks], variances: [...variances], waiting: [...waiting] };
  }

  #endBlock(): void {
    const is = this.#is;
    const variance = Math.max(0, is.squares - is.sum * is.sum);
    is.blocks.push(is.sum);
    is.variances.push(variance);
    if (is.blocks.length > 2 * HALF) {
      is.blocks.shift();
      is.variances.shift();
    }
    is.variance += (variance - is.variance) / Math.min(is.known + 1, KNOWN);
    [is.sum, is.squares, is.count] = [0, 0, 0];
  }

  #difference(): number {
    const { blocks, variances, variance } = this.#is;
    let [difference, within] = [0, 0];
    for (const [i, block] of blocks.entries()) {
      difference += (i < HALF ? -block : block) / HALF;
      within += (variances[i] as number) / blocks.length;
    }
    const spread = Math.sqrt(Math.max(within, variance));
    return spread > 0 ? Math.abs(difference) / spread : 0;
  }

  /** @returns a drift begins */
  #judge(difference: number, isYoung: boolean): boolean {
    const is = this.#is;
    const isLarge = !isYoung && is.known >= KNOWN && is.usual > 0 && difference > LARGER * is.usual;
    if (isLarge) {
      const begins = is.lasting === 0 && is.calm >= 2 * HALF;
      is.lasting = Math.max(is.lasting, difference);
      if (begins) is.isTold = true;
      return begins;
    }
    is.usual = Math.max(is.usual, Math.min(is.told, is.lasting));
    is.told = Math.max(is.told, is.lasting);
    [is.lasting, is.isTold] = [0, false];
    is.known = Math.min(is.known + 1, KNOWN);
    is.waiting.push(difference);
    if (is.waiting.length > DELAY) is.usual = Math.max(is.usual, is.waiting.shift() ?? 0);
    return false;
  }
}
