/**
 * Do the channels of a machine still move together? Each channel is compared with what the others say that it should be: the residual of the
 * regression on them, by the inverse of the covariance that the series has shown so far (Whittaker, "Graphical Models in Applied Multivariate
 * Statistics", 1990, 5.8). A relation that breaks makes residuals wider for as long as it is broken, though no channel leaves its own range: their
 * mean squares over several windows are watched, that of the channel in which it is largest (MEWMA-like: Lowry and others, Technometrics 34(1), 1992).
 *
 * Invariants:
 * 1. Residuals are in parts of their own deviation, and count for `FARTHEST` at most: one far value is the affair of its channel.
 * 2. How large the mean square usually is, is learned from samples that the covariance had not seen.
 * 3. With its state it goes on as if nothing had been: the inverse that is in use is part of it.
 */
import { z } from 'zod';
import { inverseOf } from './inverse.ts';
import { Surprise, surpriseState } from './surprise.ts';

/** Samples over which squares are averaged. */
const WINDOWS = [16, 64, 256] as const;
/** So many samples count for the covariance; older ones fade. */
const MEMORY = 20_000;
const FARTHEST = 3;
/** Samples of the covariance before residuals are looked at, beside so many per channel; and of residuals before anything is told. */
const FIRST = { samples: 300, perChannel: 5 };
const LEARNING = 500;
/** The inverse is computed again after so many samples. */
const REFRESH = 128;
/** Added to the diagonal of the correlations, so that channels that are copies of one another have an inverse. */
const RIDGE = 0.003;
/** Squares are at least so many times as large as nearly always before: less has no meaning for the machine. */
const LEAST_FACTOR = 1.5;
/** A logarithm of nothing is no number. */
const LEAST_SQUARE = 1e-6;
const CALM = 10;
/** It is calm below this part of the surprise with which it began. */
const CALM_PART = 0.5;
/** Of an anomaly that somebody called normal: what is at most so many times as large begins none. */
const AS_NORMAL = 1.25;
const MOST_BEGUN = 8;
/** What it is no more than surprising by has no meaning. */
const MOST_SURPRISE = 12;

/** When an anomaly began, and how large each window's mean square became while it lasted, as logarithms. */
const begun = z.object({ atMs: z.number(), sizes: z.array(z.number()).length(WINDOWS.length) });

export const relationsState = z.object({
  count: z.number().int().nonnegative(),
  mean: z.array(z.number()).max(64),
  /** Lower triangles, row by row. */
  covariance: z.array(z.number()).max(2080),
  inverse: z.array(z.number()).max(2080),
  /** Window by window, channel by channel. */
  squares: z.array(z.number()).max(64 * WINDOWS.length),
  watched: z.number().int().nonnegative(),
  surprises: z.array(surpriseState).length(WINDOWS.length),
  normal: z.array(z.number()).length(WINDOWS.length),
  /** With how much surprise the anomaly that lasts began. */
  began: z.number().optional(),
  begun: z.array(begun).max(MOST_BEGUN),
  calm: z.number().int().nonnegative(),
});
export type RelationsState = z.infer<typeof relationsState>;

export interface Related {
  /** Something as unusual comes once in so many samples; 0 while too little is known. */
  readonly apart: number;
  /** How much of it is in each channel; they add up to 1, or are all 0. */
  readonly parts: readonly number[];
}

export class Relations {
  readonly #width: number;
  #count: number;
  readonly #mean: Float64Array;
  readonly #covariance: Float64Array;
  #inverse: Float64Array;
  readonly #squares: Float64Array;
  #watched: number;
  readonly #surprises: readonly Surprise[];
  readonly #normal: number[];
  #began: number | undefined;
  #calm: number;
  #begun: RelationsState['begun'];
  readonly #off: Float64Array;
  readonly #residuals: Float64Array;

