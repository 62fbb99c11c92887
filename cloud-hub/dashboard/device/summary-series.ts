/**
 * Summaries of one stream folded into time buckets for the charts.
 *
 * 1. A summary is spread over the buckets that its interval touches, in proportion, so that rates do not depend on how
 *    intervals and buckets align. 2. An id counts once. 3. Memory is bounded by the span: buckets before it, and buckets more
 *    than a span ahead of now, are forgotten.
 * 4. A bucket that no summary touches is a gap, not a zero.
 */
import type { Summary } from '../../contract/summary.ts';
import type { TimeRange } from '../charts/time-range.ts';

interface Bucket {
  coveredMs: number;
  inferred: number;
  thinned: number;
  askedFps: number | undefined;
  readonly labels: Map<string, number>;
  readonly tracks: Map<string, number>;
  p50Weighted: number;
  p95Weighted: number;
}

type Column = readonly (number | null)[];

export interface SummaryView {
  /** Middle of each bucket, in seconds since 1970, rising. */
  readonly times: readonly number[];
  /** Objects seen in an analysed frame, on average, by label. */
  readonly inView: ReadonlyMap<string, Column>;
  /** Tracks that began, a minute, by label. */
  readonly begun: ReadonlyMap<string, Column>;
  /** Analysed frames a second. */
  readonly fps: Column;
  /** Frames a second that the stream asked for; null where it asked for all. */
  readonly asked: Column;
  /** Frames a second that were left out because nobody had asked for them. */
  readonly thinned: Column;
  /** Milliseconds from decode to rules, averaged over the intervals by their frames. */
  readonly p50: Column;
  readonly p95: Column;
}

/** Labels that get a line of their own; the rest is summed up as `other`. */
export const MAX_LABELS = 8;
export const OTHER = 'other';

export class SummarySeries {
  readonly range: TimeRange;
  readonly #buckets = new Map<number, Bucket>();
  readonly #seen = new Map<string, number>();

  constructor(range: TimeRange) {
    this.range = range;
  }

  add(summary: Summary): void {
    if (this.#seen.has(summary.id)) return;
    const end = Date.parse(summary.at);
    this.#seen.set(summary.id, end);
    const { bucketMs } = this.range;
    const intervalMs = Math.max(summary.intervalMs, 1);
    // Nothing longer than the range could be drawn; it also bounds the loop.
    const start = end - Math.min(intervalMs, this.range.spanMs);
    for (let index = Math.floor(start / bucketMs); index * bucketMs < end; index++) {
      const covered = Math.min(end, (index + 1) * bucketMs) - Math.max(start, index * bucketMs);
      this.#fold(index, summary, covered, covered / intervalMs);
    }
  }

  /** @param now milliseconds since 1970: the right edge */
  view(now: number): SummaryView {
    const { bucketMs, spanMs } = this.range;
    const last = Math.floor(now / bucketMs);
    const count = spanMs / bucketMs;
    const first = last - count + 1;
    // What a clock that is a little ahead sent is shown when its time has come.
    this.#forget(first, last + count);
    const indexes = Array.from({ length: count }, (_, i) => first + i);
    const column = (value: (bucket: Bucket) => number | null): Column =>
      indexes.map((index) => {
        const bucket = this.#buckets.get(index);
        return bucket ? value(bucket) : null;
      });
    const perFrame = (bucket: Bucket, sum: number) => (bucket.inferred > 0 ? sum / bucket.inferred : 0);
    return {
      times: indexes.map((index) => ((index + 0.5) * bucketMs) / 1000),
      inView: this.#byLabel(indexes, (b) => b.labels, perFrame),
      begun: this.#byLabel(
        indexes,
        (b) => b.tracks,
        (b, sum) => (sum / b.coveredMs) * 60_000,
      ),
      fps: column((b) => (b.inferred / b.coveredMs) * 1000),
      asked: column((b) => b.askedFps ?? null),
      thinned: column((b) => (b.thinned / b.coveredMs) * 1000),
      p50: column((b) => perFrame(b, b.p50Weighted)),
      p95: column((b) => perFrame(b, b.p95Weighted)),
    };
  }

  #fold(index: number, summary: Summary, coveredMs: number, share: number): void {
    const bucket = this.#buckets.get(index) ?? {
      coveredMs: 0,
      inferred: 0,
      thinned: 0,
      askedFps: undefined,
      labels: new Map<string, number>(),
      tracks: new Map<string, number>(),
      p50Weighted: 0,
      p95Weighted: 0,
    };
    this.#buckets.set(index, bucket);
    const inferred = summary.inferred * share;
    bucket.coveredMs += coveredMs;
    bucket.inferred += inferred;
    bucket.thinned += (summary.thinned ?? 0) * share;
    bucket.askedFps = summary.askedFps;
    bucket.p50Weighted += summary.latencyMs.p50 * inferred;
    bucket.p95Weighted += summary.latencyMs.p95 * inferred;
    for (const [label, n] of Object.entries(summary.labels)) increase(bucket.labels, label, n * share);
    for (const [label, n] of Object.entries(summary.tracks)) increase(bucket.tracks, label, n * share);
  }

  #byLabel(
    indexes: readonly number[],
    pick: (bucket: Bucket) => ReadonlyMap<string, number>,
    scale: (bucket: Bucket, sum: number) => number,
  ): ReadonlyMap<string, Column> {
    const totals = new Map<string, number>();
    for (const bucket of this.#buckets.values()) for (const [label, n] of pick(bucket)) increase(totals, label, n);
    const ranked = [...totals].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([label]) => label);
    // Sorted by name, so that a colour stays with its label while the ranks change.
    const own = ranked.slice(0, MAX_LABELS).sort();
    const rest = ranked.slice(MAX_LABELS);
    const groups: [string, string[]][] = own.map((label) => [label, [label]]);
    if (rest.length > 0) groups.push([OTHER, rest]);
    return new Map(
      groups.map(([title, labels]) => [
        title,
        indexes.map((index) => {
          const bucket = this.#buckets.get(index);
          if (!bucket) return null;
          const counts = pick(bucket);
          return scale(
            bucket,
            labels.reduce((sum, label) => sum + (counts.get(label) ?? 0), 0),
          );
        }),
      ]),
    );
  }

  #forget(first: number, last: number): void {
    const { bucketMs } = this.range;
    for (const index of this.#buckets.keys()) if (index < first || index > last) this.#buckets.delete(index);
    for (const [id, end] of this.#seen)
      if (end < first * bucketMs || end > (last + 1) * bucketMs) this.#seen.delete(id);
  }
}

function increase(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
