/** Adds up what two models said of the same inputs, and judges it by the policy. */
import type { ProofPolicy } from '../../../shared/contract/messages/desired.ts';
import type { ShadowResult } from '../../../shared/contract/messages/model-report.ts';
import type { Outcome } from '../../../shared/engine/outcome.ts';
import { agreementOf, scoresOf } from './agree.ts';

/** What one of the two said of an input, and how long it took. */
export type Answer = { readonly outcome: Outcome; readonly ms: number } | { readonly error: string };

export interface Tally {
  add(incumbent: Answer, candidate: Answer): void;
  result(): ShadowResult;
}

const BINS = 10;
/** A sample of the latencies is enough for quantiles. */
const MOST_LATENCIES = 4096;
/** Least part of the wanted frames that a verdict may stand on. */
const ENOUGH = 0.1;

export function createTally(wanted: number): Tally {
  let [frames, answered, seen, shared, shifted, shifts] = [0, 0, 0, 0, 0, 0];
  const sides = { incumbent: createSide(), candidate: createSide() };
  return {
    add(incumbent, candidate) {
      frames++;
      sides.incumbent.add(incumbent, frames);
      sides.candidate.add(candidate, frames);
      if ('error' in incumbent || 'error' in candidate) return;
      answered++;
      const found = agreementOf(incumbent.outcome, candidate.outcome);
      seen += found.seen;
      shared += found.shared;
      for (const shift of found.shifts) shifted += shift;
      shifts += found.shifts.length;
    },
    result: () => ({
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
  const { frames, wanted, agreement, seen, latencyMs, errors } = result;
  const rate = errors.candidate / Math.max(1, frames);
  if (rate > policy.maxErrorRate && (isHopeless(result, policy) || frames >= wanted * ENOUGH))
    return `it failed on ${errors.candidate} of ${frames} frames (${percent(rate)}; at most ${percent(policy.maxErrorRate)})`;
  if (frames < wanted * ENOUGH)
    return `only ${frames} of ${wanted} frames came within ${policy.shadowTimeoutS} s, and a tenth is the least`;
  if (agreement < policy.minAgreement)
    return `it agrees with the incumbent by ${agreement.toFixed(3)} over ${frames} frames and ${seen} findings; at least ${policy.minAgreement} is asked for`;
  const [median, p95] = [ratioOf(latencyMs, 'p50'), ratioOf(latencyMs, 'p95')];
  // What else the machine does shows in one p95 or the other; a slower model shows in the median too.
  if (p95 > policy.maxLatencyRatio && median > 1 + (policy.maxLatencyRatio - 1) / 2) {
    const times = `${latencyMs.candidate.p95.toFixed(1)} ms against ${latencyMs.incumbent.p95.toFixed(1)}`;
    return `it takes ${p95.toFixed(2)} times as long (p95 ${times}); at most ${policy.maxLatencyRatio} times is allowed`;
  }
  return undefined;
}

/** Can it not pass any more, whatever comes? */
export function isHopeless({ errors, wanted }: ShadowResult, { maxErrorRate }: ProofPolicy): boolean {
  return errors.candidate > maxErrorRate * wanted;
}

function ratioOf({ incumbent, candidate }: ShadowResult['latencyMs'], of: 'p50' | 'p95'): number {
  return incumbent[of] > 0 ? candidate[of] / incumbent[of] : 0;
}

function createSide() {
  const times: number[] = [];
  const scores = new Array<number>(BINS).fill(0);
  let errors = 0;
  const at = (sorted: readonly number[], q: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
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
      const sorted = times.toSorted((a, b) => a - b);
      return { p50: at(sorted, 0.5), p95: at(sorted, 0.95) };
    },
  };
}

function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}
