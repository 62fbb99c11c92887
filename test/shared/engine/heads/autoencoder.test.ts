import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { windowInput } from '../../../../shared/contract/model-manifest.ts';
import { autoencoder } from '../../../../shared/engine/heads/autoencoder.ts';
import type { HeadContext, HeadState, OutcomeHead } from '../../../../shared/engine/heads/head.ts';

const tensorInfo = (name: string, ...shape: (number | undefined)[]) => ({ name, type: 'float32', shape });
const context = (outputs = [tensorInfo('y', 1, 4)]): HeadContext => ({
  inputWidth: 4,
  inputHeight: 1,
  labels: 1,
  outputs,
  window: { input: windowInput.parse({ window: 4, channels: ['a'], rateHz: 1 }), inputs: [tensorInfo('x', 1, 4)] },
});
const create = (options: object, made = context()) =>
  autoencoder.create({ threshold: 1, ...options }, made) as OutcomeHead;
const output = (...values: number[]) => [{ name: 'y', data: Float32Array.from(values), shape: [1, values.length] }];
const given = (tensor: readonly number[], asked?: number) => ({
  tensor: Float32Array.from(tensor),
  labels: ['anomaly'],
  threshold: 0.3,
  ...(asked === undefined ? {} : { asked }),
});

test('the score is the mean squared difference, whatever comes', () => {
  const value = fc.float({ min: -100, max: 100, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 50 }), (pairs) => {
      const outcome = create({}).decode(output(...pairs.map(([, back]) => back)), given(pairs.map(([x]) => x)));
      const wanted = pairs.reduce((sum, [x, back]) => sum + (x - back) ** 2, 0) / pairs.length;
      expect(outcome).toMatchObject({ task: 'anomaly', threshold: 1 });
      if (outcome.task === 'anomaly') {
        expect(outcome.score).toBeCloseTo(wanted, 5);
        expect(outcome.anomalous).toBe(outcome.score > 1);
      }
    }),
  );
});

test.each(['nwc', 'ncw'] as const)('each channel says its part of the difference (%s)', (layout) => {
  const input = windowInput.parse({ window: 2, channels: ['a', 'b'], rateHz: 1, layout });
  const window = { input, inputs: [tensorInfo('x', 1, 4)] };
  const off = layout === 'nwc' ? output(3, 1, 0, 0) : output(3, 0, 1, 0);
  expect(create({}, { ...context(), window }).decode(off, given([0, 0, 0, 0]))).toMatchObject({ parts: [0.9, 0.1] });
  expect(create({}, { ...context(), window }).decode(output(0, 0, 0, 0), given([0, 0, 0, 0]))).toMatchObject({
    parts: [0, 0],
  });
});

test('the stream may ask for a threshold of its own', () => {
  expect(create({}).decode(output(0, 0), given([2, 2], 5))).toMatchObject({ score: 4, threshold: 5, anomalous: false });
});

test('NaN, infinities and another size are the model’s failure', () => {
  for (const bad of [output(Number.NaN, 0), output(Number.POSITIVE_INFINITY, 0), output(1), []])
    expect(() => create({}).decode(bad, given([0, 0]))).toThrow(expect.objectContaining({ code: 'model-failed' }));
});

test.each<[string, object, HeadContext, RegExp]>([
  ['another size', {}, context([tensorInfo('y', 1, 5)]), /input says 4 values a window, the graph gives back 5/],
  ['several outputs', {}, context([tensorInfo('y', 1, 4), tensorInfo('z', 1, 4)]), /head.output says nothing/],
  ['no such output', { output: 'q' }, context(), /head.output says "q", the graph has the outputs y/],
])('a graph that gives back %s is refused', (_what, options, made, message) => {
  expect(() => create(options, made)).toThrow(message);
});

describe('the adapting threshold', () => {
  const calibrated = 1;
  const adapt = { median: Math.log(0.1), mad: 0.5, windows: 200, min: 0.5, max: 4 };
  const begin = () => create({ threshold: calibrated, adapt }).begin?.() as HeadState;
  /** Errors around `centre`, spread as in calibration. */
  const errors = (centre: number, count: number) =>
    Array.from({ length: count }, (_, i) => centre * Math.exp(Math.SQRT1_2 * Math.sin(i * 7.3)));
  const feed = (state: HeadState, scores: readonly number[]) =>
    scores.map((score) => {
      const outcome = state.decode(output(Math.sqrt(score)), given([0]));
      if (outcome.task !== 'anomaly') throw new Error('an anomaly outcome');
      return outcome;
    });

  test('begins where calibration put it and stays there on data like it', () => {
    const outcomes = feed(begin(), errors(0.1, 2000));
    expect(outcomes[0]?.threshold).toBeCloseTo(calibrated, 6);
    expect(outcomes.at(-1)?.threshold).toBeGreaterThan(0.6);
    expect(outcomes.at(-1)?.threshold).toBeLessThan(2);
  });

  test('follows slow drift, and never past its bounds', () => {
    const drifted = feed(begin(), errors(0.25, 4000));
    expect(drifted.at(-1)?.threshold).toBeGreaterThan(1.7);
    expect(feed(begin(), errors(100, 4000)).at(-1)?.threshold).toBe(4 * calibrated);
    expect(feed(begin(), errors(1e-9, 4000)).at(-1)?.threshold).toBe(0.5 * calibrated);
  });

  test('a short fault, however bad, hardly moves it', () => {
    const state = begin();
    const before = feed(state, errors(0.1, 1000)).at(-1)?.threshold ?? 0;
    const fault = feed(state, errors(1e6, 20));
    expect(fault.every((o) => o.anomalous)).toBe(true);
    const after = feed(state, errors(0.1, 1)).at(-1)?.threshold ?? 0;
    expect(after / before).toBeLessThan(1.5);
  });

  test('each stream has its own; a bound holds whatever comes', () => {
    const head = create({ threshold: calibrated, adapt });
    const [a, b] = [head.begin?.() as HeadState, head.begin?.() as HeadState];
    feed(a, errors(100, 3000));
    expect(feed(b, errors(0.1, 1))[0]?.threshold).toBeCloseTo(calibrated, 6);
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e12, noNaN: true }), { maxLength: 100 }), (scores) => {
        for (const { threshold } of feed(begin(), scores)) {
          expect(threshold).toBeGreaterThanOrEqual(0.5);
          expect(threshold).toBeLessThanOrEqual(4);
        }
      }),
    );
  });
});
