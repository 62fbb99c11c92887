import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createPacer,
  createWatchRequests,
  mergeRequests,
  type WatchRequest,
} from '../../../agent/api/watch-requests.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const request: fc.Arbitrary<WatchRequest> = fc.record({
  until: fc.integer({ min: -1000, max: 1000 }),
  fps: fc.integer({ min: 1, max: 15 }),
  width: fc.integer({ min: 64, max: 1920 }),
});

test('a merged request satisfies each request that holds, and asks for no more than one of them does', () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 4 }), (requests) => {
      const held = requests.filter((w) => w.until > 0);
      const merged = mergeRequests(requests, 0);
      if (held.length === 0) {
        expect(merged).toBeUndefined();
        return;
      }
      for (const key of ['until', 'fps', 'width'] as const) {
        expect(held.every((w) => (merged?.[key] ?? 0) >= w[key])).toBe(true);
        expect(held.some((w) => w[key] === merged?.[key])).toBe(true);
      }
    }),
  );
});

test('hub and local API do not fight: each gets its own rate, and what is left when the other goes', async () => {
  const clock = new ManualClock();
  const reported: WatchRequest[] = [];
  const requests = createWatchRequests(clock, (_stream, asked) => reported.push(asked));
  requests.set('hub', 's', { until: 15_000, fps: 2, width: 960 });
  requests.set('local', 's', { until: 6000, fps: 10, width: 640 });
  expect(reported.at(-1)).toEqual({ until: 15_000, fps: 10, width: 960 });

  const got = { hub: 0, local: 0 };
  for (let i = 0; i < 50; i++) {
    await clock.advance(100);
    for (const who of ['hub', 'local'] as const) if (requests.due(who, 's')) got[who]++;
  }
  // The first comes at once.
  expect(got).toEqual({ hub: 11, local: 50 });

  requests.withdraw('local', 's');
  expect(reported.at(-1)).toEqual({ until: 15_000, fps: 2, width: 960 });
  expect(requests.due('local', 's')).toBe(false);
  requests.withdraw('hub', 's');
  expect(reported.at(-1)?.until).toBe(0);
});

test('nobody gets a picture after its request has ended, and a request that ended does not come back with the next', async () => {
  const clock = new ManualClock();
  const reported: WatchRequest[] = [];
  const requests = createWatchRequests(clock, (_stream, asked) => reported.push(asked));
  requests.set('hub', 's', { until: 1000, fps: 15, width: 1920 });
  await clock.advance(1001);
  expect(requests.due('hub', 's')).toBe(false);
  requests.set('local', 's', { until: 3000, fps: 1, width: 64 });
  expect(reported.at(-1)).toEqual({ until: 3000, fps: 1, width: 64 });
});

test('a pacer passes what comes in time, a little early too, and never more than its rate', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 15 }),
      fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 100 }),
      (fps, gaps) => {
        const passes = createPacer();
        let now = 0;
        let passed = 0;
        for (const gap of gaps) {
          now += gap;
          if (passes(fps, now)) passed++;
        }
        const elapsed = gaps.slice(1).reduce((sum, gap) => sum + gap, 0);
        expect(passed).toBeLessThanOrEqual(Math.floor((elapsed * fps) / 1000 + 1.5));
        expect(passed).toBeGreaterThan(0);
      },
    ),
  );
  const passes = createPacer();
  const jittered = Array.from({ length: 100 }, (_, i) => i * 200 + (i % 2 === 0 ? 20 : -20));
  expect(jittered.filter((now) => passes(5, now))).toHaveLength(100);
});
