import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Sketch } from '../../../../../shared/engine/series/online/sketch.ts';

/** Part of the values beyond a place, and how far they lie beyond it on average. */
function beyond(values: readonly number[], from: number, side: 1 | -1) {
  const excesses = values.map((value) => side * (value - from)).filter((excess) => excess > 0);
  return {
    part: excesses.length / values.length,
    meanExcess: excesses.reduce((sum, excess) => sum + excess, 0) / Math.max(1, excesses.length),
  };
}

const series = fc
  .tuple(fc.integer({ min: 500, max: 3000 }), fc.integer(), fc.constantFrom('even', 'normal', 'heavy'))
  .map(([count, seed, kind]) => {
    let state = seed >>> 0;
    const random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return (state + 1) / 4_294_967_297;
    };
    return Array.from({ length: count }, () => {
      if (kind === 'even') return random();
      if (kind === 'heavy') return Math.log(random()) ** 2;
      return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    });
  });

test('its tails are those of the sorted values, nearly', () => {
  fc.assert(
    fc.property(series, (values) => {
      const sketch = new Sketch(1e9);
      for (const value of values) sketch.add(value);
      for (const [side, found] of [
        [1, sketch.upper(0.02)],
        [-1, sketch.lower(0.02)],
      ] as const) {
        const exact = beyond(values, found.from, side);
        expect(exact.part).toBeGreaterThan(0.003);
        expect(exact.part).toBeLessThan(0.08);
        expect(found.meanExcess).toBeGreaterThan(0.3 * exact.meanExcess);
        expect(found.meanExcess).toBeLessThan(3 * exact.meanExcess);
      }
      expect(sketch.state().means.length).toBeLessThan(200);
    }),
  );
});

test('what it keeps is enough to go on as if nothing had been', () => {
  const [whole, before] = [new Sketch(1000), new Sketch(1000)];
  const values = Array.from({ length: 2000 }, (_, i) => Math.sin(i * i));
  for (const value of values.slice(0, 960)) for (const sketch of [whole, before]) sketch.add(value);
  const after = new Sketch(1000, JSON.parse(JSON.stringify(before.state())));
  for (const value of values.slice(960)) for (const sketch of [whole, after]) sketch.add(value);
  expect(after.state()).toEqual(whole.state());
});

test('the old fades: after a change only the new counts', () => {
  const sketch = new Sketch(500);
  for (let i = 0; i < 1000; i++) sketch.add(i % 10);
  for (let i = 0; i < 10_000; i++) sketch.add(100 + (i % 10));
  expect(sketch.lower(0.02).from).toBeGreaterThan(99);
  expect(sketch.size).toBeLessThan(600);
});
