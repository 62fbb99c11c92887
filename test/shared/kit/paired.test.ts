import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSlower, pairedRatio } from '../../../shared/kit/paired.ts';

test('the median lies between its bounds, all three among the ratios; the order does not matter', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1 }), (ratios) => {
      const found = pairedRatio(ratios);
      if (!found) throw new Error('nothing found');
      expect(found.pairs).toBe(ratios.length);
      expect(found.low).toBeLessThanOrEqual(found.median);
      expect(found.median).toBeLessThanOrEqual(found.high);
      for (const one of [found.low, found.median, found.high]) expect(ratios).toContain(one);
      expect(pairedRatio(ratios.toReversed())).toEqual(found);
    }),
  );
  expect(pairedRatio([])).toBeUndefined();
});

test('the bounds are the order statistics of a table of the sign test', () => {
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
  // n = 100: 50 ± 3.29 · 10 / 2.
  expect(pairedRatio(upTo(100))).toEqual({ pairs: 100, median: 51, low: 34, high: 68 });
  // Too few to say anything: everything is possible.
  expect(pairedRatio(upTo(8))).toEqual({ pairs: 8, median: 5, low: 1, high: 8 });
});

test('slower is what exceeds the limit and is surely above one', () => {
  expect(isSlower({ median: 1.6, low: 1.2 }, 1.5)).toBe(true);
  expect(isSlower({ median: 1.6, low: 1 }, 1.5)).toBe(false);
  expect(isSlower({ median: 1.5, low: 1.2 }, 1.5)).toBe(false);
});

describe('on a loaded machine', () => {
  /** Mulberry32. @returns numbers from 0 to 1 */
  const randomOf = (seed: number) => {
    let state = seed;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  };

  /**
   * A machine with other work on it: it comes and goes in bursts of 50 ms to 10 s, slows everything down up to three times
   * (shared caches, threads of one core) and takes the processor away for slices of some milliseconds.
   * @returns the time that work of so many milliseconds takes now
   */
  function machineOf(seed: number) {
    const random = randomOf(seed);
    const exponential = (mean: number) => -mean * Math.log(1 - random());
    let [now, changes, slowdown, sliceEveryMs] = [0, 0, 1, Number.POSITIVE_INFINITY];
    return {
      idle(ms: number) {
        now += ms;
      },
      take(workMs: number) {
        while (now >= changes) {
          const busy = random() < 0.5;
          slowdown = busy ? 1 + 2 * random() : 1;
          sliceEveryMs = busy ? 3 + 30 * random() : 500;
          changes += 50 * 200 ** random();
        }
        let ms = workMs * slowdown * Math.exp(0.1 * (random() + random() - 1));
        for (let at = exponential(sliceEveryMs); at < workMs; at += exponential(sliceEveryMs)) ms += exponential(8);
        now += ms;
        return ms;
      },
    };
  }

  /** A shadow of 200 frames: in turns who is first. */
  const shadow = (seed: number, times: number) => {
    const machine = machineOf(seed);
    const ratios = Array.from({ length: 200 }, (_, turn) => {
      machine.idle(200);
      const first = machine.take(turn % 2 === 0 ? 12 : 12 * times);
      const second = machine.take(turn % 2 === 0 ? 12 * times : 12);
      return turn % 2 === 0 ? second / first : first / second;
    });
    const found = pairedRatio(ratios);
    if (!found) throw new Error('nothing found');
    return found;
  };
  const seeds = Array.from({ length: 500 }, (_, i) => 1 + i * 7919);

  test('an identical model is stopped in less than one of 500 runs, one that takes twice as long in all', () => {
    expect(seeds.filter((seed) => isSlower(shadow(seed, 1), 1.5))).toEqual([]);
    expect(seeds.filter((seed) => !isSlower(shadow(seed, 2), 1.5))).toEqual([]);
  });

  test('the bounds hold: no more than a few of 500 runs are sure of a difference that is not there', () => {
    const wrong = seeds.filter((seed) => {
      const { low, high } = shadow(seed, 1);
      return low > 1 || high < 1;
    });
    expect(wrong.length).toBeLessThanOrEqual(3);
  });

  test('this load is no easy one: quantiles of one minute and the next differ by half in many runs', () => {
    const p95 = (machine: ReturnType<typeof machineOf>) => {
      const times = Array.from({ length: 50 }, () => {
        machine.idle(200);
        return machine.take(12);
      });
      return times.toSorted((a, b) => a - b)[47] ?? 0;
    };
    const far = seeds.filter((seed) => {
      const machine = machineOf(seed);
      const before = p95(machine);
      return p95(machine) > 1.5 * before;
    });
    expect(far.length).toBeGreaterThan(25);
  });
});
