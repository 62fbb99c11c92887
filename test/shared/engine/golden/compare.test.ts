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
])('%s', (_what, outcome, expected, told) => {
  const found = differences(outcome, goldenOutput.parse(expected), strict, 0.3).join('; ');
  if (told) expect(found).toMatch(told);
  else expect(found).toBe('');
});

test('fewer bits have a wider tolerance, never none', () => {
  const golden = { input: 'i', output: 'o', ...strict };
  expect(toleranceOf(golden, 'fp32')).toEqual(strict);
  expect(toleranceOf(golden, 'int8')).toEqual({ boxIou: 0.65, score: 0.2 });
});
