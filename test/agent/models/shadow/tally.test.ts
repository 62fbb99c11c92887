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
  expect(judgeShadow(after(100, good, { outcome: none, ms: 10 }), policy)).toMatch(/agrees .* by 0\.000/);
  expect(judgeShadow(after(100, good, { outcome: one, ms: 21 }), policy)).toMatch(/2\.10 times as long/);
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
