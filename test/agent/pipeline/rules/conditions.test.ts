import { expect, test } from 'vitest';
import type { Outcome } from '../../../../shared/engine/outcome.ts';
import { person, playFrames, times, told } from './play.ts';

const frame = (...objects: ReturnType<typeof person>[]) => ({ objects });
const here = frame(person(0.5, 0.5));
const absence = { kind: 'absence', name: 'post', labels: ['person'], afterS: 2, frames: 2 };

test('absence: after so many seconds without, and the end when one is back', () => {
  const events = playFrames(absence, [...times(5, here), ...times(40, {}), ...times(5, here)]);
  expect(told(events)).toEqual(['25:start:0', '46:end:1']);
  expect(events[0]).toMatchObject({ label: 'person', score: 0, ruleKind: 'absence' });
  expect(events[0]).not.toHaveProperty('box');
  expect(events[1]).toMatchObject({ label: 'person', score: 0.9, box: person(0.5, 0.5).box, snapshot: true });
});

test('absence: from the very beginning, and told once', () => {
  const events = playFrames({ ...absence, labels: ['person', 'car'] }, times(100, {}));
  expect(told(events)).toEqual(['20:start:0']);
  expect(events[0]?.label).toBe('person|car');
});

test('absence: other labels and one false alarm are nobody', () => {
  const frames = [...times(10, frame(person(0.5, 0.5, 1, 'dog'))), here, ...times(20, {})];
  expect(told(playFrames(absence, frames))).toEqual(['20:start:0']);
});

test('absence: somebody who is seen now and then is present', () => {
  const seldom = Array.from({ length: 100 }, (_, i) => (i % 12 < 2 ? here : {}));
  expect(playFrames(absence, seldom)).toEqual([]);
});

test('absence: while nobody looked, nobody was missed', () => {
  const frames = [...times(5, here), { stepMs: 3_600_000 }, ...times(10, {})];
  expect(playFrames(absence, frames)).toEqual([]);
});

const anomaly = (score: number, threshold = 2): { outcome: Outcome } => ({
  outcome: { task: 'anomaly', score, threshold, anomalous: score > threshold },
});

test('anomaly: start and end after n of m frames, with the score in its own units', () => {
  const frames = [1, 5, 1, 6, 7, 1, 8, 1, 1, 1].map((score) => anomaly(score));
  const events = playFrames({ kind: 'anomaly', name: 'pump', frames: 3, of: 4 }, frames);
  expect(events.map((e) => `${e.frame}:${e.action}`)).toEqual(['4:start', '8:end']);
  expect(events[0]).toMatchObject({ label: 'anomaly', value: 7, threshold: 2, score: 7 / 9, snapshot: true });
  expect(events[1]).toMatchObject({ value: 1, snapshot: false });
});

test.each([
  [0, 2],
  [-3, 2],
  [5, 0],
  [5, -1],
  [1e300, 1e-300],
  [Number.MAX_VALUE, Number.MAX_VALUE],
])('anomaly: score %d at threshold %d gives an event score of 0 to 1', (score, threshold) => {
  const outcome: Outcome = { task: 'anomaly', score, threshold, anomalous: true };
  const [event] = playFrames({ kind: 'anomaly', name: 'pump', frames: 1 }, [{ outcome }]);
  expect(event?.score).toBeGreaterThanOrEqual(0);
  expect(event?.score).toBeLessThanOrEqual(1);
});

test('anomaly: outcomes of other tasks are passed over', () => {
  expect(playFrames({ kind: 'anomaly', name: 'pump' }, times(10, here))).toEqual([]);
});

test('a schedule: nothing outside of it, and each time it begins afresh', () => {
  const at = (iso: string) => ({ ...here, wall: Date.parse(iso) });
  const frames = [
    at('2026-03-02T07:59:00Z'),
    at('2026-03-02T07:59:30Z'),
    at('2026-03-02T08:00:00Z'),
    at('2026-03-02T08:00:30Z'),
    at('2026-03-02T09:00:00Z'),
    at('2026-03-03T08:00:00Z'),
    at('2026-03-03T08:00:01Z'),
  ];
  const config = { kind: 'threshold', name: 'any', frames: 2, schedule: { cron: ['* 8 * * *'], timezone: 'UTC' } };
  expect(told(playFrames(config, frames))).toEqual(['3:start:1', '6:start:1']);
});

test('threshold: a gap delays a start, and drops it when it no longer holds', () => {
  const config = { kind: 'threshold', name: 'any', frames: 1, minGapS: 2 };
  const frames = [here, {}, here, {}, ...times(30, here)];
  expect(told(playFrames(config, frames))).toEqual(['0:start:1', '1:end:0', '20:start:1']);
});

const line = {
  kind: 'line',
  name: 'door',
  points: [
    [0, 0.5],
    [1, 0.5],
  ],
};
const walk = (ys: number[]) => ys.map((y) => frame(person(0.5, y)));

test('line: n frames on the other side make a crossing, and going back before is none', () => {
  const config = { ...line, frames: 3 };
  expect(told(playFrames(config, walk([0.4, 0.6, 0.6, 0.4, 0.4, 0.6, 0.6, 0.6])))).toEqual(['7:forward:1']);
});

test('line: crossings within the gap are counted, not told', () => {
  const ys = [0.4, 0.6, 0.4, 0.6, 0.4, ...times(20, 0.4), 0.6];
  expect(told(playFrames({ ...line, minGapS: 1 }, walk(ys)))).toEqual(['1:forward:1', '2:backward:1', '25:forward:3']);
});

test('line: around its end and back over it with hysteresis is one crossing', () => {
  const short = {
    ...line,
    points: [
      [0.4, 0.5],
      [0.6, 0.5],
    ],
    frames: 2,
  };
  const around = [
    person(0.5, 0.4),
    person(0.8, 0.4),
    person(0.8, 0.6),
    person(0.5, 0.6),
    person(0.5, 0.4),
    person(0.5, 0.3),
  ];
  expect(
    told(
      playFrames(
        short,
        around.map((p) => frame(p)),
      ),
    ),
  ).toEqual(['5:backward:1']);
});
