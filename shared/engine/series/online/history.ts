/** The last samples of a series, and means and deviations of windows that end with the newest. */

/** Lengths of the windows, in samples. */
export const SCALES = [3, 10, 30, 100] as const;

const KEPT = 128;
/** Sums of floats drift: they are built anew after so many samples. */
const REFRESH = 4096;

export class History {
  readonly #values = new Float64Array(KEPT);
  readonly #sums = new Float64Array(SCALES.length);
  readonly #squares = new Float64Array(SCALES.length);
  #count = 0;

  /** @param count samples so far, of which these are the last */
  constructor(values: readonly number[] = [], count: number = values.length) {
    for (const value of values) this.push(value);
    this.#count = values.length;
    this.#shift(Math.max(count, values.length));
  }

  /** Samples since the beginning. */
  get count(): number {
    return this.#count;
  }

  push(value: number): void {
    this.#values[this.#count % KEPT] = value;
    this.#count++;
    for (let s = 0; s < SCALES.length; s++) {
      const gone = this.#count > (SCALES[s] as number) ? this.back(SCALES[s] as number) : 0;
      this.#sums[s] = (this.#sums[s] as number) + value - gone;
      this.#squares[s] = (this.#squares[s] as number) + value * value - gone * gone;
    }
    if (this.#count % REFRESH === 0) this.#refresh();
  }

  /** The sample so many before the newest; 0 is the newest. Only the last 127 are known. */
  back(samples: number): number {
    return this.#values[(this.#count - 1 - samples + KEPT * 2) % KEPT] as number;
  }

  /** Of the window with the index `scale` in `SCALES`; of fewer samples at the beginning. */
  mean(scale: number): number {
    return (this.#sums[scale] as number) / this.#length(scale);
  }

  deviation(scale: number): number {
    const mean = this.mean(scale);
    return Math.sqrt(Math.max(0, (this.#squares[scale] as number) / this.#length(scale) - mean * mean));
  }

  state(): number[] {
    const kept = Math.min(this.#count, KEPT - 1);
    return Array.from({ length: kept }, (_, i) => this.back(kept - 1 - i));
  }

  /** Places depend on the count: the same values, at the places of another count. */
  #shift(count: number): void {
    const kept = this.state();
    this.#count = count;
    for (const [index, value] of kept.entries()) this.#values[(count - kept.length + index) % KEPT] = value;
  }

  #length(scale: number): number {
    return Math.max(1, Math.min(this.#count, SCALES[scale] as number));
  }

  #refresh(): void {
    for (let s = 0; s < SCALES.length; s++) {
      let sum = 0;
      let squares = 0;
      for (let i = 0; i < (SCALES[s] as number); i++) {
        const value = this.back(i);
        sum += value;
        squares += value * value;
      }
      this.#sums[s] = sum;
      this.#squares[s] = squares;
    }
  }
}
