import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addTo, createHistogram, rangeOf } from '../../../../cloud-hub/quantize/ranges/histogram.ts';
import { type Method, methods } from '../../../../cloud-hub/quantize/ranges/method.ts';
import { scaleOf } from '../../../../cloud-hub/quantize/ranges/range.ts';
import { quantizeWeights } from '../../../../cloud-hub/quantize/weights.ts';

const values = fc.float32Array({ minLength: 2, maxLength: 400, noNaN: true, min: -1000, max: 1000 });
const histogramOf = (data: Float32Array) => {
  const histogram = createHistogram(rangeOf(data));
  addTo(histogram, data);
  return histogram;
};

test.each(Object.keys(methods) as Method[])(
  '%s: a range within that of the values, never empty where they differ',
  (method) => {
    fc.assert(
      fc.property(values, (data) => {
        const { min, max } = rangeOf(data);
        const range = methods[method](histogramOf(data), 0.99);
        const slack = (max - min) * 1e-6 + 1e-6;
        expect(range.min).toBeGreaterThanOrEqual(min - slack);
        expect(range.max).toBeLessThanOrEqual(max + slack);
        if (max > min) expect(range.max).toBeGreaterThan(range.min);
      }),
    );
  },
);

test('the percentile leaves outside no more than it may', () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0.5, max: 1, noNaN: true }), (data, part) => {
      const range = methods.percentile(histogramOf(data), part);
      const width = (rangeOf(data).max - rangeOf(data).min) / 2048;
      const outside = data.filter((v) => v < range.min - width || v > range.max + width).length;
      expect(outside).toBeLessThanOrEqual(data.length * (1 - part) + 1e-9);
    }),
  );
});

test('a long thin tail is cut by percentile and entropy, and kept by minmax', () => {
  // Exponential, half of it rectified away, as behind a rectifier.
  const data = Float32Array.from({ length: 50_000 }, (_, i) =>
    Math.max(0, -Math.log((i * 0.618034) % 1 || 0.5) * (i % 2 ? 1 : -1)),
  );
  const of = (method: Method) => methods[method](histogramOf(data), 0.999);
  expect(of('minmax')).toEqual(rangeOf(data));
  expect(of('percentile').max).toBeLessThan(rangeOf(data).max * 0.75);
  expect(of('entropy').max).toBeLessThan(rangeOf(data).max * 0.75);
});

test('zero is met exactly, and every value of the range within half a step', () => {
  fc.assert(
    fc.property(
      fc.tuple(fc.float({ noNaN: true, min: -1e4, max: 1e4 }), fc.float({ noNaN: true, min: -1e4, max: 1e4 })),
      ([a, b]) => {
        const range = { min: Math.min(a, b), max: Math.max(a, b) };
        const { scale, zero } = scaleOf(range);
        expect(Number.isInteger(zero) && zero >= 0 && zero <= 255).toBe(true);
        expect(scale).toBeGreaterThan(0);
        for (const value of [range.min, range.max, (range.min + range.max) / 2]) {
          const q = Math.min(255, Math.max(0, Math.round(value / scale) + zero));
          // The zero point is rounded too, so one end may be cut by half a step.
          expect(Math.abs((q - zero) * scale - value)).toBeLessThanOrEqual(scale * 1.001 + 1e-9);
        }
      },
    ),
  );
});

test('weights are within half a step of their channel, and 7 bits never leave 64', () => {
  const dims = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 7 }), fc.constantFrom(0, 1));
  fc.assert(
    fc.property(
      dims,
      fc.constantFrom<7 | 8>(7, 8),
      fc.infiniteStream(fc.float({ noNaN: true, min: -8, max: 8 })),
      ([a, b, axis], bits, numbers) => {
        const weights = Float32Array.from({ length: a * b }, () => numbers.next().value as number);
        const made = quantizeWeights(weights, [a, b], axis, bits, 0.5);
        weights.forEach((w, i) => {
          const scale = made.scales[axis === 0 ? Math.floor(i / b) : i % b] as number;
          expect(Math.abs((made.values[i] as number) * scale - w)).toBeLessThanOrEqual(scale * 0.501);
          expect(Math.abs(made.values[i] as number)).toBeLessThanOrEqual(bits === 7 ? 63 : 127);
        });
      },
    ),
  );
});

test('a bias that is large beside its weights still fits into 32 bits', () => {
  const { bias, scales } = quantizeWeights(Float32Array.of(1e-7), [1, 1], 0, 7, 1e-5, Float32Array.of(900));
  expect((bias?.[0] ?? 0) * (scales[0] ?? 0) * 1e-5).toBeCloseTo(900, 3);
});
