import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agreementOf } from '../../../../agent/models/shadow/agree.ts';
import { type Answer, createTally, isHopeless, judgeShadow } from '../../../../agent/models/shadow/tally.ts';
import { proofPolicy } from '../../../../shared/contract/messages/desired.ts';
import { shadowResult } from '../../../../shared/contract/messages/model-report.ts';
import type { Box } from '../../../../shared/contract/names.ts';
import type { Outcome } from '../../../../shared/engine/outcome.ts';

const part = fc.double({ min: 0, max: 1, noNaN: true });
const detection = fc
  .record({
    label: fc.constantFrom('person', 'car'),
    score: part,
    x: part,
    y: part,
    side: fc.double({ min: 0.05, max: 0.5, noNaN: true }),
  })
  .map(({ label, score, x, y, side }) => ({ label, score, box: [x, y, side, side] as Box }));
const outcome = fc.array(detection, { maxLength: 6 }).map((detections): Outcome => ({ task: 'detect', detections }));

test('a model agrees with itself wholly, agreement is mutual, and shifts have opposite signs', () => {
  fc.assert(
    fc.property(outcome, outcome, (a, b) => {
      const self = agreementOf(a, a);
      expect(self.shared).toBe(self.seen);
      const [ab, ba] = [agreementOf(a, b), agreementOf(b, a)];
      expect(ab.shared).toBe(ba.shared);
      expect(ab.shared).toBeLessThanOrEqual(ab.seen);
      const sum = (of: readonly number[]) => of.reduce((total, n) => total + n, 0);
      expect(sum(ab.shifts)).toBeCloseTo(-sum(ba.shifts), 9);
    }),
  );
});

test('swapped labels share nothing, however well the boxes lie', () => {
  fc.assert(
    fc.property(outcome, (a) => {
      if (a.task !== 'detect') return;
      const swapped = a.detections.map((d) => ({ ...d, label: d.label === 'car' ? 'person' : 'car' }));
      const only = a.detections.filter((d) => d.label === 'car');
      const other = swapped.filter((d) => d.label === 'person');
      expect(agreementOf({ task: 'detect', detections: only }, { task: 'detect', detections: other }).shared).toBe(0);
    }),
  );
});

test('classes agree by the best, anomalies by their verdict', () => {
  const classes = (label: string, score: number): Outcome => ({ task: 'classify', classes: [{ label, score }] });
  expect(agreementOf(classes('cat', 0.9), classes('cat', 0.6))).toEqual({
    seen: 2,
    shared: 2,
    shifts: [expect.closeTo(-0.3)],
  });
  expect(agreementOf(classes('cat', 0.9), classes('dog', 0.9)).shared).toBe(0);
  const anomaly = (score: number): Outcome => ({ task: 'anomaly', score, threshold: 10, anomalous: score > 10 });
  expect(agreementOf(anomaly(11), anomaly(99)).shared).toBe(2);
  expect(agreementOf(anomaly(9), anomaly(11)).shared).toBe(0);
  expect(agreementOf(classes('cat', 1), anomaly(1))).toEqual({ seen: 2, shared: 0, shifts: [] });
});

const one: Outcome = { task: 'detect', detections: [{ label: 'person', score: 0.9, box: [0, 0, 0.5, 0.5] }] };
const none: Outcome = { task: 'detect', detections: [] };
const policy = proofPolicy.parse({ shadowFrames: 100 });

function after(frames: number, incumbent: Answer, candidate: Answer) {
  const tally = createTally(100);
  for (let i = 0; i < frames; i++) tally.add(incumbent, candidate);
  return shadowResult.parse(tally.result());
}

test('the verdict names what is wrong, with its figures', () => {
  const good = { outcome: one, ms: 10 };
  expect(judgeShadow(after(100, good, good), policy)).toBeUndefined();
  expect(judgeShadow(after(100, { outcome: none, ms: 1 }, { outcome: none, ms: 1 }), policy)).toBeUndefined();
  expect(judgeShadow(after(9, good, good), policy)).toMatch(/only 9 of 100 frames/);
  expect(judgeShadow(after(10, good, good), policy)).toBeUndefined();
  expect(judgeShadow(after(100, good, { outcome: none, ms: 10 }), policy)).toMatch(/agreement .* is 0\.000/);
  expect(judgeShadow(after(100, good, { outcome: one, ms: 21 }), policy)).toBe(
    'it takes 2.10 times as long on the same frame (2.10 to 2.10 is sure after 100 frames; median 21.0 ms against 10.0); at most 1.5 times is allowed',
  );
  const failing = after(3, good, { error: 'NaN' });
  expect(isHopeless(failing, policy)).toBe(true);
  expect(judgeShadow(failing, policy)).toMatch(/failed on 3 of 3 frames/);
});

test('a few slow frames of a busy machine are no reason to refuse', () => {
  const tally = createTally(100);
  for (let i = 0; i < 100; i++) tally.add({ outcome: one, ms: 10 }, { outcome: one, ms: i % 10 === 0 ? 80 : 10 });
  expect(tally.result().latencyMs.candidate.p95).toBe(80);
  expect(judgeShadow(tally.result(), policy)).toBeUndefined();
});

const seen = (score: number): Outcome => ({
  task: 'detect',
  detections: [{ label: 'person', score, box: [0, 0, 0.5, 0.5] }],
});

