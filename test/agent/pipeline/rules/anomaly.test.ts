import { expect, test } from 'vitest';
import type { Outcome } from '../../../../shared/engine/outcome.ts';
import { frame, person, playFrames, times } from './play.ts';

const anomaly = (score: number, threshold = 2): { outcome: Outcome } => ({
  outcome: { task: 'anomaly', score, threshold, anomalous: score > threshold },
});

test('start and end after n of m frames, with the score in its own units', () => {
  const frames = [1, 5, 1, 6, 7, 1, 8, 1, 1, 1].map((score) => anomaly(score));
  const pump = { kind: 'anomaly', name: 'pump', frames: 3, of: 4 };
  const common = { rule: 'pump', ruleKind: 'anomaly', label: 'anomaly', threshold: 2 };
  const peak = (score: number, ptsMs: number) => ({
    peak: { ptsMs, outcome: anomaly(score).outcome, values: undefined },
  });
  expect(playFrames(pump, frames)).toEqual([
    {
      ...{ ...common, frame: 4, ptsMs: 500, action: 'start', value: 7, score: expect.closeTo(7 / 9, 9) },
      ...{ ...peak(7, 500), snapshot: true },
    },
    {
      ...{ ...common, frame: 8, ptsMs: 900, action: 'end', value: 1, score: expect.closeTo(1 / 3, 9) },
      ...{ ...peak(8, 700), durationMs: 700, snapshot: false },
    },
  ]);
  const bare = playFrames({ ...pump, snapshot: false }, frames);
  expect(bare.map((event) => event.snapshot)).toEqual([false, false]);
});

const huge = Number.MAX_VALUE;

test.each([
  [0, 2, 0],
  [-3, 2, 0],
  [2, 2, 0.5],
  [6, 2, 0.75],
  [5, 0, 1],
  [5, -1, 1],
  [-5, -10, 1],
  [0, 0, 1],
  [1e300, 1e-300, 1],
  [huge, huge, 0.5],
  [huge, huge / 3, 0.75],
])('score %d at threshold %d gives an event score of 0 to 1: %d', (score, threshold, expected) => {
  const pump = { kind: 'anomaly', name: 'pump', frames: 1 };
  const outcome: Outcome = { task: 'anomaly', score, threshold, anomalous: true };
  const usual: Outcome = { ...outcome, anomalous: false };
  const [start, end] = playFrames(pump, [{ outcome }, { outcome: usual }]);
  expect(start).toMatchObject({ action: 'start', score: expect.closeTo(expected, 9), value: score, threshold });
  // Where the threshold gives no measure, what the model says decides.
  const measured = threshold > 0;
  expect(end).toMatchObject({
    action: 'end',
    score: expect.closeTo(measured ? expected : 0, 9),
    value: score,
    threshold,
  });
});

test('the greatest score counts also from before the start was certain; one that came to nothing does not', () => {
  const scores = [90, 1, 1, 1, 9, 5, 5, 1, 1, 1];
  const events = playFrames(
    { kind: 'anomaly', name: 'pump', frames: 3 },
    scores.map((score) => anomaly(score)),
  );
  expect(events.map(({ action, peak, durationMs }) => [action, peak?.outcome.score, durationMs])).toEqual([
    ['start', 9, undefined],
    ['end', 9, 500],
  ]);
});

test('outcomes of other tasks are passed over', () => {
  expect(playFrames({ kind: 'anomaly', name: 'pump' }, times(10, frame(person(0.5, 0.5))))).toEqual([]);
});
