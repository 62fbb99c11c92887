import fc from 'fast-check';
import { expect, test } from 'vitest';
import { meterOf, strengthOf, verdictOf } from '../../../../cloud-hub/dashboard/state/reading-state.ts';

test.each([
  [{ anomalous: true }, { state: 'anomalous', text: 'Anomalous' }],
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
