import { expect, test } from 'vitest';
import {
  agreementText,
  batchingText,
  stateWords,
  unsentRows,
} from '../../../../cloud-hub/dashboard/hybrid/hybrid-state.ts';

const base = { waiting: 0, refused: {} };

test.each([
  [{ state: 'off' }, 'Off', 'off', '--second-opinion'],
  [{ state: 'waiting', wanted: 'big:hub' }, 'Waiting', 'warn', 'no model big:hub yet'],
  [{ state: 'waiting', wanted: 'big:hub', reason: 'it is being unpacked' }, 'Waiting', 'warn', 'it is being unpacked'],
  [{ state: 'ready', model: 'big@1.0.0' }, 'Ready', 'good', 'big@1.0.0 answers'],
  [{ state: 'failed', reason: 'no such variant' }, 'Failed', 'bad', 'no such variant'],
] as const)('%o', (given, title, tone, detail) => {
  expect(stateWords({ ...base, ...given })).toEqual({ title, tone, detail: expect.stringContaining(detail) });
});

test('what was not sent is told by reason, the most frequent first, also for a reason of a newer agent', () => {
  const unsent = { late: 2, budget: 40, disk: 0, 'queue-full': 2, shy: 1 };
  expect(unsentRows({ unsent }).map(({ reason, count }) => [reason, count])).toEqual([
    ['budget', 40],
    ['late', 2],
    ['queue-full', 2],
    ['shy', 1],
  ]);
  expect(unsentRows({ unsent: { budget: 1, shy: 1 } }).map(({ meaning }) => meaning)).toEqual([
    'the budget was used up, or kept for what is worth more',
    'shy',
  ]);
  expect(unsentRows({ unsent: {} })).toEqual([]);
  // Each reason that an agent of this version gives.
  for (const reason of ['budget', 'too-large', 'queue-full', 'late', 'unanswered', 'disk', 'erased', 'key-lost'])
    expect(unsentRows({ unsent: { [reason]: 1 } })[0]?.meaning).not.toBe(reason);
});

test('an agreement stands with its interval, and with how many frames it is of', () => {
  expect(agreementText({ agreement: { share: 0.93, from: 0.808, to: 0.98, n: 40 } })).toBe('93% (81–98%, n = 40)');
  expect(agreementText({})).toBeUndefined();
});

test('whether pictures run together is said with the reason', () => {
  expect(batchingText({})).toBe('not loaded yet');
  expect(batchingText({ batching: { most: 8, gain: 3.2 } })).toBe('8 at once, 3.2 × as fast');
  expect(batchingText({ batching: { most: 1, reason: 'off by the settings' } })).toBe(
    'one by one: off by the settings',
  );
});
