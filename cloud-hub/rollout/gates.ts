/** The gates of a rollout over the devices that were asked. Pure; each says its figure, its limit and why. */

import { isSlower, type PairedRatio } from '../../shared/kit/paired.ts';
import { quantile } from '../../shared/kit/quantile.ts';
import { progressText } from '../contract/progress-text.ts';
import type { GateName, GateResult, Gates } from '../contract/rollout.ts';
import { differenceOf, type Stratum } from './disagreement.ts';
import { kolmogorovSmirnov, pooled, populationStability, sum } from './drift.ts';
import { type Figures, type Outcome, progressOf } from './outcome.ts';

export interface Asked {
  readonly id: string;
  readonly outcome: Outcome;
  /** It had its time, is online, and is not done. */
  readonly late: boolean;
  /** Frames on which the hub has spoken, under the new model and the one before, per stream. */
  readonly strata?: readonly Stratum[] | undefined;
}

/** Scores below which a histogram says nothing. */
const MIN_SCORES = 100;

/** In the order in which they are told. */
export function judge(gates: Gates, devices: readonly Asked[]): GateResult[] {
  const figures = figuresOf(devices);
  return [
    failed(gates, devices),
    agreement(gates, devices),
    errorRate(gates, figures),
    latency(gates, devices),
    drift(gates, figures),
    disagreement(gates, devices),
  ];
}

function figuresOf(devices: readonly Asked[]): Figures[] {
  return devices.flatMap(({ outcome }) => ('figures' in outcome && outcome.figures ? [outcome.figures] : []));
}

function failed({ maxFailed }: Gates, devices: readonly Asked[]): GateResult {
  const bad = devices.filter(({ outcome, late }) => late || outcome.state === 'failed');
  if (devices.length === 0) return notJudged('failed', maxFailed, 'no device was asked yet');
  const first = bad[0];
  const example = first ? `; ${first.id}: ${progressText(progressOf(first.outcome, first.late))}` : '';
  const share = bad.length / devices.length;
  const reason = `${bad.length} of ${devices.length} devices failed, ${allowedShare(maxFailed)} may${example}`;
  return { gate: 'failed', state: share > maxFailed ? 'tripped' : 'ok', value: share, limit: maxFailed, reason };
}

function allowedShare(limit: number): string {
  return limit === 0 ? 'none' : `${text(limit * 100)} % at most`;
}

function agreement({ minAgreement, minFrames }: Gates, devices: readonly Asked[]): GateResult {
  const shadows = devices.flatMap(({ outcome }) =>
    outcome.state !== 'waiting' && outcome.shadow ? [outcome.shadow] : [],
  );
  const frames = sum(shadows.map((s) => s.frames));
  if (frames === 0 || frames < minFrames) {
    return notJudged('agreement', minAgreement, `${frames} frames in shadow; ${minFrames} are needed`);
  }
  // Skip devices without findings; the others count by how much they found.
  const seen = sum(shadows.map((s) => s.seen));
  if (seen === 0) return notJudged('agreement', minAgreement, `nothing was seen in ${frames} frames of shadow`);
  const value = sum(shadows.map((s) => s.agreement * s.seen)) / seen;
  return result(
    'agreement',
    value,
    minAgreement,
    'below',
    `agreement of ${text(value)} over ${frames} frames in shadow`,
  );
}

function errorRate({ maxErrorRate, minFrames }: Gates, figures: readonly Figures[]): GateResult {
  const [frames, errors] = [sum(figures.map((f) => f.frames)), sum(figures.map((f) => f.errors))];
  // Errors without a frame are no lack of evidence.
  const total = frames + errors;
  if (total === 0 || total < minFrames) {
    return notJudged('error-rate', maxErrorRate, `${frames} frames served; ${minFrames} are needed`);
  }
  const value = errors / total;
  return result('error-rate', value, maxErrorRate, 'above', `${errors} errors in ${total} frames`);
}

/**
 * By the shadow, where there was one: candidate and incumbent took turns on the same frames, so load fell on both. Else by
 * the latencies in service, now and before: these were measured at different times, so both median and p95 must have grown,
 * and by more than decoding and scaling of the same frames, which no model changes.
 */
