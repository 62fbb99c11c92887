import { expect, test } from 'vitest';
import { matches } from '../../../../cloud-hub/dashboard/events/event-filter.ts';
import { timeOf } from '../../../../cloud-hub/dashboard/events/event-time.ts';

const at = '2026-01-01T00:00:00.000Z';
const receivedAt = '2026-01-02T00:00:00.000Z';
const seen = {
  id: '1',
  device: 'gate',
  stream: 'door',
  rule: 'zone-a',
  ruleKind: 'zone',
  action: 'enter',
  label: 'person',
  score: 0.9,
  ptsMs: 0,
  at,
  receivedAt,
  clock: 'synced' as const,
};

test('a filter takes what has all of its values', () => {
  expect(matches({}, seen)).toBe(true);
  expect(matches({ device: 'gate', stream: 'door', rule: 'zone-a', label: 'person' }, seen)).toBe(true);
  for (const key of ['device', 'stream', 'rule', 'label']) {
    expect(matches({ [key]: 'other' }, seen)).toBe(false);
    const all = { device: 'gate', stream: 'door', rule: 'zone-a', label: 'person', [key]: 'other' };
    expect(matches(all, seen)).toBe(false);
  }
});

test('a filter by second opinion takes only what has one that says so', () => {
  const opinion = { outcome: 'withdrawn' as const, model: 'big@1.0.0 (fp32)', at };
  expect(matches({ opinion: 'withdrawn' }, seen)).toBe(false);
  expect(matches({ opinion: 'withdrawn' }, { ...seen, opinion })).toBe(true);
  expect(matches({ opinion: 'confirmed' }, { ...seen, opinion })).toBe(false);
  expect(matches({}, { ...seen, opinion })).toBe(true);
});

test('a filter by correction takes only what an operator says so of', () => {
  const correction = { verdict: 'other' as const, label: 'dog', by: 'ann', at };
  expect(matches({ correction: 'other' }, seen)).toBe(false);
  expect(matches({ correction: 'other' }, { ...seen, correction })).toBe(true);
  expect(matches({ correction: 'right' }, { ...seen, correction })).toBe(false);
});

test('the time is the device’s own, unless its clock is known to be wrong', () => {
  expect(timeOf(seen)).toBe(at);
  expect(timeOf({ ...seen, clock: 'wrong' })).toBe(receivedAt);
});
