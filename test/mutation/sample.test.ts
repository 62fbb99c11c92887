import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { choose, estimate } from './sample.ts';
import { LEFT_OUT, SAMPLE, SampleChecker } from './sample-checker.ts';

const ids = (count: number) => Array.from({ length: count }, (_, i) => String(i));

describe('choose', () => {
  it('chooses as many as asked, or all, and the same for the same seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 200 }), fc.nat(), (count, size, seed) => {
        const chosen = choose(ids(count), { size, seed });
        expect(chosen.size).toBe(Math.min(count, size));
        for (const id of chosen) expect(ids(count)).toContain(id);
        expect(choose(ids(count).reverse(), { size, seed })).toEqual(chosen);
      }),
    );
  });

  it('chooses each mutant as often as any other, over many seeds', () => {
    const times = new Map<string, number>();
    for (let seed = 1; seed <= 2000; seed++)
      for (const id of choose(ids(40), { size: 10, seed })) times.set(id, (times.get(id) ?? 0) + 1);
    // 500 are expected, with a standard deviation of 19.
    expect([...times.values()].filter((n) => n < 400 || n > 600)).toEqual([]);
    expect(times.size).toBe(40);
  });
});

describe('estimate', () => {
  const all = 1_000_000;

  // R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('gives the published interval of %i in %i', (noticed, looked, low, high) => {
    const found = estimate({ reached: all, unreached: 0, looked, noticed });
    expect(found.share).toBeCloseTo(noticed / looked, 10);
    expect(found.low).toBeCloseTo(low, 4);
    expect(found.high).toBeCloseTo(high, 4);
  });

  it('has no interval where every mutant was looked at', () => {
    const { share, low, high } = estimate({ reached: 100, unreached: 25, looked: 100, noticed: 90 });
    expect(share).toBeCloseTo(90 / 125, 10);
    expect({ low, high }).toEqual({ low: share, high: share });
  });

  it('counts what no test reaches as missed for certain', () => {
    const found = estimate({ reached: 800, unreached: 200, looked: 100, noticed: 100 });
    expect(found.share).toBe(0.8);
    expect(found.high).toBeCloseTo(0.8, 10);
    expect(found.low).toBeCloseTo(0.8 * 0.963, 4);
  });

  it('says all of a room without mutants, and nothing of one in which none was looked at', () => {
    expect(estimate({ reached: 0, unreached: 0, looked: 0, noticed: 0 })).toEqual({ share: 1, low: 1, high: 1 });
    expect(estimate({ reached: 30, unreached: 10, looked: 0, noticed: 0 })).toEqual({ share: 0, low: 0, high: 0.75 });
  });
});

describe('the checker that Stryker asks', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('passes the sample and leaves the others out, with the reason', async () => {
    vi.stubEnv(SAMPLE, JSON.stringify({ size: 3, seed: 5 }));
    const checker = new SampleChecker();
    expect(await checker.group(ids(10).map((id) => ({ id })))).toEqual([ids(10)]);
    const chosen = choose(ids(10), { size: 3, seed: 5 });
    const left = { status: 'compileError', reason: LEFT_OUT };
    expect(await checker.check(ids(10).map((id) => ({ id })))).toEqual(
      Object.fromEntries(ids(10).map((id) => [id, chosen.has(id) ? { status: 'passed' } : left])),
    );
  });

  it('passes those that no test reaches: they are no part of the sample', async () => {
    vi.stubEnv(SAMPLE, JSON.stringify({ size: 2, seed: 5 }));
    const checker = new SampleChecker();
    const mutants = ids(8).map((id) => ({ id, coveredBy: Number(id) < 4 ? [] : ['a test'] }));
    await checker.group(mutants);
    const passed = Object.entries(await checker.check(mutants)).filter(
      ([, answer]) => 'status' in answer && answer.status === 'passed',
    );
    const chosen = choose(['4', '5', '6', '7'], { size: 2, seed: 5 });
    expect(passed.map(([id]) => id)).toEqual(['0', '1', '2', '3', ...chosen].toSorted());
  });

  it('has no group where there is no mutant', async () => {
    vi.stubEnv(SAMPLE, JSON.stringify({ size: 3, seed: 5 }));
    expect(await new SampleChecker().group([])).toEqual([]);
  });
});
