import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBackoff } from '../../../shared/kit/backoff.ts';

test('waits grow to the cap, never below half of their bound, and begin anew after a success', () => {
  const unit = fc.double({ min: 0, max: 0.999999, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 100 }), unit, (first, factor, random) => {
      const max = first * factor;
      const backoff = createBackoff(first, max, () => random);
      const bound = (tries: number) => Math.min(max, first * 2 ** tries);
      for (let tries = 0; tries < 40; tries++) {
        const ms = backoff.next();
        expect(ms).toBeGreaterThanOrEqual(bound(tries) / 2);
        expect(ms).toBeLessThan(bound(tries));
      }
      backoff.reset();
      expect(backoff.next()).toBeLessThan(first);
    }),
  );
});

test('the jitter is real: two agents do not come back together', () => {
  const waits = new Set(Array.from({ length: 20 }, () => createBackoff(1000, 30_000).next()));
  expect(waits.size).toBeGreaterThan(10);
});

test('each wait is between half and the whole of its bound, by the random number', () => {
  for (const [random, waits] of [
    [0, [50, 100, 200, 250, 250]],
    [0.5, [75, 150, 300, 375, 375]],
  ] as const) {
    const backoff = createBackoff(100, 500, () => random);
    expect(waits.map(() => backoff.next())).toEqual([...waits]);
    backoff.reset();
    expect(backoff.next()).toBe(waits[0]);
    expect(backoff.next()).toBe(waits[1]);
  }
  const long = createBackoff(1, Number.MAX_VALUE, () => 0);
  for (let tries = 0; tries < 2000; tries++) expect(long.next()).toBeLessThanOrEqual(2 ** 30);
});