test('latencies are quantiles of the answers of each side, the median and the 95th apart; errors take no time', () => {
  const tally = createTally(100);
  for (let ms = 1; ms <= 100; ms++) tally.add({ outcome: none, ms: 2 * ms }, { outcome: none, ms });
  tally.add({ error: 'NaN' }, { error: 'NaN' });
  expect(tally.result().latencyMs).toEqual({ incumbent: { p50: 102, p95: 192 }, candidate: { p50: 51, p95: 96 } });
  const one = after(1, { outcome: none, ms: 7 }, { error: 'x' });
  expect(one.latencyMs).toEqual({ incumbent: { p50: 7, p95: 7 }, candidate: { p50: 0, p95: 0 } });
  expect(one.timeRatio).toBeUndefined();
  expect(createTally(5).result()).toEqual({
    frames: 0,
    wanted: 5,
    agreement: 0,
    seen: 0,
    confidenceShift: 0,
    latencyMs: { incumbent: { p50: 0, p95: 0 }, candidate: { p50: 0, p95: 0 } },
    errors: { incumbent: 0, candidate: 0 },
    scores: { incumbent: new Array(10).fill(0), candidate: new Array(10).fill(0) },
  });
});

test('only frames that both answered count for agreement; errors count for whoever made them', () => {
  const tally = createTally(10);
  tally.add({ outcome: seen(0.9), ms: 1 }, { outcome: seen(0.7), ms: 1 });
  tally.add({ outcome: seen(0.9), ms: 1 }, { error: 'x' });
  tally.add({ error: 'x' }, { outcome: seen(0.9), ms: 1 });
  tally.add({ outcome: seen(0.9), ms: 1 }, { outcome: none, ms: 1 });
  tally.add({ outcome: seen(0.5), ms: 1 }, { outcome: seen(0.4), ms: 1 });
  const result = tally.result();
  expect(result).toMatchObject({ frames: 5, wanted: 10, seen: 5, errors: { incumbent: 1, candidate: 1 } });
  expect(result.agreement).toBeCloseTo(4 / 5);
  expect(result.confidenceShift).toBeCloseTo(-0.15);
  expect(after(3, { error: 'x' }, { error: 'x' }).agreement).toBe(0);
  // What is told is of now, and does not change later.
  const { scores } = result;
  const before = structuredClone(scores);
  tally.add({ outcome: seen(0.9), ms: 1 }, { outcome: seen(0.7), ms: 1 });
  expect(scores).toEqual(before);
});

test('scores fall into ten equal bins, the best into the last, of each side its own', () => {
  const tally = createTally(10);
  const candidate = [0.5, 0.95, 1, 1, 0.25, 0.2];
  for (const [i, score] of [0, 0.0999, 0.1, 0.55, 0.9, 1].entries())
    tally.add({ outcome: seen(score), ms: 1 }, { outcome: seen(candidate[i] ?? 0), ms: 1 });
  expect(tally.result().scores).toEqual({
    incumbent: [2, 1, 0, 0, 0, 1, 0, 0, 0, 2],
    candidate: [0, 0, 2, 0, 0, 1, 0, 0, 0, 3],
  });
});

test('the bounds of the verdict, each by itself', () => {
  const good = after(100, { outcome: seen(0.9), ms: 10 }, { outcome: seen(0.9), ms: 10 });
  const of = (more: Partial<typeof good>) => judgeShadow({ ...good, ...more }, policy);
  const p = { ...policy, minAgreement: 0.8, maxErrorRate: 0.1, maxLatencyRatio: 1.5 };
  const under = (more: Partial<typeof good>) => judgeShadow({ ...good, ...more }, p);
  expect(of({})).toBeUndefined();
  expect(under({ agreement: 0.8 })).toBeUndefined();
  expect(under({ agreement: 0.799 })).toMatch(/its agreement/);
  expect(under({ errors: { incumbent: 50, candidate: 10 } })).toBeUndefined();
  expect(under({ errors: { incumbent: 0, candidate: 11 } })).toBe(
    'it failed on 11 of 100 frames (11.0 %; at most 10.0 %)',
  );
  // Too few frames to judge a rate, and not hopeless yet; then hopeless.
  expect(under({ frames: 9, errors: { incumbent: 0, candidate: 9 } })).toMatch(/only 9 of 100/);
  expect(under({ frames: 10, errors: { incumbent: 0, candidate: 2 } })).toMatch(/failed on 2 of 10/);
  expect(isHopeless({ ...good, errors: { incumbent: 99, candidate: 10 } }, p)).toBe(false);
  expect(isHopeless({ ...good, errors: { incumbent: 0, candidate: 11 } }, p)).toBe(true);
  const times = (median: number, low: number) => under({ timeRatio: { pairs: 100, median, low, high: 2 * median } });
  expect(times(1.5, 1.4)).toBeUndefined();
  expect(times(1.51, 1)).toBeUndefined();
  expect(times(1.51, 1.01)).toMatch(
    /^it takes 1\.51 times as long on the same frame \(1\.01 to 3\.02 is sure after 100/,
  );
});

test('of many latencies a sample of a bounded size is kept, and it still says what they are', () => {
  const tally = createTally(20_000);
  for (let i = 0; i < 20_000; i++) tally.add({ outcome: none, ms: i % 100 }, { outcome: none, ms: 1 + (i % 100) });
  const { incumbent, candidate } = tally.result().latencyMs;
  for (const [is, should] of [
    [incumbent.p50, 50],
    [incumbent.p95, 95],
    [candidate.p50, 51],
    [candidate.p95, 96],
  ] as const)
    expect(Math.abs(is - should)).toBeLessThan(5);
});
