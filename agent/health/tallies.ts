/** What has come of every stream since the start, out of its summaries and problems; for the local API and its metrics. */
import { clipped } from '../../shared/contract/names.ts';
import type { ErrorCode } from '../../shared/kit/errors.ts';
import type { ReadingBody, SummaryBody } from '../pipeline/outputs.ts';
import type { Problem } from './problems.ts';

export interface StreamTally {
  /** Frames since the start of the agent: `frames` decoded, then what became of them. */
  readonly totals: Readonly<Record<FrameFate, number>>;
  /** Decode to rules in milliseconds, over the last interval. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly max: number } | undefined;
  /** What a sensor or a microphone said last. */
  readonly reading: Reading | undefined;
  readonly lastError: { readonly code: ErrorCode; readonly message: string; readonly wall: number } | undefined;
}

export type Reading = Pick<ReadingBody, 'score' | 'threshold' | 'anomalous' | 'label' | 'values'>;

export const frameFates = ['frames', 'inferred', 'gated', 'dropped', 'thinned', 'failed'] as const;
export type FrameFate = (typeof frameFates)[number];

export interface Tallies {
  summary(body: SummaryBody): void;
  reading(body: ReadingBody): void;
  /** @param wall milliseconds since 1970 */
  problem(problem: Problem, wall: number): void;
  of(stream: string): StreamTally;
  /** How often each error happened, over all streams and the agent itself. */
  errors(): ReadonlyMap<ErrorCode, number>;
}

const NOTHING: StreamTally = {
  totals: { frames: 0, inferred: 0, gated: 0, dropped: 0, thinned: 0, failed: 0 },
  latencyMs: undefined,
  reading: undefined,
  lastError: undefined,
};

export function createTallies(): Tallies {
  const tallies = new Map<string, StreamTally>();
  const errors = new Map<ErrorCode, number>();
  const of = (stream: string) => tallies.get(stream) ?? NOTHING;
  return {
    summary(body) {
      const known = of(body.stream);
      const totals = { ...known.totals };
      for (const fate of frameFates) totals[fate] += body[fate] ?? 0;
      // An interval without a result has no latency.
      const latencyMs = body.inferred > 0 ? { ...body.latencyMs } : known.latencyMs;
      tallies.set(body.stream, { ...known, totals, latencyMs });
    },
    reading({ stream, score, threshold, anomalous, label, values }) {
      tallies.set(stream, { ...of(stream), reading: { score, threshold, anomalous, label, values } });
    },
    problem({ stream, code, message, count }, wall) {
      errors.set(code, (errors.get(code) ?? 0) + count);
      if (stream === undefined) return;
      const lastError = { code, message: clipped(message), wall };
      tallies.set(stream, { ...of(stream), lastError });
    },
    of,
    errors: () => errors,
  };
}