  constructor(width: number, state?: RelationsState) {
    this.#width = width;
    this.#count = state?.count ?? 0;
    this.#mean = Float64Array.from({ length: width }, (_, c) => state?.mean[c] ?? 0);
    this.#covariance = squareOf(state?.covariance ?? [], width);
    this.#inverse = squareOf(state?.inverse ?? [], width);
    this.#squares = Float64Array.from({ length: width * WINDOWS.length }, (_, i) => state?.squares[i] ?? 1);
    this.#watched = state?.watched ?? 0;
    this.#surprises = WINDOWS.map((_, w) => new Surprise(MEMORY, state?.surprises[w]));
    this.#normal = WINDOWS.map((_, w) => state?.normal[w] ?? 0);
    this.#began = state?.began;
    this.#begun = [...(state?.begun ?? [])];
    this.#calm = state?.calm ?? 0;
    this.#off = new Float64Array(width);
    this.#residuals = new Float64Array(width);
  }

  get anomalous(): boolean {
    return this.#began !== undefined;
  }

  /**
   * @param atMs milliseconds since 1970
   * @param values one per channel
   * @param limit samples that must lie between two for one to be the beginning of an anomaly
   * @param quiet the sample is learned, and nothing begins with it
   */
  next(atMs: number, values: readonly number[], limit: number, quiet: boolean): Related {
    const isWatched = this.#count >= FIRST.samples + FIRST.perChannel * this.#width;
    if (isWatched && (this.#watched === 0 || this.#count % REFRESH === 0)) this.#refresh();
    this.#measure(values);
    const related = isWatched ? this.#watch(atMs, limit, quiet) : { apart: 0, parts: Array.from(values, () => 0) };
    this.#learn();
    return related;
  }

  /** When the last anomaly began that had begun by then; undefined: it is not remembered. */
  beganBefore(atMs: number): number | undefined {
    return this.#begun.findLast((one) => one.atMs <= atMs)?.atMs;
  }

  /** The anomaly that began at this very time was none: if it lasts it ends, and as large a one begins none later. */
  wasNormal(atMs: number): void {
    const found = this.#begun.find((one) => one.atMs === atMs);
    if (!found) return;
    for (const [w, size] of found.sizes.entries())
      this.#normal[w] = Math.max(this.#normal[w] ?? 0, size + Math.log(AS_NORMAL));
    if (found === this.#begun.at(-1)) this.#began = undefined;
  }

  state(): RelationsState {
    return {
      count: this.#count,
      mean: [...this.#mean],
      covariance: triangleOf(this.#covariance, this.#width),
      inverse: triangleOf(this.#inverse, this.#width),
      squares: [...this.#squares],
      watched: this.#watched,
      surprises: this.#surprises.map((surprise) => surprise.state()),
      normal: [...this.#normal],
      ...(this.#began === undefined ? {} : { began: this.#began }),
      begun: [...this.#begun],
      calm: this.#calm,
    };
  }

  #measure(values: readonly number[]): void {
    const width = this.#width;
    for (let c = 0; c < width; c++) this.#off[c] = (values[c] as number) - (this.#mean[c] as number);
    if (this.#count > 0) return;
    this.#off.fill(0);
    this.#mean.set(values);
  }

  #learn(): void {
    const width = this.#width;
    this.#count++;
    const part = 1 / Math.min(this.#count, MEMORY);
    for (let i = 0; i < width; i++) {
      const off = this.#off[i] as number;
      this.#mean[i] = (this.#mean[i] as number) + part * off;
      for (let j = 0; j <= i; j++) {
        const at = i * width + j;
        const product = (1 - part) * off * (this.#off[j] as number);
        this.#covariance[at] = (this.#covariance[at] as number) + part * (product - (this.#covariance[at] as number));
      }
    }
  }

  #watch(atMs: number, limit: number, quiet: boolean): Related {
    this.#residual();
    this.#watched++;
    const sizes = WINDOWS.map((_, w) => this.#average(w));
    let surprise = 0;
    let window: number | undefined;
    for (const [w, size] of sizes.entries()) {
      const known = this.#surprises[w] as Surprise;
      const least = Math.max(
        (known.usual()?.[1] ?? Number.POSITIVE_INFINITY) + Math.log(LEAST_FACTOR),
        this.#normal[w] ?? 0,
      );
      known.next(size);
      if (size > least && known.last > surprise) [surprise, window] = [known.last, w];
    }
    const isTold = !quiet && this.#watched > LEARNING && surprise > 0;
    const apart = isTold ? 10 ** Math.min(surprise, MOST_SURPRISE) / WINDOWS.length : 0;
    this.#judge(atMs, sizes, surprise, apart >= limit);
    return { apart, parts: this.#parts(window) };
  }

  /** Of each channel its squared residual by its own deviation: (P x)² / P of it, where P is the inverse. */
  #residual(): void {
    const width = this.#width;
    for (let i = 0; i < width; i++) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += (this.#inverse[i * width + j] as number) * (this.#off[j] as number);
      const own = this.#inverse[i * width + i] as number;
      this.#residuals[i] = own > 0 ? Math.min(FARTHEST, Math.abs(sum) / Math.sqrt(own)) ** 2 : 0;
    }
  }

  /** @returns the logarithm of the largest mean square of a channel in this window */
  #average(w: number): number {
    let largest = LEAST_SQUARE;
    for (let c = 0; c < this.#width; c++) {
      const at = w * this.#width + c;
      const before = this.#squares[at] as number;
      const mean = before + ((this.#residuals[c] as number) - before) / (WINDOWS[w] as number);
      this.#squares[at] = mean;
      largest = Math.max(largest, mean);
    }
    return Math.log(largest);
  }

  #judge(atMs: number, sizes: readonly number[], surprise: number, begins: boolean): void {
    const last = this.#begun.at(-1);
    if (this.#began === undefined) {
      if (!begins) return;
      [this.#began, this.#calm] = [surprise, 0];
      this.#begun = [...this.#begun, { atMs, sizes: [...sizes] }].slice(-MOST_BEGUN);
      return;
    }
    if (last)
      this.#begun[this.#begun.length - 1] = {
        atMs: last.atMs,
        sizes: sizes.map((size, w) => Math.max(size, last.sizes[w] ?? size)),
      };
    this.#calm = surprise > CALM_PART * this.#began ? 0 : this.#calm + 1;
    if (this.#calm >= CALM) this.#began = undefined;
  }

  #parts(window: number | undefined): readonly number[] {
    const above = Array.from({ length: this.#width }, (_, c) =>
      window === undefined ? 0 : Math.max(0, (this.#squares[window * this.#width + c] as number) - 1),
    );
    const sum = above.reduce((total, one) => total + one, 0);
    return above.map((one) => (sum > 0 ? one / sum : 0));
  }

  #refresh(): void {
    const width = this.#width;
    const deviation = Array.from(
      { length: width },
      (_, c) => Math.sqrt(this.#covariance[c * width + c] as number) || 1,
    );
    const correlations = new Float64Array(width * width);
    for (let i = 0; i < width; i++) {
      for (let j = 0; j <= i; j++)
        correlations[i * width + j] =
          (this.#covariance[i * width + j] as number) / (deviation[i] as number) / (deviation[j] as number);
      // Of a channel that has never moved it is 1 alone.
      correlations[i * width + i] = 1 + RIDGE;
    }
    const inverse = inverseOf(correlations, width).map(
      (value, at) => value / (deviation[Math.floor(at / width)] as number) / (deviation[at % width] as number),
    );
    // As it is after a restart.
    this.#inverse = squareOf(triangleOf(inverse, width), width);
  }
}

function triangleOf(matrix: Float64Array, width: number): number[] {
  return Array.from({ length: width }, (_, i) => [...matrix.subarray(i * width, i * width + i + 1)]).flat();
}

function squareOf(triangle: readonly number[], width: number): Float64Array {
  const matrix = new Float64Array(width * width);
  let at = 0;
  for (let i = 0; i < width; i++)
    for (let j = 0; j <= i; j++) {
      const value = triangle[at++] ?? 0;
      matrix[i * width + j] = value;
      matrix[j * width + i] = value;
    }
  return matrix;
}
