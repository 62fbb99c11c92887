import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agreementOf } from '../../../cloud-hub/quantize/agreement.ts';
import type { Outcome } from '../../../shared/engine/outcome.ts';

type Box = [string, number, number, number, number, number];
const detect = (...boxes: Box[]): Outcome => ({
  task: 'detect',
  detections: boxes.map(([label, score, x, y, w, h]) => ({ label, score, box: [x, y, w, h] })),
});
const person: Box = ['person', 0.9, 0.1, 0.1, 0.2, 0.4];

test.each<[string, Outcome, Outcome, object]>([
  ['the same', detect(person), detect(person), { recall: 1, precision: 1, agreement: 1, scoreDrift: 0 }],
  ['one is missing', detect(person, ['car', 0.8, 0.5, 0.5, 0.2, 0.2]), detect(person), { recall: 0.5, precision: 1 }],
  ['one too many', detect(person), detect(person, ['car', 0.8, 0.5, 0.5, 0.2, 0.2]), { recall: 1, precision: 0.5 }],
  [
    'another label',
    detect(person),
    detect(['car', 0.9, 0.1, 0.1, 0.2, 0.4]),
    { recall: 0, precision: 0, agreement: 0 },
  ],
  ['moved too far', detect(person), detect(['person', 0.9, 0.2, 0.1, 0.2, 0.4]), { recall: 0 }],
  [
    'moved a little',
    detect(person),
    detect(['person', 0.8, 0.12, 0.1, 0.2, 0.4]),
    { recall: 1, worstDrift: expect.closeTo(0.1) },
  ],
  ['two for one', detect(person), detect(person, person), { recall: 1, precision: 0.5 }],
  ['nothing at all', detect(), detect(), { agreement: 1, boxes: 0 }],
  ['something out of nothing', detect(), detect(person), { agreement: 0, recall: 1, precision: 0 }],
  ['nothing left', detect(person), detect(), { agreement: 0, precision: 0 }],
])('boxes: %s', (_what, a, b, wanted) => {
  expect(agreementOf([[a, b]])).toMatchObject(wanted);
});

test('classes, verdicts and vectors', () => {
  const classes = (best: string, score: number): Outcome => ({ task: 'classify', classes: [{ label: best, score }] });
  expect(
    agreementOf([
      [classes('a', 0.9), classes('a', 0.7)],
      [classes('a', 0.9), classes('b', 0.9)],
    ]),
  ).toMatchObject({ top1: 0.5, agreement: 0.5, worstDrift: 0.9 });
  const verdict = (score: number): Outcome => ({ task: 'anomaly', score, threshold: 2, anomalous: score > 2 });
  expect(
    agreementOf([
      [verdict(1), verdict(1.5)],
      [verdict(3), verdict(1)],
    ]),
  ).toMatchObject({ agreement: 0.5, worstDrift: 1 });
  const vector = (...v: number[]): Outcome => ({ task: 'embed', vector: Float32Array.from(v) });
  expect(
    agreementOf([
      [vector(1, 0), vector(2, 0)],
      [vector(1, 0), vector(0, 1)],
    ]).agreement,
  ).toBeCloseTo(0.5);
});

test('whatever is found: between 0 and 1, the same with itself, and swapping sides swaps recall and precision', () => {
  const side = fc.double({ min: 0.01, max: 0.5, noNaN: true });
  const box = fc.tuple(fc.constantFrom('a', 'b'), fc.double({ min: 0, max: 1, noNaN: true }), side, side, side, side);
  const outcome = fc.uniqueArray(box, { maxLength: 6 }).map((boxes) => detect(...boxes));
  fc.assert(
    fc.property(outcome, outcome, (a, b) => {
      const [ab, ba] = [agreementOf([[a, b]]), agreementOf([[b, a]])];
      expect(ab.agreement).toBeGreaterThanOrEqual(0);
      expect(ab.agreement).toBeLessThanOrEqual(1);
      expect(agreementOf([[a, a]]).agreement).toBe(1);
      if (ab.boxes && ba.boxes) expect(ab.recall).toBeCloseTo(ba.precision ?? -1);
    }),
  );
});
