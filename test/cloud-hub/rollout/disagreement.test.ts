import fc from 'fast-check';
import { expect, test } from 'vitest';
import { differenceOf, type Frames, type Stratum } from '../../../cloud-hub/rollout/disagreement.ts';

const frames: fc.Arbitrary<Frames> = fc
  .integer({ min: 0, max: 200 })
  .chain((n) => fc.record({ n: fc.constant(n), same: fc.integer({ min: 0, max: n }) }));
const strata = fc.array(fc.record({ now: frames, before: frames }), { maxLength: 12 });

test('the difference lies in its interval, within -1 and 1; the order of streams is of no account', () => {
  fc.assert(
    fc.property(strata, (all) => {
      const found = differenceOf(all);
      const usable = all.some(({ now, before }) => now.n > 0 && before.n > 0);
      expect(found !== undefined).toBe(usable);
      if (!found) return;
      expect(found.from).toBeLessThanOrEqual(found.value);
      expect(found.to).toBeGreaterThanOrEqual(found.value);
      expect(Math.abs(found.value)).toBeLessThanOrEqual(1 + 1e-9);
      expect(found.value).toBeCloseTo(found.now - found.before, 9);
      const turned = differenceOf(all.toReversed());
      expect(turned?.value).toBeCloseTo(found.value, 9);
      expect(turned?.from).toBeCloseTo(found.from, 9);
    }),
  );
});

test('with old and new exchanged it is the other way round', () => {
  fc.assert(
    fc.property(strata, (all) => {
      const found = differenceOf(all);
      const other = differenceOf(all.map(({ now, before }) => ({ now: before, before: now })));
      if (!found || !other) return;
      expect(other.value).toBeCloseTo(-found.value, 9);
      expect(other.from).toBeCloseTo(-found.to, 6);
    }),
  );
});

test('streams that agree alike under both, each in its own way, show no difference, whoever sends more', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          same: fc.integer({ min: 0, max: 10 }),
          now: fc.integer({ min: 1, max: 9 }),
          before: fc.integer({ min: 1, max: 9 }),
        }),
        { minLength: 1, maxLength: 8 },
      ),
      (streams) => {
        const of = ({ same, now, before }: (typeof streams)[number]): Stratum => ({
          now: { same: same * now, n: 10 * now },
          before: { same: same * before, n: 10 * before },
        });
        const found = differenceOf(streams.map(of));
        expect(found?.value).toBeCloseTo(0, 9);
        expect(found?.from).toBeLessThanOrEqual(1e-9);
      },
    ),
  );
});

/** Draws of a die that a number starts: the same on every machine. */
function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('in fleets that look every 25 frames, chance alone is taken for a difference in less than 2 of 100, and 20 points are found', () => {
  const shareFound = (more: number, streams: number) => {
    let found = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const draw = draws(seed * 7919);
      const all = Array.from({ length: streams }, (_, n) => ({
        rate: 0.05 + (0.3 * n) / streams,
        now: { same: 0, n: 0 },
        before: { same: 0, n: 0 },
      }));
      let isFound = false;
      for (let frame = 0; frame < 400; frame++) {
        for (const side of ['before', 'now'] as const) {
          const one = all[Math.floor(draw() * streams)];
          if (!one) continue;
          one[side].n++;
          if (draw() >= one.rate + (side === 'now' ? more : 0)) one[side].same++;
        }
        const difference = frame >= 50 && frame % 25 === 0 ? differenceOf(all) : undefined;
        if (difference && difference.from > 0.02) isFound = true;
      }
      if (isFound) found++;
    }
    return found / 200;
  };
  for (const streams of [1, 4, 40]) {
    expect(shareFound(0, streams)).toBeLessThan(0.02);
    expect(shareFound(0.2, streams)).toBeGreaterThan(0.9);
  }
});
