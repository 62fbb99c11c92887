/** What a stream did over an interval: the body of a `summary` record. */
import type { Detection } from '../../shared/contract/messages/preview.ts';
import { MAX_KEYS, type SummaryRecord } from '../../shared/contract/messages/record.ts';
import { quantile, quantiles } from '../../shared/kit/quantile.ts';

type Totals = Pick<
  SummaryRecord,
  | 'intervalMs'
  | 'frames'
  | 'inferred'
  | 'gated'
  | 'dropped'
  | 'thinned'
  | 'failed'
  | 'labels'
  | 'tracks'
  | 'scores'
  | 'latencyMs'
  | 'prepareMs'
>;

/** In milliseconds. */
export interface FrameTimes {
  /** Decode to rules. */
  readonly latency: number;
  /** Of that decoding and scaling; absent where there is no picture. */
  readonly prepare?: number;
}

export interface Summary {
  /** Frames that came, and of these those dropped and those that nobody had asked for. */
  decoded(frames: number, dropped: number, thinned?: number): void;
  /** One frame: its objects, the tracks that began with it, and how long it took. */
  inferred(objects: readonly Detection[], began: readonly Detection[], times: FrameTimes): void;
  /** One frame that the gate answered with the last result. */
  gated(): void;
  failed(): void;
  /** The totals since the last call; undefined when nothing happened. */
  take(intervalMs: number): Totals | undefined;
}

const BINS = 10;
/** A sample of the latencies is enough for quantiles and bounds the memory of a long interval. */
const MAX_LATENCIES = 2048;
/** Bytes of the JSON of `labels`, and of `tracks`: both fit into a record. */
const MAX_COUNTS_BYTES = 48 * 1024;

export function createSummary(): Summary {
  let current = empty();
  return {
    decoded(frames, dropped, thinned = 0) {
      current.frames += frames;
      current.dropped += dropped;
      current.thinned += thinned;
    },
    inferred(objects, began, { latency, prepare }) {
      const at = current.inferred % MAX_LATENCIES;
      current.latencies[at] = latency;
      if (prepare !== undefined) current.preparing[at] = prepare;
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
      const { latencies, preparing, labels, tracks, ...totals } = current;
      if (totals.frames + totals.inferred + totals.failed === 0) return undefined;
      current = empty();
      return {
        ...totals,
        labels: mostFrequent(labels),
        tracks: mostFrequent(tracks),
        intervalMs,
        latencyMs: latenciesOf(latencies),
        ...(preparing.length > 0 ? { prepareMs: round(quantile(preparing, 0.5)) } : {}),
      };
    },
  };
}

function empty() {
  return {
    frames: 0,
    inferred: 0,
    gated: 0,
    dropped: 0,
    thinned: 0,
    failed: 0,
    // Labels come from outside: no prototype to collide with.
    labels: Object.create(null) as Record<string, number>,
    tracks: Object.create(null) as Record<string, number>,
    scores: new Array<number>(BINS).fill(0),
    latencies: [] as number[],
    preparing: [] as number[],
  };
}

/** As many of the counts as a record may have, the highest of all; a model may have more labels. */
function mostFrequent(counts: Record<string, number>): Record<string, number> {
  const kept = Object.create(null) as Record<string, number>;
  let bytes = 0;
  const falling = Object.entries(counts).toSorted(([, a], [, b]) => b - a);
  for (const [label, n] of falling.slice(0, MAX_KEYS)) {
    bytes += Buffer.byteLength(`${JSON.stringify(label)}:${n},`);
    if (bytes > MAX_COUNTS_BYTES) break;
    kept[label] = n;
  }
  return kept;
}

function latenciesOf(values: readonly number[]): Totals['latencyMs'] {
  if (values.length === 0) return { p50: 0, p95: 0, max: 0 };
  const [p50 = 0, p95 = 0, max = 0] = quantiles(values, [0.5, 0.95, 1]).map(round);
  return { p50, p95, max };
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
