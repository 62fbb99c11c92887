import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HybridStream } from '../../../../cloud-hub/contract/opinion.ts';
import { billOf } from '../../../../cloud-hub/dashboard/hybrid/bill.ts';

const prices = { perGb: 2, perHubHour: 0.5 };
const stream = (more: Partial<HybridStream> = {}): HybridStream => ({
  ...{
    device: 'gate',
    stream: 'door',
    since: '2026-11-01T00:00:00Z',
    samples: 10,
    bytes: 500_000_000,
    hubMs: 7_200_000,
  },
  ...{ confirmed: 7, changed: 2, withdrawn: 1 },
  ...more,
});

test('costs are gigabytes and hours at their prices', () => {
  expect(billOf([stream()], prices)).toEqual({
    sent: { samples: 10, bytes: 500_000_000, hubMs: 7_200_000, price: 2 },
    everyFrame: undefined,
    share: undefined,
  });
});

test('every frame: of the streams whose rate is known; the share is of these alone', () => {
  const everyFrame = { samples: 200, bytes: 10e9, hubMs: 36_000_000 };
  expect(billOf([stream({ everyFrame }), stream({ samples: 990 })], prices)).toMatchObject({
    sent: { samples: 1000 },
    everyFrame: { samples: 200, price: 25 },
    share: 0.05,
  });
});

test('nothing sent costs nothing', () => {
  expect(billOf([], prices)).toMatchObject({ sent: { samples: 0, price: 0 }, everyFrame: undefined, share: undefined });
});

test('the bill of a fleet is the sum of the bills of its streams, and a share is one', () => {
  const amount = fc.record({ samples: fc.nat(), bytes: fc.nat(), hubMs: fc.nat() });
  const some = fc.tuple(amount, fc.option(amount, { nil: undefined }));
  fc.assert(
    fc.property(fc.array(some, { maxLength: 8 }), (all) => {
      const streams = all.map(([sent, everyFrame]) => stream({ ...sent, ...(everyFrame ? { everyFrame } : {}) }));
      const { sent, share } = billOf(streams, prices);
      const apart = streams.map((one) => billOf([one], prices).sent.price).reduce((a, b) => a + b, 0);
      expect(sent.price).toBeCloseTo(apart, 6);
      if (share !== undefined) expect(share >= 0 && share <= 1).toBe(true);
    }),
  );
});
