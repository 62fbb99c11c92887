import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSoundWindows } from '../../../../agent/pipeline/sensor/sound-windows.ts';
import { type WindowInput, windowInput } from '../../../../shared/contract/model-manifest.ts';
import { detrend } from '../../../../shared/engine/series/detrend.ts';
import { createWindows } from '../../../../shared/engine/series/windows.ts';

const input = (rest: Partial<WindowInput>): WindowInput =>
  windowInput.parse({ window: 4, step: 2, channels: ['a'], rateHz: 1, ...rest });

/** A sample a second. */
const series = (values: readonly (readonly number[])[]) =>
  values.map((v, i) => ({ atMs: i * 1000, values: v, restart: false }));

function cut(config: WindowInput, samples: ReturnType<typeof series>, gapMs?: number) {
  const windows = createWindows(config, gapMs);
  const found = samples.flatMap((s) => Array.from(windows.push(s), (w) => ({ ...w, tensor: [...w.tensor] })));
  return { found, gaps: windows.gaps };
}

test('windows are the slices that they should be, as a naive reference cuts them', () => {
  const sizes = fc.record({
    window: fc.integer({ min: 2, max: 12 }),
    step: fc.integer({ min: 1, max: 15 }),
    width: fc.integer({ min: 1, max: 3 }),
    count: fc.integer({ min: 0, max: 60 }),
    layout: fc.constantFrom('nwc' as const, 'ncw' as const),
  });
  fc.assert(
    fc.property(sizes, ({ window, step, width, count, layout }) => {
      const channels = Array.from({ length: width }, (_, c) => `c${c}`);
      const mean = channels.map((_, c) => c + 1);
      const std = channels.map((_, c) => 2 * (c + 1));
      const rows = Array.from({ length: count }, (_, i) => channels.map((_, c) => i * 10 + c));
      const { found } = cut(input({ window, step, channels, layout, mean, std }), series(rows));
      const wanted: number[][] = [];
      for (let from = 0; from + window <= count; from += step) {
        const slice = rows.slice(from, from + window).map((row) => row.map((v, c) => (v - (c + 1)) / (2 * (c + 1))));
        wanted.push(
          layout === 'nwc' ? slice.flat() : channels.flatMap((_, c) => slice.map((row) => row[c] ?? Number.NaN)),
        );
      }
      expect(found.map((w) => w.tensor)).toEqual(wanted.map((w) => [...Float32Array.from(w)]));
      for (const w of found) expect(w.last).toEqual(rows[w.atMs / 1000]);
    }),
  );
});

test('no window reaches over a gap, and the first after it says so', () => {
  const samples = series(Array.from({ length: 12 }, (_, i) => [i])).map((s, i) =>
    i < 6 ? s : { ...s, atMs: s.atMs + 9000 },
  );
  const { found, gaps } = cut(input({}), samples, 2000);
  expect(gaps).toBe(1);
  expect(found.map((w) => [w.tensor, w.restart])).toEqual([
    [[0, 1, 2, 3], false],
    [[2, 3, 4, 5], false],
    [[6, 7, 8, 9], true],
    [[8, 9, 10, 11], false],
  ]);
});

test('one wrong date in the future does not make up millions of samples', () => {
  const windows = createWindows(input({ rateHz: 1000, window: 2, step: 65_536 }), 1e12);
  const far = [0, 1e9].flatMap((atMs) => [...windows.push({ atMs, values: [1], restart: false })]);
  expect(far).toEqual([]);
  expect(windows.gaps).toBe(1);
});

test('which pause is bridged: what is asked for, else five samples; never more than 65,536 samples', () => {
  expect(createWindows(input({ rateHz: 4 })).maxGapMs).toBe(5 * 250);
  expect(createWindows(input({ rateHz: 4 }), 9000).maxGapMs).toBe(9000);
  expect(createWindows(input({ rateHz: 1000 }), 1e12).maxGapMs).toBe(65_536);
});

test('a pause before the first window is full is an interruption too; the very first beginning is none', () => {
  const at = (atMs: number) => ({ atMs, values: [atMs], restart: false });
  const early = cut(input({ window: 2, step: 1 }), [at(0), at(60_000), at(61_000), at(62_000)]);
  expect(early.found.map((w) => [w.atMs, w.restart])).toEqual([
    [61_000, true],
    [62_000, false],
  ]);
  const twice = cut(input({ window: 2, step: 1 }), [at(0), at(1000), at(60_000), at(120_000), at(121_000)]);
  expect(twice.found.map((w) => [w.atMs, w.restart])).toEqual([
    [1000, false],
    [121_000, true],
  ]);
  expect(twice.gaps).toBe(2);
});

