import fc from 'fast-check';
import { expect, test } from 'vitest';
import { affords, fullAllowance, isWorthIt, paid, refilled } from '../../../agent/escalate/budget.ts';
import { type Budget, budget } from '../../../shared/contract/config/escalate.ts';

const HOUR = 3_600_000;
const limits: fc.Arbitrary<Budget> = fc.record({
  perHour: fc.record({ samples: fc.integer({ min: 0, max: 200 }), kB: fc.integer({ min: 0, max: 5000 }) }),
  perDay: fc.record({ samples: fc.integer({ min: 0, max: 1000 }), kB: fc.integer({ min: 0, max: 20_000 }) }),
});
/** Wishes: milliseconds since the one before, and the size of the picture. */
const wishes = fc.array(fc.tuple(fc.integer({ min: 0, max: HOUR }), fc.integer({ min: 1, max: 300_000 })), {
  maxLength: 300,
});

test('in no hour and in no day more is spent than its limit', () => {
  fc.assert(
    fc.property(limits, wishes, (limit, asked) => {
      let allowance = fullAllowance(limit);
      let now = 0;
      const spent: { at: number; bytes: number }[] = [];
      for (const [wait, bytes] of asked) {
        now += wait;
        allowance = refilled(allowance, limit, wait);
        if (!affords(allowance, { samples: 1, bytes })) continue;
        allowance = paid(allowance, { samples: 1, bytes });
        spent.push({ at: now, bytes });
      }
      for (const [period, { samples, kB }] of [
        [HOUR, limit.perHour],
        [24 * HOUR, limit.perDay],
      ] as const) {
        for (const { at: from } of spent) {
          const within = spent.filter(({ at }) => at >= from && at < from + period);
          expect(within.length).toBeLessThanOrEqual(samples);
          expect(within.reduce((sum, one) => sum + one.bytes, 0)).toBeLessThanOrEqual(kB * 1000 + 1);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('who asks all the time gets three quarters of the limit at least', () => {
  const limit = budget.parse({ perHour: { samples: 100, kB: 1e6 }, perDay: { samples: 1e6, kB: 1e9 } });
  let allowance = fullAllowance(limit);
  let got = 0;
  for (let second = 0; second < 3600; second++) {
    allowance = refilled(allowance, limit, 1000);
    if (!affords(allowance, { samples: 1, bytes: 1000 })) continue;
    allowance = paid(allowance, { samples: 1, bytes: 1000 });
    got++;
  }
  expect(got).toBeGreaterThanOrEqual(75);
});

test('a clock that goes back gives nothing, and a budget that was lowered counts at once', () => {
  const limit = budget.parse({});
  const empty = paid(fullAllowance(limit), { samples: 1000, bytes: 1e9 });
  expect(refilled(empty, limit, -HOUR)).toEqual(empty);
  const none = budget.parse({ perHour: { samples: 0, kB: 0 } });
  expect(affords(refilled(fullAllowance(limit), none, 0), { samples: 1, bytes: 1 })).toBe(false);
});

test('the emptier the allowance, the more a sample must be worth; the most urgent always goes', () => {
  expect([isWorthIt(0.2, 1), isWorthIt(0.2, 0.5), isWorthIt(0.7, 0.5), isWorthIt(1, 0)]).toEqual([
    true,
    false,
    true,
    true,
  ]);
});
