/** The gates of a rollout over the devices that were asked. Pure; each says its figure, its limit and why. */
import type { GateName, GateResult, Gates } from '../api/schemas/rollout.ts';
import { kolmogorovSmirnov, pooled, populationStability, sum } from './drift.ts';
import { describeLate, describeOutcome, type Figures, type Outcome } from './outcome.ts';

export interface Asked {
  readonly id: string;
  readonly outcome: Outcome;
  /** It had its time, is online, and is not done. */
  readonly late: boolean;
}

/** Scores below which a histogram says nothing. */
const MIN_SCORES = 100;

/** In the order in which they are told. */
export function judge(gates: Gates, devices: readonly Asked[]): GateResult[] {
  const figures = devices.flatMap(({ outcome }) =>
    outcome.state === 'active' && outcome.figures ? [outcome.figures] : [],
  );
  return [
    failed(gates, devices),
    agreement(gates, devices),
    errorRate(gates, figures),
    latency(gates, figures),
    drift(gates, figures),
  ];
}

function failed({ maxFailed }: Gates, devices: readonly Asked[]): GateResult {
  const bad = devices.filter(({ outcome, late }) => late || outcome.state === 'failed');
  if (devices.length === 0) return notJudged('failed', maxFailed, 'no device was asked yet');
  const first = bad[0];
  const example = first ? `; ${first.id}: ${describeFailure(first)}` : '';
  const share = bad.length / devices.length;
  const reason = `${bad.length} of ${devices.length} devices failed, ${allowedShare(maxFailed)} may${example}`;
  return { gate: 'failed', state: share > maxFailed ? 'tripped' : 'ok', value: share, limit: maxFailed, reason };
}

function allowedShare(limit: number): string {
  return limit === 0 ? 'none' : `${text(limit * 100)} % at most`;
}

function describeFailure({ outcome, late }: Asked): string {
  return late ? describeLate(outcome) : describeOutcome(outcome);
}

function agreement({ minAgreement, minFrames }: Gates, devices: readonly Asked[]): GateResult {
  const shadows = devices.flatMap(({ outcome }) =>
    outcome.state !== 'waiting' && outcome.shadow ? [outcome.shadow] : [],
  );
  const frames = sum(shadows.map((s) => s.frames));
  if (frames === 0 || frames < minFrames) {
    return notJudged('agreement', minAgreement, `${frames} frames in shadow; ${minFrames} are needed`);
  }
  // What saw nothing has nothing to say; each device weighs as much as it saw.
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

function latency({ maxLatencyRatio, minFrames }: Gates, figures: readonly Figures[]): GateResult {
  const ratios = figures
    .flatMap(({ frames, p95, p95Before }) => (frames > 0 && p95 !== undefined && p95Before ? [p95 / p95Before] : []))
    .sort((a, b) => a - b);
  const frames = sum(figures.map((f) => f.frames));
  const value = ratios[ratios.length >> 1];
  if (value === undefined || frames < minFrames) {
    return notJudged('latency', maxLatencyRatio, `${ratios.length} devices have a latency before and after`);
  }
  const reason = `p95 is ${text(value)}× the one before (median of ${ratios.length} devices)`;
  return result('latency', value, maxLatencyRatio, 'above', reason);
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
