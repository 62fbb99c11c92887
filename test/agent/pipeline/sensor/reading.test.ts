import { expect, test } from 'vitest';
import { findingsOf } from '../../../../agent/pipeline/sensor/findings.ts';
import { createReadings } from '../../../../agent/pipeline/sensor/reading.ts';

const anomaly = (score: number) => ({ task: 'anomaly' as const, score, threshold: 1, anomalous: score > 1 });

test('at most one reading a second, and one at each change of state', () => {
  const readings = createReadings();
  const reported: [number, number][] = [];
  for (let now = 0; now < 5000; now += 50) {
    const score = now >= 2300 && now < 2700 ? 9 : 0.1;
    const reading = readings.next(anomaly(score), 0, now);
    if (reading) reported.push([now, reading.score ?? -1]);
  }
  expect(reported).toEqual([
    [0, 0.1],
    [1000, 0.1],
    [2000, 0.1],
    [2300, 9],
    [2700, 0.1],
    [3700, 0.1],
    [4700, 0.1],
  ]);
});

test('the highest score of an anomaly is told, also when it came between two readings; a calm one stays below its threshold', () => {
  const readings = createReadings();
  const reported: [number, number, boolean][] = [];
  for (let now = 0; now < 6000; now += 50) {
    const score = now === 1550 ? 0.9 : now === 3400 ? 38 : now >= 2300 && now < 4500 ? 2 : 0.1;
    const reading = readings.next(anomaly(score), 0, now);
    if (reading) reported.push([now, reading.score ?? -1, reading.anomalous ?? false]);
  }
  expect(reported).toEqual([
    [0, 0.1, false],
    [1000, 0.1, false],
    [2000, 0.9, false],
    [2300, 2, true],
    [3300, 2, true],
    [4300, 38, true],
    [4500, 0.1, false],
    [5500, 0.1, false],
  ]);
});

test('classes: the score is that of the label that is told', () => {
  const readings = createReadings();
  const of = (label: string, score: number, now: number) =>
    readings.next({ task: 'classify', classes: [{ label, score }] }, 0.5, now);
  of('speech', 0.1, 0);
  of('music', 0.4, 500);
  expect(of('speech', 0.2, 1000)).toMatchObject({ label: 'speech', score: 0.2 });
});

test('a state that flutters is bounded', () => {
  const readings = createReadings();
  let reported = 0;
  for (let now = 0; now < 10_000; now += 1) if (readings.next(anomaly(now % 2 ? 9 : 0), 0, now)) reported++;
  expect(reported).toBeLessThanOrEqual(51);
  expect(reported).toBeGreaterThanOrEqual(10);
});

test('classes: the best, and whether it reaches its threshold; a vector is no reading', () => {
  const classes = [{ label: 'speech', score: 0.7 }];
  expect(createReadings().next({ task: 'classify', classes }, 0.6, 0)).toEqual({
    label: 'speech',
    score: 0.7,
    threshold: 0.6,
    anomalous: true,
  });
  expect(createReadings().next({ task: 'embed', vector: new Float32Array(2) }, 0, 0)).toBeUndefined();
});

test('findings: what reaches its threshold', () => {
  const classes = [
    { label: 'speech', score: 0.7 },
    { label: 'music', score: 0.2 },
  ];
  expect(findingsOf({ task: 'classify', classes }, { threshold: 0.5 }).map((f) => f.label)).toEqual(['speech']);
  expect(findingsOf(anomaly(0.5), { threshold: 0 })).toEqual([]);
  expect(findingsOf(anomaly(3), { threshold: 0 })).toMatchObject([{ label: 'anomaly', score: 0.75 }]);
});
