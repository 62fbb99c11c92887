/** Adds up what two models said of the same inputs, and judges it by the policy. */
import type { ProofPolicy } from '../../../shared/contract/messages/desired.ts';
import type { ShadowResult } from '../../../shared/contract/messages/model-report.ts';
import type { Outcome } from '../../../shared/engine/outcome.ts';
import { isSlower, pairedRatio } from '../../../shared/kit/paired.ts';
import { quantiles } from '../../../shared/kit/quantile.ts';
import { agreementOf, scoresOf } from './agree.ts';

/** The result of one model for one input and its time in milliseconds, or why it failed. */
export type Answer = { readonly outcome: Outcome; readonly ms: number } | { readonly error: string };

export interface Tally {
  add(incumbent: Answer, candidate: Answer): void;
  result(): ShadowResult;
}

const BINS = 10;
/** A sample of the latencies and of their ratios is enough for quantiles. */
const MOST_LATENCIES = 4096;
/** Least part of the wanted frames that a verdict may stand on. */
const ENOUGH = 0.1;

export function createTally(wanted: number): Tally {
  let [frames, answered, seen, shared, shifted, shifts] = [0, 0, 0, 0, 0, 0];
  const sides = { incumbent: createSide(), candidate: createSide() };
  const ratios: number[] = [];
  return {
    add(incumbent, candidate) {
      frames++;
      sides.incumbent.add(incumbent, frames);
      sides.candidate.add(candidate, frames);
      if ('error' in incumbent || 'error' in candidate) return;
      if (incumbent.ms > 0) ratios[answered % MOST_LATENCIES] = candidate.ms / incumbent.ms;
      answered++;
      const found = agreementOf(incumbent.outcome, candidate.outcome);
      seen += found.seen;
      shared += found.shared;
      for (const shift of found.shifts) shifted += shift;
      shifts += found.shifts.length;
    },
    result: () => ({
      ...timeRatioOf(ratios),
      frames,
      wanted,
      agreement: answered === 0 ? 0 : seen === 0 ? 1 : shared / seen,
      seen,
      confidenceShift: shifts === 0 ? 0 : Math.min(1, Math.max(-1, shifted / shifts)),
      latencyMs: { incumbent: sides.incumbent.latency(), candidate: sides.candidate.latency() },
      errors: { incumbent: sides.incumbent.errors(), candidate: sides.candidate.errors() },
      scores: { incumbent: [...sides.incumbent.scores], candidate: [...sides.candidate.scores] },
    }),
  };
}

/** Why the candidate does not pass; undefined when it does. Pure. */
export function judgeShadow(result: ShadowResult, policy: ProofPolicy): string | undefined {
  const { frames, wanted, agreement, seen, latencyMs, timeRatio, errors } = result;
  const rate = errors.candidate / Math.max(1, frames);
  if (rate > policy.maxErrorRate && (isHopeless(result, policy) || frames >= wanted * ENOUGH))
    return `it failed on ${errors.candidate} of ${frames} frames (${percent(rate)}; at most ${percent(policy.maxErrorRate)})`;
  if (frames < wanted * ENOUGH)
    return `only ${frames} of ${wanted} frames were compared within ${policy.shadowTimeoutS} s; at least a tenth is needed`;
  if (agreement < policy.minAgreement)
    return `its agreement with the incumbent is ${agreement.toFixed(3)} over ${frames} frames and ${seen} detections; the least allowed is ${policy.minAgreement}`;
  if (timeRatio && isSlower(timeRatio, policy.maxLatencyRatio)) {
    const { median, low, high, pairs } = timeRatio;
    const sure = `${low.toFixed(2)} to ${high.toFixed(2)} is sure after ${pairs} frames`;
    const times = `median ${latencyMs.candidate.p50.toFixed(1)} ms against ${latencyMs.incumbent.p50.toFixed(1)}`;
    return `it takes ${median.toFixed(2)} times as long on the same frame (${sure}; ${times}); at most ${policy.maxLatencyRatio} times is allowed`;
  }
  return undefined;
}

/** Has it failed on so many frames that it cannot pass any more? */
export function isHopeless({ errors, wanted }: ShadowResult, { maxErrorRate }: ProofPolicy): boolean {
  return errors.candidate > maxErrorRate * wanted;
}

function timeRatioOf(ratios: readonly number[]): Pick<ShadowResult, 'timeRatio'> {
  const timeRatio = pairedRatio(ratios);
  return timeRatio ? { timeRatio } : {};
}

function createSide() {
  const times: number[] = [];
  const scores = new Array<number>(BINS).fill(0);
  let errors = 0;
  return {
    scores,
    errors: () => errors,
    add(answer: Answer, frame: number) {
      if ('error' in answer) {
        errors++;
        return;
      }
      times[times.length < MOST_LATENCIES ? times.length : frame % MOST_LATENCIES] = answer.ms;
      for (const score of scoresOf(answer.outcome)) {
        const bin = Math.max(0, Math.min(BINS - 1, Math.floor(score * BINS)));
        scores[bin] = (scores[bin] ?? 0) + 1;
      }
    },
    latency() {
      if (times.length === 0) return { p50: 0, p95: 0 };
      const [p50 = 0, p95 = 0] = quantiles(times, [0.5, 0.95]);
      return { p50, p95 };
    },
  };
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}
