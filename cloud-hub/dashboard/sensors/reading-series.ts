/**
 * The readings of one stream folded into time buckets for the charts.
 *
 * 1. A bucket holds the highest score, whether any reading was anomalous, and threshold, values and band of its newest reading;
 *    so a reading counts once, however often and in whatever order it comes.
 * 2. Memory is bounded by the span: buckets outside of it are forgotten.
 * 3. A sensor may speak ten times a second or once in ten minutes: the line breaks where a silence is unlike the others,
 *    not at each bucket without a reading.
 */
import type { Reading, ReadingBucket } from '../../contract/reading.ts';
import { type TimeRange, timeRanges } from '../charts/time-range.ts';

const [quarter, hour, day] = timeRanges;

/** The ranges of all charts, in steps that show a short anomaly; whole seconds. */
export const readingRanges: readonly [TimeRange, TimeRange, TimeRange] = [
  { ...quarter, bucketMs: 2000 },
  { ...hour, bucketMs: 10_000 },
  { ...day, bucketMs: 240_000 },
];

interface Bucket {
  score: number | undefined;
  isAnomalous: boolean;
  /** When the newest was taken, milliseconds since 1970. */
  last: number;
  threshold: number | undefined;
  values: Readonly<Record<string, number>>;
  expected: Readonly<Record<string, readonly [number, number]>>;
  level: string | undefined;
}

type Column = readonly (number | null)[];

export interface ReadingView {
  /** Seconds since 1970, rising, from one end of the range to the other. */
  readonly times: readonly number[];
  readonly score: Column;
  readonly threshold: Column;
  /** By channel. */
  readonly values: ReadonlyMap<string, Column>;
  readonly anomalous: readonly boolean[];
  /** Of an anomaly that lasts at the newest reading of the slot. */
  readonly levels: readonly (string | undefined)[];
  /** Between which values each channel was expected, where that is known. */
  readonly bands: ReadonlyMap<string, { readonly low: Column; readonly high: Column }>;
}

/** Channels that get a line; a model may have hundreds. */
export const MAX_CHANNELS = 8;
/** A silence so many times as long as the usual one breaks the line. */
const BREAK = 5;

export class ReadingSeries {
  readonly range: TimeRange;
  readonly #buckets = new Map<number, Bucket>();

  constructor(range: TimeRange) {
    this.range = range;
  }

  add(reading: Reading): void {
    this.#fold(Date.parse(reading.at), reading, reading.anomalous ?? false);
  }

  /** A span of the hub's, as wide as a bucket here. */
  addBucket(bucket: ReadingBucket): void {
    this.#fold(Date.parse(bucket.at), bucket, bucket.anomalous > 0);
  }

  /** @param now milliseconds since 1970: the right edge */
  view(now: number): ReadingView {
    const { spanMs, bucketMs } = this.range;
    const from = now - spanMs;
    // What a clock that is a little fast sent is shown when its time has come.
    for (const index of this.#buckets.keys())
      if ((index + 1) * bucketMs <= from || index * bucketMs > now + spanMs) this.#buckets.delete(index);
    const indexes = [...this.#buckets.keys()].filter((index) => index * bucketMs <= now).sort((a, b) => a - b);
    const slots: { time: number; bucket: Bucket | undefined }[] = [{ time: from / 1000, bucket: undefined }];
    const breakMs = BREAK * usualStep(indexes) * bucketMs;
    let before = Number.POSITIVE_INFINITY;
    for (const index of indexes) {
      const time = (index + 0.5) * bucketMs;
      if (time - before > breakMs) slots.push({ time: (time + before) / 2000, bucket: undefined });
      // Half a bucket may reach over the edges.
      const shown = Math.min(Math.max(time, from + 1), now - 1);
      slots.push({ time: shown / 1000, bucket: this.#buckets.get(index) });
      before = time;
    }
    slots.push({ time: now / 1000, bucket: undefined });
    const column = (value: (bucket: Bucket) => number | undefined): Column =>
      slots.map(({ bucket }) => (bucket && value(bucket)) ?? null);
    return {
      times: slots.map(({ time }) => time),
      score: column(({ score }) => score),
      threshold: column(({ threshold }) => threshold),
      values: new Map(this.#channels().map((channel) => [channel, column(({ values }) => values[channel])])),
      anomalous: slots.map(({ bucket }) => bucket?.isAnomalous ?? false),
      levels: slots.map(({ bucket }) => bucket?.level),
      bands: new Map(
        this.#channels()
          .filter((channel) => slots.some(({ bucket }) => bucket?.expected[channel]))
          .map((channel) => {
            const edge = (which: 0 | 1) => column(({ expected }) => expected[channel]?.[which]);
            return [channel, { low: edge(0), high: edge(1) }];
          }),
      ),
    };
  }

  /**
   * What the channels were so many milliseconds before each of these times, or as near to it as two usual steps.
   * @param beforeMs whole buckets
   */
  before(times: readonly number[], beforeMs: number): ReadonlyMap<string, Column> {
    const { bucketMs } = this.range;
    const indexes = [...this.#buckets.keys()].sort((a, b) => a - b);
    const reach = 2 * usualStep(indexes);
    const found = times.map((time) => {
      const wanted = Math.floor((time * 1000 - beforeMs) / bucketMs);
      for (let off = 0; off <= reach; off++) {
        const bucket = this.#buckets.get(wanted - off) ?? this.#buckets.get(wanted + off);
        if (bucket) return bucket;
      }
      return undefined;
    });
    return new Map(
      this.#channels().map((channel) => [channel, found.map((bucket) => bucket?.values[channel] ?? null)]),
    );
  }

  #fold(
    at: number,
    reading: Pick<Reading, 'score' | 'threshold' | 'values' | 'level' | 'expected'>,
    flag: boolean,
  ): void {
    const { score, threshold, values = {}, level, expected = {} } = reading;
    const index = Math.floor(at / this.range.bucketMs);
    const known = this.#buckets.get(index);
    const isNewest = !known || at >= known.last;
    this.#buckets.set(index, {
      score: higher(known?.score, score),
      isAnomalous: flag || (known?.isAnomalous ?? false),
      last: isNewest ? at : known.last,
      threshold: isNewest ? threshold : known.threshold,
      values: isNewest ? values : known.values,
      expected: isNewest ? expected : known.expected,
      level: isNewest ? level : known.level,
    });
  }

  #channels(): readonly string[] {
    const found = new Set<string>();
    for (const { values } of this.#buckets.values()) for (const channel of Object.keys(values)) found.add(channel);
    return [...found].sort().slice(0, MAX_CHANNELS);
  }
}

function higher(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.max(a, b);
}

/** Buckets from one that holds something to the next, at the middle of all such steps. */
function usualStep(indexes: readonly number[]): number {
  const steps = indexes.slice(1).map((index, n) => index - (indexes[n] ?? index));
  return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 1;
}
