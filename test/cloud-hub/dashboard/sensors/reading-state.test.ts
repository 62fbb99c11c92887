import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bandOf,
  contributionsOf,
  meterOf,
  strengthOf,
  verdictOf,
} from '../../../../cloud-hub/dashboard/sensors/reading-state.ts';

test.each([
  [{ anomalous: true }, { state: 'anomalous', text: 'Anomalous' }],
  [
    { anomalous: true, level: 'alarm' },
    { state: 'anomalous', text: 'Anomalous: alarm' },
  ],
  [{ anomalous: false }, { state: 'normal', text: 'Normal' }],
  [
    { anomalous: true, label: 'speech' },
    { state: 'heard', text: 'speech' },
  ],
  [
    { anomalous: false, label: 'speech' },
    { state: 'quiet', text: 'No speech' },
  ],
  [{}, { state: 'unknown', text: 'No verdict' }],
])('%o is told as %o', (reading, verdict) => {
  expect(verdictOf(reading)).toEqual(verdict);
});

test('a bar passes its mark exactly when the score reaches the threshold, and stays on its scale', () => {
  const score = fc.double({ noNaN: true });
  const threshold = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(score, threshold, (value, limit) => {
      const meter = meterOf({ score: value, threshold: limit });
      expect(meter?.at).toBeGreaterThanOrEqual(0);
      expect(meter?.at).toBeLessThanOrEqual(1);
      if (value > limit * 1.001) expect(meter?.at).toBeGreaterThan(meter?.threshold ?? 1);
      if (value < limit * 0.999) expect(meter?.at).toBeLessThan(meter?.threshold ?? 0);
    }),
  );
});

test('a class has a scale of its own; without score or a threshold above zero there is no bar', () => {
  expect(meterOf({ score: 0.9, threshold: 0.4, label: 'speech' })).toEqual({ at: 0.9, threshold: 0.4 });
  expect(meterOf({ score: 1 })).toBeUndefined();
  expect(meterOf({ threshold: 1 })).toBeUndefined();
  expect(meterOf({ score: 1, threshold: 0 })).toBeUndefined();
});

test('an anomaly is told by value and threshold, anything else by its score', () => {
  expect(strengthOf({ score: 0.9 })).toBe('90%');
  expect(strengthOf({ score: 0.9, value: 0.2895, threshold: 0.104 })).toBe('0.29 ≥ 0.1');
  expect(strengthOf({ score: 0.3, value: 0.048, threshold: 0.104 })).toBe('0.048 < 0.1');
  expect(strengthOf({ score: 0.3, value: 12.34 })).toBe('12.3');
});

test('an event with a level says it, with the greatest score', () => {
  expect(strengthOf({ score: 0.9, value: 2, threshold: 1, level: 'warning', peak: 4.25 })).toBe('warning, 4.25');
});

test('what contributed most, in words; a band', () => {
  expect(contributionsOf({ load: 0.2, temperature: 0.78, pressure: 0.02 })).toBe('temperature 78%, load 20%');
  expect(contributionsOf({ a: 0.25, b: 0.25, c: 0.25, d: 0.25 })).toBe('a 25%, b 25%, c 25%');
  expect(bandOf([75.2, 78.94])).toBe('75.2 to 78.9');
});

test('the scale is bent: nothing at its start, the threshold in its middle, endless at its end', () => {
  const at = (score: number, label?: string) =>
    meterOf({ score, threshold: 2, ...(label === undefined ? {} : { label }) })?.at;
  expect([-1, 0, 1, 2, 4, Number.POSITIVE_INFINITY].map((score) => at(score))).toEqual([0, 0, 1 / 3, 0.5, 2 / 3, 1]);
  expect([-1, 0.5, 7].map((score) => at(score, 'speech'))).toEqual([0, 0.5, 1]);
  expect(meterOf({ score: 0.2, threshold: 0, label: 'speech' })).toEqual({ at: 0.2, threshold: 0 });
  expect(meterOf({ score: 1, threshold: -1 })).toBeUndefined();
  expect(strengthOf({ score: 0, value: 0.104, threshold: 0.104 })).toBe('0.1 ≥ 0.1');
});
