/**
 * How new the shape of the last samples is: the distance to the nearest shape that was kept. Novelty by nearest neighbours in a
 * delay embedding (after KNN-CAD: Burnaev and Ishimtsev, 2016), with a bounded number of shapes.
 */
import { z } from 'zod';
import type { History } from './history.ts';

const MOST = 100;

export const shapesState = z.object({ kept: z.array(z.number()).max(MOST * 16), turn: z.number().int().nonnegative() });
export type ShapesState = z.infer<typeof shapesState>;
/** Nearer than this, on average over its points, is the same shape. In parts of the series' spread. */
const SAME = 0.02;

export class Shapes {
  readonly #points: number;
  readonly #lag: number;
  readonly #kept: Float32Array;
  readonly #last: Float32Array;
  #count: number;
  #turn: number;

  /** @param points of a shape, `lag` samples apart */
  constructor(points: number, lag: number, state?: ShapesState) {
    this.#points = points;
    this.#lag = lag;
    this.#kept = new Float32Array(MOST * points);
    this.#last = new Float32Array(points);
    this.#kept.set(state?.kept ?? []);
    this.#count = (state?.kept.length ?? 0) / points;
    this.#turn = state?.turn ?? 0;
  }

  /**
   * @param spread of the series, above 0
   * @returns the distance per point in parts of the spread; undefined while there is nothing to compare with
   */
  next(history: History, spread: number): number | undefined {
    const points = this.#points;
    if (history.count < points * this.#lag) return undefined;
    for (let p = 0; p < points; p++) this.#last[p] = history.back(p * this.#lag);
    let nearest = Number.POSITIVE_INFINITY;
    for (let k = 0; k < this.#count; k++) {
      let distance = 0;
      for (let p = 0; p < points && distance < nearest; p++)
        distance += Math.abs((this.#kept[k * points + p] as number) - (this.#last[p] as number));
      nearest = Math.min(nearest, distance);
    }
    const found = nearest / points / spread;
    if (found > SAME) this.#keep();
    return Number.isFinite(found) ? found : undefined;
  }

  state(): ShapesState {
    return { kept: [...this.#kept.subarray(0, this.#count * this.#points)], turn: this.#turn };
  }

  /** When there is no place left, the places are used again, one after another in a scattered order. */
  #keep(): void {
    const place = this.#count < MOST ? this.#count++ : (this.#turn++ * 61) % MOST;
    this.#kept.set(this.#last, place * this.#points);
  }
}
