import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPacer, createWishes, mergeWishes, type Wish } from '../../../agent/api/wishes.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const wish: fc.Arbitrary<Wish> = fc.record({
  until: fc.integer({ min: -1000, max: 1000 }),
  fps: fc.integer({ min: 1, max: 15 }),
  width: fc.integer({ min: 64, max: 1920 }),
});

test('a merged wish satisfies each wish that holds, and asks for no more than one of them does', () => {
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 4 }), (wishes) => {
      const held = wishes.filter((w) => w.until > 0);
      const merged = mergeWishes(wishes, 0);
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
  const told: Wish[] = [];
  const wishes = createWishes(clock, (_stream, asked) => told.push(asked));
  wishes.set('hub', 's', { until: 15_000, fps: 2, width: 960 });
  wishes.set('local', 's', { until: 6000, fps: 10, width: 640 });
  expect(told.at(-1)).toEqual({ until: 15_000, fps: 10, width: 960 });

  const got = { hub: 0, local: 0 };
  for (let i = 0; i < 50; i++) {
    await clock.advance(100);
    for (const who of ['hub', 'local'] as const) if (wishes.due(who, 's')) got[who]++;
  }
  // The first comes at once.
  expect(got).toEqual({ hub: 11, local: 50 });

  wishes.withdraw('local', 's');
  expect(told.at(-1)).toEqual({ until: 15_000, fps: 2, width: 960 });
  expect(wishes.due('local', 's')).toBe(false);
  wishes.withdraw('hub', 's');
  expect(told.at(-1)?.until).toBe(0);
});

test('nobody gets a picture after its wish has ended, and a wish that ended does not come back with the next', async () => {
  const clock = new ManualClock();
  const told: Wish[] = [];
  const wishes = createWishes(clock, (_stream, asked) => told.push(asked));
  wishes.set('hub', 's', { until: 1000, fps: 15, width: 1920 });
  await clock.advance(1001);
  expect(wishes.due('hub', 's')).toBe(false);
  wishes.set('local', 's', { until: 3000, fps: 1, width: 64 });
  expect(told.at(-1)).toEqual({ until: 3000, fps: 1, width: 64 });
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
