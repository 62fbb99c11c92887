/**
 * The last values of series, as long as rules look back: how much a value changed, how many things were counted. In memory: after a
 * start of the hub a window fills anew. Bounded in series (devices choose their names; of more, those are forgotten that were silent for
 * longest) and in samples.
 */
export const MOST_SERIES = 20_000;
/** Samples of one window; what comes closer together is put together. */
export const MOST_SAMPLES = 60;

interface Sample {
  /** When it began; milliseconds since 1970. */
  readonly at: number;
  readonly least: number;
  readonly most: number;
  readonly sum: number;
}

interface Window {
  readonly begun: number;
  readonly samples: readonly Sample[];
}

/** What a window holds, the newest value included. */
export interface Seen {
  readonly least: number;
  readonly most: number;
  readonly sum: number;
  /** It has been looked at for as long as it is. */
  readonly isFull: boolean;
}

export class Series {
  readonly #windows = new Map<string, Window>();

  /**
   * Notes a value.
   * @param at milliseconds since 1970
   * @returns the window that ends with it; undefined: it came out of order, and does not count
   */
  note(key: string, at: number, value: number, withinMs: number): Seen | undefined {
    const before = this.#windows.get(key);
    const last = before?.samples.at(-1);
    if (last && at < last.at) return undefined;
    const samples = added(before?.samples ?? [], at, value, withinMs / MOST_SAMPLES).filter(
      (sample) => at - sample.at < withinMs,
    );
    const window = { begun: before?.begun ?? at, samples };
    // Those that were silent for longest are first.
    this.#windows.delete(key);
    this.#windows.set(key, window);
    const oldest = this.#windows.size > MOST_SERIES ? this.#windows.keys().next().value : undefined;
    if (oldest !== undefined) this.#windows.delete(oldest);
    return {
      least: Math.min(...samples.map(({ least }) => least)),
      most: Math.max(...samples.map(({ most }) => most)),
      sum: samples.reduce((sum, sample) => sum + sample.sum, 0),
      isFull: at - window.begun >= withinMs,
    };
  }
}

function added(samples: readonly Sample[], at: number, value: number, apartMs: number): readonly Sample[] {
  const last = samples.at(-1);
  if (!last || at - last.at >= apartMs) return [...samples, { at, least: value, most: value, sum: value }];
  const { least, most, sum } = last;
  const together = { at: last.at, least: Math.min(least, value), most: Math.max(most, value), sum: sum + value };
  return [...samples.slice(0, -1), together];
}
