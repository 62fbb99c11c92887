import { expect, test } from 'vitest';
import { windowInput } from '../../../../shared/contract/model-manifest.ts';
import { forecast } from '../../../../shared/engine/heads/forecast.ts';
import type { HeadContext, OutcomeHead } from '../../../../shared/engine/heads/head.ts';
import { seeded } from '../../../support/random.ts';

const tensorInfo = (name: string, ...shape: (number | undefined)[]) => ({ name, type: 'float32', shape });
const input = (more: object = {}) =>
  windowInput.parse({ window: 3, channels: ['a', 'b'], rateHz: 1 / 60, mean: [10, 0], std: [2, 1], ...more });
const context = (more: Partial<HeadContext> = {}, layout = 'nwc'): HeadContext => ({
  ...{ inputWidth: 3, inputHeight: 1, labels: 1, outputs: [tensorInfo('y', 1, 2)] },
  window: { input: input({ layout }), inputs: [tensorInfo('x', 1, 6)] },
  ...more,
});
const create = (options: object = {}, made = context()) => forecast.create(options, made) as OutcomeHead;
const said = (...values: number[]) => [{ name: 'y', data: Float32Array.from(values), shape: [1, values.length] }];

test.each(['nwc', 'ncw'] as const)(
  'what the forecast is wrong by is learned; what it never was is an anomaly (%s)',
  (layout) => {
    const state = create({ threshold: 1 }, context({}, layout)).begin?.();
    const random = seeded(3);
    const at = (row: number, a: number, b: number) => {
      const tensor = Float32Array.from(layout === 'nwc' ? [0, 0, 0, 0, a, b] : [0, 0, a, 0, 0, b]);
      const given = { tensor, labels: ['anomaly'], threshold: 0.3, atMs: row * 60_000 };
      return state?.decode(said(0.5, 0.25), given);
    };
    for (let row = 0; row < 3000; row++) expect(at(row, 0.5 + random() - 0.5, 0.25)).toMatchObject({ task: 'anomaly' });
    const outcome = at(3000, 0.5, 40);
    expect(outcome).toMatchObject({
      anomalous: true,
      threshold: 1,
      parts: [expect.closeTo(0, 1), expect.closeTo(1, 1)],
    });
    if (outcome?.task !== 'anomaly') throw new Error('an anomaly');
    const [low = 0, high = 0] = outcome.expected?.[0] ?? [];
    // In the units of the sensor: mean 10, standard deviation 2, forecast 0.5.
    expect(low).toBeGreaterThan(9);
    expect(low).toBeLessThan(11);
    expect(high).toBeGreaterThan(11);
    expect(high).toBeLessThan(13);
  },
);

test.each<[string, object, HeadContext, RegExp]>([
  [
    'several outputs',
    {},
    context({ outputs: [tensorInfo('y', 1, 2), tensorInfo('z', 1, 2)] }),
    /head.output says nothing/,
  ],
  ['no such output', { output: 'q' }, context(), /head.output says "q", the graph has the outputs y/],
  ['other channels', {}, context({ outputs: [tensorInfo('y', 1, 3)] }), /input has 2 channels, the graph forecasts 3/],
  [
    'nothing learned',
    { learned: 'l.json' },
    context({ learned: { format: 7 } }),
    /l.json is not what a detector has learned/,
  ],
  [
    'pictures',
    {},
    { inputWidth: 1, inputHeight: 1, labels: 1, outputs: [tensorInfo('y', 1, 2)] },
    /windows of a series/,
  ],
])('%s: refused', (_what, options, made, message) => {
  expect(() => create(options, made)).toThrow(message);
});

test('NaN and another number of values are the model’s failure', () => {
  const given = { tensor: new Float32Array(6), labels: ['anomaly'], threshold: 0.3 };
  for (const bad of [said(Number.NaN, 0), said(1), []])
    expect(() => create().decode(bad, given)).toThrow(expect.objectContaining({ code: 'model-failed' }));
});