function latency({ maxLatencyRatio, minFrames }: Gates, devices: readonly Asked[]): GateResult {
  const pairs = devices.flatMap(({ outcome }) =>
    outcome.state !== 'waiting' && outcome.shadow?.timeRatio ? [outcome.shadow.timeRatio] : [],
  );
  const compared = sum(pairs.map((p) => p.pairs));
  if (pairs.length > 0 && compared >= minFrames) return byPairs(maxLatencyRatio, pairs, compared);
  const figures = figuresOf(devices);
  const ratios = figures.flatMap((f) => {
    const ratio = f.frames > 0 ? inService(f) : undefined;
    return ratio === undefined ? [] : [ratio];
  });
  const frames = sum(figures.map((f) => f.frames));
  if (ratios.length === 0 || frames < minFrames) {
    const why = `${compared} frames in shadow, and ${ratios.length} devices have a latency before and after`;
    return notJudged('latency', maxLatencyRatio, why);
  }
  const value = middle(ratios);
  const reason = `a frame takes ${text(value)}× as long as before, the machine's load considered (${medianOf(ratios)})`;
  return result('latency', value, maxLatencyRatio, 'above', reason);
}

function byPairs(limit: number, pairs: readonly PairedRatio[], frames: number): GateResult {
  const [value, low] = [middle(pairs.map((p) => p.median)), middle(pairs.map((p) => p.low))];
  const reason = `${text(value)}× the time on the same frame, surely above ${text(low)}×, over ${frames} frames in shadow (${medianOf(pairs)})`;
  const judged = result('latency', value, limit, 'above', reason);
  return judged.state === 'tripped' && !isSlower({ median: value, low }, limit)
    ? { ...judged, state: 'ok', reason: `${reason}; that is too uncertain to stop it` }
    : judged;
}

/** How much longer a frame takes than before; undefined when it was not measured. */
function inService({ latency, latencyBefore, prepare, prepareBefore }: Figures): number | undefined {
  if (!latency || !latencyBefore?.p50 || !latencyBefore.p95) return undefined;
  const load = prepare && prepareBefore ? Math.max(1, prepare / prepareBefore) : 1;
  return Math.min(latency.p50 / latencyBefore.p50, latency.p95 / latencyBefore.p95) / load;
}

/** The middle one; of two the greater. */
function middle(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function medianOf(devices: readonly unknown[]): string {
  return devices.length === 1 ? '1 device' : `median of ${devices.length} devices`;
}

function drift({ drift: { test, max } }: Gates, figures: readonly Figures[]): GateResult {
  const both = figures.flatMap(({ scores, scoresBefore }) =>
    scores && scoresBefore ? [{ scores, scoresBefore }] : [],
  );
  const [before, now] = [pooled(both.map((b) => b.scoresBefore)), pooled(both.map((b) => b.scores))];
  if (Math.min(sum(before), sum(now)) < MIN_SCORES) {
    return notJudged('drift', max, `${sum(now)} scores now and ${sum(before)} before; ${MIN_SCORES} are needed`);
  }
  const value = test === 'psi' ? populationStability(before, now) : kolmogorovSmirnov(before, now);
  return result('drift', value, max, 'above', `scores moved by ${text(value)} (${test.toUpperCase()})`);
}

/** By the hub's model, which looks at frames that chance chose: the lower end of the interval has to be above what is allowed. */
function disagreement({ maxDisagreement: max, minOpinions }: Gates, devices: readonly Asked[]): GateResult {
  const found = differenceOf(devices.flatMap(({ strata = [] }) => strata));
  const { now, before } = found?.frames ?? { now: 0, before: 0 };
  if (!found || Math.min(now, before) < minOpinions) {
    const frames = `the hub has looked at ${now} frames that chance chose, and at ${before} of the model before`;
    return notJudged('disagreement', max, `${frames}; ${minOpinions} of each are needed`);
  }
  const shares = `disagrees with the hub on ${percent(found.now)} of ${now} frames, before on ${percent(found.before)} of ${before}`;
  const reason = `${shares}: ${points(found.value)} points more (${points(found.from)} to ${points(found.to)})`;
  const tripped = found.from > max;
  const allowed = `at most ${points(max)} are allowed, by the lower end`;
  return {
    gate: 'disagreement',
    state: tripped ? 'tripped' : 'ok',
    value: found.value,
    limit: max,
    reason: `${reason}; ${allowed}`,
  };
}

const points = (share: number) => text(Math.round(share * 1000) / 10);
const percent = (share: number) => `${points(share)} %`;

function result(gate: GateName, value: number, limit: number, bad: 'above' | 'below', reason: string): GateResult {
  const tripped = bad === 'above' ? value > limit : value < limit;
  const allowed = bad === 'above' ? `at most ${limit} is allowed` : `at least ${limit} is needed`;
  return { gate, state: tripped ? 'tripped' : 'ok', value, limit, reason: `${reason}; ${allowed}` };
}

function notJudged(gate: GateName, limit: number, reason: string): GateResult {
  return { gate, state: 'not judged', limit, reason };
}

function text(value: number): string {
  return value.toFixed(3).replace(/\.?0+$/, '');
}
