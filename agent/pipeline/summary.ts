/** What a stream did over an interval: the body of a `summary` record. */
import type { Detection } from '../../shared/contract/messages/preview.ts';
import type { SummaryRecord } from '../../shared/contract/messages/record.ts';

type Totals = Pick<
  SummaryRecord,
  'intervalMs' | 'frames' | 'inferred' | 'gated' | 'dropped' | 'failed' | 'labels' | 'tracks' | 'scores' | 'latencyMs'
>;

export interface Summary {
  decoded(frames: number, dropped: number): void;
  /** One frame: its objects, the tracks that began with it, and decode to rules in milliseconds. */
  inferred(objects: readonly Detection[], began: readonly Detection[], latencyMs: number): void;
  /** One frame that the gate answered with the last result. */
  gated(): void;
  failed(): void;
  /** The totals since the last call; undefined when nothing happened. */
  take(intervalMs: number): Totals | undefined;
}

const BINS = 10;
/** A sample of the latencies is enough for quantiles and bounds the memory of a long interval. */
const MAX_LATENCIES = 2048;

export function createSummary(): Summary {
  let current = empty();
  return {
    decoded(frames, dropped) {
      current.frames += frames;
      current.dropped += dropped;
    },
    inferred(objects, began, latencyMs) {
      if (current.latencies.length < MAX_LATENCIES) current.latencies.push(latencyMs);
      else current.latencies[current.inferred % MAX_LATENCIES] = latencyMs;
      current.inferred++;
      for (const { label, score } of objects) {
        current.labels[label] = (current.labels[label] ?? 0) + 1;
        const bin = Math.min(BINS - 1, Math.floor(score * BINS));
        current.scores[bin] = (current.scores[bin] ?? 0) + 1;
      }
      for (const { label } of began) current.tracks[label] = (current.tracks[label] ?? 0) + 1;
    },
    gated() {
      current.gated++;
    },
    failed() {
      current.failed++;
    },
    take(intervalMs) {
      const { latencies, ...totals } = current;
      if (totals.frames === 0 && totals.failed === 0) return undefined;
      current = empty();
      return { ...totals, intervalMs, latencyMs: quantiles(latencies) };
    },
  };
}

function empty() {
  return {
    frames: 0,
    inferred: 0,
    gated: 0,
    dropped: 0,
    failed: 0,
    // Labels come from outside: no prototype to collide with.
    labels: Object.create(null) as Record<string, number>,
    tracks: Object.create(null) as Record<string, number>,
    scores: new Array<number>(BINS).fill(0),
    latencies: [] as number[],
  };
}

function quantiles(values: readonly number[]): Totals['latencyMs'] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0);
  return { p50: at(0.5), p95: at(0.95), max: round(sorted.at(-1) ?? 0) };
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
