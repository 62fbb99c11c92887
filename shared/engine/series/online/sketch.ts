/**
 * The distribution of a series in bounded memory: a t-digest (Dunning and Ertl, "Computing extremely accurate quantiles using
 * t-digests", 2019, with the scale function k1), with weights that fade, so that the old counts for less and less.
 *
 * Invariant: centroids are sorted by mean, their weights are positive, and there are at most about `COMPRESSION` of them.
 */
import { z } from 'zod';

const COMPRESSION = 60;
/** Values that wait to be merged. */
const BUFFER = 32;

export const sketchState = z.object({
  means: z.array(z.number()).max(512),
  weights: z.array(z.number().nonnegative()).max(512),
  buffer: z.array(z.number()).max(BUFFER),
});
export type SketchState = z.infer<typeof sketchState>;

/** Where a tail begins, and how far its values lie beyond that on average. */
export interface TailShape {
  readonly from: number;
  readonly meanExcess: number;
  /** Part of all values that lies in the tail, 0 to 1. */
  readonly part: number;
}

export class Sketch {
  #means: number[] = [];
  #weights: number[] = [];
  #buffer: number[] = [];
  #total = 0;
  readonly #memory: number;

  /** @param memory so many values count; older ones fade */
  constructor(memory: number, state?: SketchState) {
    this.#memory = memory;
    if (!state) return;
    this.#means = [...state.means];
    this.#weights = [...state.weights];
    this.#buffer = [...state.buffer];
    this.#total = this.#weights.reduce((sum, weight) => sum + weight, 0);
  }

  /** How many values count. */
  get size(): number {
    return this.#total + this.#buffer.length;
  }

  add(value: number): void {
    this.#buffer.push(value);
    if (this.#buffer.length >= BUFFER) this.#merge();
  }

  /** The upper tail that holds this part of all values (at least five of them). */
  upper(part: number): TailShape {
    return this.#tail(part, 1);
  }

  lower(part: number): TailShape {
    return this.#tail(part, -1);
  }

  /** From the lowest to the highest value that counts. */
  get spread(): number {
    return (this.#means.at(-1) ?? 0) - (this.#means[0] ?? 0);
  }

  state(): SketchState {
    return { means: [...this.#means], weights: [...this.#weights], buffer: [...this.#buffer] };
  }

  #tail(part: number, side: 1 | -1): TailShape {
    const wanted = Math.max(5, this.#total * part);
    const n = this.#means.length;
    let weight = 0;
    let sum = 0;
    let from = 0;
    for (let i = 0; i < n; i++) {
      const at = side === 1 ? n - 1 - i : i;
      const mean = this.#means[at] as number;
      from = mean;
      if (weight >= wanted) break;
      weight += this.#weights[at] as number;
      sum += (this.#weights[at] as number) * mean;
    }
    const meanExcess = weight > 0 ? Math.max(0, side * (sum / weight - from)) : 0;
    return { from, meanExcess, part: this.#total > 0 ? weight / this.#total : 1 };
  }

  #merge(): void {
    if (this.#buffer.length === 0) return;
    const fade = this.#total > this.#memory ? this.#memory / this.#total : 1;
    const all: [mean: number, weight: number][] = [];
    for (let i = 0; i < this.#means.length; i++)
      all.push([this.#means[i] as number, (this.#weights[i] as number) * fade]);
    for (const value of this.#buffer) all.push([value, 1]);
    all.sort((a, b) => a[0] - b[0]);
    const total = all.reduce((sum, [, weight]) => sum + weight, 0);
    const means: number[] = [];
    const weights: number[] = [];
    let mean = 0;
    let weight = 0;
    let before = 0;
    let limit = limitAfter(0);
    for (const [value, one] of all) {
      if (weight > 0 && (before + weight + one) / total > limit) {
        means.push(mean);
        weights.push(weight);
        before += weight;
        limit = limitAfter(before / total);
        mean = 0;
        weight = 0;
      }
      weight += one;
      mean += ((value - mean) * one) / weight;
    }
    means.push(mean);
    weights.push(weight);
    // A copy has no room for more: a detector has dozens of these.
    this.#means = means.slice();
    this.#weights = weights.slice();
    this.#total = total;
    // Kept: an array that grows anew each time has room for more than it ever holds.
    this.#buffer.length = 0;
  }
}

/** The quantile up to which a centroid that begins at `q` may reach: one step of k1. */
function limitAfter(q: number): number {
  const k = (COMPRESSION / (2 * Math.PI)) * Math.asin(2 * Math.min(1, Math.max(0, q)) - 1) + 1;
  const angle = (k * 2 * Math.PI) / COMPRESSION;
  return angle >= Math.PI / 2 ? 1 : (Math.sin(angle) + 1) / 2;
}
