import { expect, test } from 'vitest';
import { differences, goldenOutput, toleranceOf } from '../../../../shared/engine/golden/compare.ts';
import type { Outcome } from '../../../../shared/engine/outcome.ts';

const strict = { boxIou: 0.9, score: 0.05 };
const box = (label: string, score: number, x = 0.1) => ({
  label,
  score,
  box: [x, 0.1, 0.2, 0.2] as [number, number, number, number],
});
const detect = (...detections: ReturnType<typeof box>[]): Outcome => ({ task: 'detect', detections });

test.each<[string, Outcome, object, RegExp | undefined]>([
  ['the same', detect(box('a', 0.9)), { detections: [box('a', 0.9)] }, undefined],
  ['a score off', detect(box('a', 0.8)), { detections: [box('a', 0.9)] }, /has the score 0\.8, not 0\.9/],
  [
    'a box off',
    detect(box('a', 0.9, 0.15)),
    { detections: [box('a', 0.9)] },
    /is missing; the nearest overlaps by 0\.6/,
  ],
  ['another label', detect(box('b', 0.9)), { detections: [box('a', 0.9)] }, /"a" at .* is missing/],
  ['one too many', detect(box('a', 0.9), box('a', 0.8, 0.6)), { detections: [box('a', 0.9)] }, /is one too many/],
  ['one near the threshold less', detect(), { detections: [box('a', 0.32)] }, undefined],
  ['one near the threshold more', detect(box('a', 0.32)), { detections: [] }, undefined],
  [
    'a class',
    { task: 'classify', classes: [{ label: 'a', score: 0.7 }] },
    { classes: [{ label: 'a', score: 0.72 }] },
    undefined,
  ],
  [
    'another class',
    { task: 'classify', classes: [{ label: 'b', score: 0.7 }] },
    { classes: [{ label: 'a', score: 0.72 }] },
    /"a" has the score 0/,
  ],
  ['an anomaly', { task: 'anomaly', score: 2.05, threshold: 2, anomalous: true }, { score: 2 }, undefined],
  [
    'an anomaly off',
    { task: 'anomaly', score: 3, threshold: 2, anomalous: true },
    { score: 2 },
    /the score is 3, not 2/,
  ],
  ['another task', detect(), { score: 1 }, /answers with "detect", the sample holds score/],
])('%s', (_what, outcome, expected, reported) => {
  const found = differences(outcome, goldenOutput.parse(expected), strict, 0.3).join('; ');
  if (reported) expect(found).toMatch(reported);
  else expect(found).toBe('');
});

test('fewer bits have a wider tolerance, never none', () => {
  const golden = { input: 'i', output: 'o', ...strict };
  expect(toleranceOf(golden, 'fp32')).toEqual(strict);
  expect(toleranceOf(golden, 'int8')).toEqual({ boxIou: 0.65, score: 0.2 });
});

test('what differs by exactly the tolerance agrees, by more it does not', () => {
  const tolerance = { boxIou: 0.5, score: 0.25 };
  const reported = (outcome: Outcome, expected: object, threshold = 0.25) =>
    differences(outcome, goldenOutput.parse(expected), tolerance, threshold);
  expect(reported(detect(box('a', 0.75)), { detections: [box('a', 1)] })).toEqual([]);
  expect(reported(detect(box('a', 1)), { detections: [box('a', 0.75)] })).toEqual([]);
  expect(reported(detect(box('a', 0.74)), { detections: [box('a', 1)] })).toHaveLength(1);
  // Two thirds of a box: half of what both cover together.
  const third = { ...box('a', 1), box: [0, 0, 0.3, 0.3] as [number, number, number, number] };
  const moved = { ...third, box: [0.1, 0, 0.3, 0.3] as [number, number, number, number] };
  expect(differences(detect(moved), { detections: [third] }, { boxIou: 0.49, score: 0.25 }, 0.25)).toEqual([]);
  expect(differences(detect(moved), { detections: [third] }, { boxIou: 0.51, score: 0.25 }, 0.25)).toEqual([
    '"a" at [0, 0, 0.3, 0.3] is missing; the nearest overlaps by 0.5',
    '"a" at [0.1, 0, 0.3, 0.3] with the score 1 is one too many',
  ]);
  // Near the threshold: what is not above it by more than the tolerance may be missing, or be one more.
  expect(reported(detect(), { detections: [box('a', 0.5)] })).toEqual([]);
  expect(reported(detect(), { detections: [box('a', 0.51)] })).toHaveLength(1);
  expect(reported(detect(box('a', 0.5)), { detections: [] })).toEqual([]);
  expect(reported(detect(box('a', 0.51)), { detections: [] })).toHaveLength(1);
  const classes = (score: number): Outcome => ({ task: 'classify', classes: [{ label: 'a', score }] });
  expect(reported(classes(0.5), { classes: [{ label: 'a', score: 0.75 }] })).toEqual([]);
  expect(reported(classes(0.49), { classes: [{ label: 'a', score: 0.75 }] })).toHaveLength(1);
  expect(reported({ task: 'classify', classes: [] }, { classes: [{ label: 'a', score: 0.5 }] })).toEqual([]);
  expect(reported({ task: 'classify', classes: [] }, { classes: [{ label: 'a', score: 0.51 }] })).toEqual([
    '"a" has the score 0, not 0.51',
  ]);
  const anomaly = (score: number): Outcome => ({ task: 'anomaly', score, threshold: 2, anomalous: false });
  expect([reported(anomaly(1.5), { score: 1 }), reported(anomaly(0.5), { score: 1 })]).toEqual([[], []]);
  expect(reported(anomaly(1.51), { score: 1 })).toHaveLength(1);
  expect(reported({ task: 'embed', vector: Float32Array.of(1) }, { score: 1 })).toHaveLength(1);
});

test('each golden box takes the nearest of its label, and none is taken twice', () => {
  const two = [box('a', 0.9), box('a', 0.8, 0.12)];
  expect(differences(detect(...two.toReversed()), { detections: two }, strict, 0.3)).toEqual([]);
  expect(
    differences(detect(two[0] ?? box('a', 1)), { detections: [box('a', 0.9), box('a', 0.9)] }, strict, 0.3),
  ).toEqual([expect.stringMatching(/is missing; the nearest overlaps by 0$/)]);
});

test('the tolerance of fewer bits ends at half', () => {
  const golden = { input: 'i', output: 'o' };
  expect(toleranceOf({ ...golden, boxIou: 0.75, score: 0.125 }, 'int8')).toEqual({ boxIou: 0.5, score: 0.5 });
  expect(toleranceOf({ ...golden, boxIou: 0.6, score: 0.3 }, 'fp16')).toEqual({ boxIou: 0.5, score: 0.5 });
});
