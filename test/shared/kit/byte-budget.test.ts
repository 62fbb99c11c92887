import { expect, test } from 'vitest';
import { ByteBudget } from '../../../shared/kit/byte-budget.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('a burst at once, then so many bytes per second; one message may exceed it and is waited for', async () => {
  const clock = new ManualClock();
  const budget = new ByteBudget(clock, { burst: 1000, perS: 100 });
  budget.spend('a', 999);
  expect(budget.hasRoom('a')).toBe(true);
  budget.spend('a', 101);
  expect(budget.hasRoom('a')).toBe(false);
  expect(budget.hasRoom('b')).toBe(true);
  await clock.advance(1000);
  expect(budget.hasRoom('a')).toBe(false);
  await clock.advance(1);
  expect(budget.hasRoom('a')).toBe(true);
  // A pause saves up no more than one burst.
  await clock.advance(3_600_000);
  budget.spend('a', 1000);
  expect(budget.hasRoom('a')).toBe(false);
});
