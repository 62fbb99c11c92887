import { expect, test } from 'vitest';
import { agreementOf, scoresOf } from '../../../../agent/models/shadow/agree.ts';
import type { Box } from '../../../../shared/contract/names.ts';
import type { Outcome } from '../../../../shared/engine/outcome.ts';

const boxes = (...found: readonly [label: string, score: number, box: Box][]): Outcome => ({
  task: 'detect',
  detections: found.map(([label, score, box]) => ({ label, score, box })),
});
const classes = (...found: readonly [label: string, score: number][]): Outcome => ({
  task: 'classify',
  classes: found.map(([label, score]) => ({ label, score })),
});
const anomaly = (score: number, threshold = 10): Outcome => ({
  task: 'anomaly',
  score,
  threshold,
  anomalous: score >= threshold,
});
const vector = (...values: number[]): Outcome => ({ task: 'embed', vector: Float32Array.from(values) });

test('boxes of the same label match from half of what they cover together, in either direction', () => {
  const at = (x: number, y: number, w = 0.2, h = 0.2) => boxes(['person', 0.5, [x, y, w, h]]);
  const of = (b: Outcome) => agreementOf(at(0.4, 0.4), b).shared;
  // Moved by a third of a side they share exactly half.
  const third = 0.2 / 3;
  for (const [dx, dy] of [
    [third, 0],
    [-third, 0],
    [0, third],
    [0, -third],
  ] as const) {
    expect(of(at(0.4 + 0.99 * dx, 0.4 + 0.99 * dy))).toBe(2);
    expect(of(at(0.4 + 1.01 * dx, 0.4 + 1.01 * dy))).toBe(0);
  }
  expect(of(at(0.4, 0.4, 0.2, 0.1001))).toBe(2);
  expect(of(at(0.4, 0.4, 0.2, 0.0999))).toBe(0);
  expect(of(at(0.4, 0.4, 0.0999, 0.2))).toBe(0);
  // Apart in one direction only; touching; nothing.
  expect(of(at(0.4, 0.61))).toBe(0);
  expect(of(at(0.61, 0.4))).toBe(0);
  expect(of(at(0.4, 0.4, 0, 0))).toBe(0);
  expect(agreementOf(at(0.4, 0.4), boxes(['car', 0.5, [0.4, 0.4, 0.2, 0.2]]))).toEqual({
    seen: 2,
    shared: 0,
    shifts: [],
  });
});

test('boxes match one to one, the greatest overlap first, and a shift is the candidate’s score less the incumbent’s', () => {
  const incumbent = boxes(['person', 0.9, [0, 0, 0.2, 0.2]], ['person', 0.8, [0.02, 0, 0.2, 0.2]]);
  // Both incumbents overlap with it; the second is nearer.
  const one = agreementOf(incumbent, boxes(['person', 0.5, [0.03, 0, 0.2, 0.2]]));
  expect(one).toEqual({ seen: 3, shared: 2, shifts: [expect.closeTo(-0.3)] });
  const two = agreementOf(incumbent, boxes(['person', 0.5, [0.03, 0, 0.2, 0.2]], ['person', 1, [0, 0, 0.2, 0.2]]));
  expect(two).toEqual({ seen: 4, shared: 4, shifts: [expect.closeTo(0.1), expect.closeTo(-0.3)] });
  expect(agreementOf(boxes(), boxes())).toEqual({ seen: 0, shared: 0, shifts: [] });
  expect(agreementOf(boxes(), incumbent)).toEqual({ seen: 2, shared: 0, shifts: [] });
});

test('of classes the best counts, even when there is none', () => {
  const cat: [string, number] = ['cat', 0.9];
  const dog: [string, number] = ['dog', 0.4];
  expect(agreementOf(classes(cat, dog), classes(['cat', 0.4], ['dog', 0.3]))).toEqual({
    seen: 2,
    shared: 2,
    shifts: [-0.5],
  });
  expect(agreementOf(classes(cat, dog), classes(dog, cat))).toEqual({ seen: 2, shared: 0, shifts: [] });
  expect(agreementOf(classes(), classes())).toEqual({ seen: 2, shared: 2, shifts: [0] });
  expect(agreementOf(classes(cat), classes()).shared).toBe(0);
});

test('anomalies agree by their verdict, and their scores are shares of twice the threshold, never outside of 0 to 1', () => {
  expect(agreementOf(anomaly(4), anomaly(6))).toEqual({ seen: 2, shared: 2, shifts: [expect.closeTo(0.1)] });
  expect(agreementOf(anomaly(4), anomaly(12)).shared).toBe(0);
  // Each by its own threshold.
  expect(agreementOf(anomaly(12), anomaly(120, 100))).toEqual({ seen: 2, shared: 2, shifts: [expect.closeTo(0)] });
  expect([anomaly(-3), anomaly(5), anomaly(999)].map(scoresOf)).toEqual([[0], [0.25], [1]]);
});

test('embeddings agree by their direction, whatever their length; without one they do not', () => {
  const of = (a: Outcome, b: Outcome) => agreementOf(a, b).shared;
  expect(agreementOf(vector(1, 0), vector(3, 0))).toEqual({ seen: 2, shared: 2, shifts: [0] });
  const [cos, sin] = [0.901, Math.sqrt(1 - 0.901 ** 2)];
  expect(of(vector(2, 0), vector(cos, sin))).toBe(2);
  expect(of(vector(2, 0), vector(0.89, Math.sqrt(1 - 0.89 ** 2)))).toBe(0);
  expect(of(vector(1, 0), vector(-1, 0))).toBe(0);
  expect(of(vector(0, 0), vector(1, 0))).toBe(0);
  expect(of(vector(1, 0), vector(0, 0))).toBe(0);
  // Of other lengths: what is missing is nothing.
  expect(of(vector(1), vector(1, 0))).toBe(2);
  expect(of(vector(1, 0), vector(1))).toBe(2);
  expect(of(vector(1), vector(1, 1))).toBe(0);
});

test('outcomes of different tasks share nothing', () => {
  const all = [boxes(), classes(['cat', 1]), anomaly(1), vector(1)];
  for (const [i, a] of all.entries())
    for (const [j, b] of all.entries())
      if (i !== j) expect(agreementOf(a, b)).toEqual({ seen: 2, shared: 0, shifts: [] });
});

test('the scores of an outcome: of each detection, of the best class, of the anomaly, of no embedding', () => {
  expect(scoresOf(boxes(['a', 0.1, [0, 0, 1, 1]], ['b', 0.7, [0, 0, 1, 1]]))).toEqual([0.1, 0.7]);
  expect(scoresOf(classes(['cat', 0.6], ['dog', 0.3]))).toEqual([0.6]);
  expect(scoresOf(classes())).toEqual([]);
  expect(scoresOf(vector(1))).toEqual([]);
});