test('one mean and one std for all channels, and a channel that is missing is not a number', () => {
  const rows = [
    [1, 2],
    [3, 4],
  ];
  const one = cut(input({ window: 2, step: 1, channels: ['a', 'b'], mean: [1], std: [2] }), series(rows));
  expect(one.found[0]?.tensor).toEqual([0, 0.5, 1, 1.5]);
  const short = cut(input({ window: 2, step: 1, channels: ['a', 'b'] }), series([[1], [3]]));
  expect(short.found[0]?.tensor).toEqual([1, Number.NaN, 3, Number.NaN]);
});

describe('detrending', () => {
  test('a straight line is nothing, and what is left has neither mean nor slope', () => {
    const number = fc.double({ min: -1e3, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(number, number, fc.array(number, { minLength: 2, maxLength: 50 }), (base, slope, rest) => {
        const line = Float64Array.from(rest, (_, i) => base + slope * i);
        detrend(line, 0, 1, line.length);
        for (const v of line) expect(Math.abs(v)).toBeLessThan(1e-6);
        const noisy = Float64Array.from(rest);
        detrend(noisy, 0, 1, noisy.length);
        const sum = noisy.reduce((a, b) => a + b, 0);
        const moment = noisy.reduce((a, b, i) => a + b * i, 0);
        expect(Math.abs(sum)).toBeLessThan(1e-6);
        expect(Math.abs(moment)).toBeLessThan(1e-4);
      }),
    );
  });

  test('against least squares written straight down, in the channel that is meant and in no other', () => {
    const number = fc.integer({ min: -1000, max: 1000 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.nat(2),
        fc.array(number, { minLength: 2, maxLength: 40 }),
        (width, which, values) => {
          const channel = which % width;
          const all = Float64Array.from({ length: values.length * width }, (_, i) =>
            i % width === channel ? (values[Math.floor(i / width)] ?? 0) : i,
          );
          const before = all.slice();
          detrend(all, channel, width, values.length);
          const n = values.length;
          const meanX = (n - 1) / 2;
          const meanY = values.reduce((a, b) => a + b, 0) / n;
          const slope =
            values.reduce((sum, y, x) => sum + (x - meanX) * (y - meanY), 0) /
            values.reduce((sum, _y, x) => sum + (x - meanX) ** 2, 0);
          for (const [i, value] of all.entries()) {
            const x = Math.floor(i / width);
            const wanted = i % width === channel ? (values[x] ?? 0) - meanY - slope * (x - meanX) : before[i];
            expect(value).toBeCloseTo(wanted ?? Number.NaN, 6);
          }
        },
      ),
    );
    const single = Float64Array.of(7);
    detrend(single, 0, 1, 1);
    expect([...single]).toEqual([0]);
  });

  test('each channel on its own, before it is normalised', () => {
    const rows = Array.from({ length: 4 }, (_, i) => [100 + 5 * i, i % 2]);
    const { found } = cut(input({ channels: ['a', 'b'], detrend: true, std: [1, 0.5] }), series(rows));
    const tensor = found[0]?.tensor ?? [];
    expect(tensor.filter((_, i) => i % 2 === 0).every((v) => Math.abs(v) < 1e-4)).toBe(true);
    expect(tensor.filter((_, i) => i % 2 === 1).some((v) => Math.abs(v) > 0.5)).toBe(true);
  });
});

test('sound is cut into the same windows, whatever its pieces', () => {
  const step = fc.option(fc.integer({ min: 16, max: 32 }), { nil: undefined });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 20 }), step, (pieces, step) => {
      const windows = createSoundWindows({ sampleRate: 8000, window: 32, ...(step === undefined ? {} : { step }) });
      let next = 0;
      const found: number[][] = [];
      const times: number[] = [];
      for (const length of pieces) {
        const piece = Float32Array.from({ length }, () => next++);
        for (const { tensor, atMs } of windows.push(piece)) {
          found.push([...tensor]);
          times.push(atMs);
        }
      }
      const apart = step ?? 32;
      const count = next < 32 ? 0 : 1 + Math.floor((next - 32) / apart);
      expect(found).toEqual(
        Array.from({ length: count }, (_, w) => Array.from({ length: 32 }, (_sample, i) => w * apart + i)),
      );
      expect(times).toEqual(Array.from({ length: count }, (_, w) => (w * apart + 32) / 8));
    }),
  );
});
