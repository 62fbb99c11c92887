import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HybridStream } from '../../../../cloud-hub/contract/opinion.ts';
import { positionOf, shareAt, whatIf } from '../../../../cloud-hub/dashboard/hybrid/what-if.ts';
import { wilson } from '../../../../cloud-hub/store/wilson.ts';

const stream = (more: Partial<HybridStream> = {}): HybridStream => ({
  ...{ device: 'cam', stream: 'door', since: '2026-01-01T00:00:00Z', samples: 100, bytes: 1e6, hubMs: 5000 },
  ...{ confirmed: 60, changed: 10, withdrawn: 10, agreement: wilson(18, 20) },
  everyFrame: { samples: 10_000, bytes: 1e8, hubMs: 500_000 },
  ...more,
});

test('without a random frame, or without a rate, nothing is said', () => {
  const { agreement: _, ...without } = stream();
  const { everyFrame: __, ...unknown } = stream();
  expect(whatIf([])).toBeUndefined();
  expect(whatIf([without, unknown])).toBeUndefined();
  expect(whatIf([without, stream()])?.frames).toBe(20);
});

test('nothing sent is the agreement of the edge, all sent is the hub; events mend more than chance, as far as there are any', () => {
  const found = whatIf([stream()]);
  expect(found).toMatchObject({ now: 0.01, events: 0.008, frames: 20 });
  expect(found?.random(0).value).toBeCloseTo(0.9);
  expect(found?.random(0.5).value).toBeCloseTo(0.95);
  expect(found?.random(1)).toEqual({ value: 1, from: 1, to: 1 });
  // A quarter of the events was wrong.
  expect(found?.chosen(0.008).value).toBeCloseTo(0.902);
  expect(found?.random(0.008).value).toBeCloseTo(0.9008);
  expect(found?.chosen(1).value).toBeCloseTo(1);
  expect(found?.cost(0.1)).toEqual({ samples: 1000, bytes: 1e7, hubMs: 50_000 });
});

test('more never makes it worse, all is within 0 and 1, and the value lies in its interval', () => {
  const streams = fc.array(
    fc.record({
      n: fc.integer({ min: 1, max: 500 }),
      rate: fc.double({ min: 0, max: 1, noNaN: true }),
      all: fc.integer({ min: 1, max: 1_000_000 }),
      counts: fc.tuple(fc.nat(500), fc.nat(500), fc.nat(500)),
    }),
    { minLength: 1, maxLength: 5 },
  );
  fc.assert(
    fc.property(streams, (drawn) => {
      const found = whatIf(
        drawn.map(({ n, rate, all, counts: [confirmed, changed, withdrawn] }) =>
          stream({
            ...{ confirmed, changed, withdrawn, agreement: wilson(Math.round(n * rate), n) },
            everyFrame: { samples: all, bytes: all, hubMs: all },
          }),
        ),
      );
      if (!found) throw new Error('all is known');
      for (const of of [found.random, found.chosen]) {
        let before = 0;
        for (const share of [0, ...Array.from({ length: 21 }, (_, i) => shareAt(i / 20))]) {
          const { value, from, to } = of(share);
          expect(value).toBeGreaterThanOrEqual(before - 1e-9);
          expect(from).toBeLessThanOrEqual(value + 1e-9);
          expect(to).toBeGreaterThanOrEqual(value - 1e-9);
          expect(to).toBeLessThanOrEqual(1 + 1e-9);
          before = value;
        }
      }
    }),
  );
});

test('the slider goes from a ten-thousandth to all, and back', () => {
  expect(shareAt(0)).toBeCloseTo(0.0001, 9);
  expect(shareAt(1)).toBe(1);
  for (const share of [0.0001, 0.004, 0.5, 1]) expect(shareAt(positionOf(share))).toBeCloseTo(share);
  expect([positionOf(0), positionOf(2)]).toEqual([0, 1]);
});
