import { expect, test } from 'vitest';
import { byChannel, peakOf } from '../../../../agent/pipeline/sensor/by-channel.ts';
import { levelOf } from '../../../../shared/contract/messages/anomaly.ts';

test('what is known of each channel stands under its name; what is not known is left out', () => {
  const told = byChannel(['a', 'b'], { parts: [0.2504, 0.7496], expected: [undefined, [1.23456789, 2]] }, [5, 6]);
  expect(told).toEqual({ contributions: { a: 0.25, b: 0.75 }, expected: { b: [1.23457, 2] }, values: { a: 5, b: 6 } });
  expect(byChannel(['a'], { parts: [0] }, undefined)).toEqual({});
  expect(byChannel([], { parts: [1] }, [1])).toEqual({});
});

test('of many channels those that contribute most, in their order', () => {
  const names = Array.from({ length: 100 }, (_, c) => `c${c}`);
  const parts = names.map((_, c) => (c % 2 === 0 ? 0.02 : 0));
  const told = byChannel(names, { parts }, parts);
  expect(Object.keys(told.values ?? {})).toHaveLength(64);
  expect(Object.keys(told.values ?? {}).slice(0, 5)).toEqual(['c0', 'c1', 'c2', 'c3', 'c4']);
  expect(Object.keys(told.values ?? {})).toContain('c98');
});

test('the level is that of the peak', () => {
  expect([1, 2.9, 3, 9.9, 10].map((peak) => levelOf(peak, 1))).toEqual([
    'notice',
    'notice',
    'warning',
    'warning',
    'alarm',
  ]);
  expect(levelOf(5, 0)).toBe('notice');
  const outcome = { task: 'anomaly', score: 7, threshold: 2, anomalous: true, parts: [1] } as const;
  expect(peakOf({ ptsMs: 0, outcome, values: [3] }, ['a'])).toEqual({
    ...{ level: 'warning', peak: 7, contributions: { a: 1 }, values: { a: 3 } },
  });
  expect(peakOf(undefined, ['a'])).toEqual({});
});
