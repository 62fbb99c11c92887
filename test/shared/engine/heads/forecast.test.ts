import { expect, test } from 'vitest';
import { windowInput } from '../../../../shared/contract/model-manifest.ts';
import { forecast } from '../../../../shared/engine/heads/forecast.ts';
import type { HeadContext, OutcomeHead } from '../../../../shared/engine/heads/head.ts';
import { Detector, type DetectorState } from '../../../../shared/engine/series/online/detector.ts';
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
    'too many numbers',
    { judges: 'both' },
    {
      ...context({ outputs: [tensorInfo('y', 1, 33)] }),
      window: {
        input: windowInput.parse({ window: 3, channels: Array.from({ length: 33 }, (_, c) => `c${c}`), rateHz: 1 }),
        inputs: [tensorInfo('x', 1, 99)],
      },
    },
    /"both" makes 66 numbers of 33 channels; at most 64/,
  ],
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

/** One channel whose graph always says 0.5; what it has learned ends at `LEARNED`. */
const LEARNED = 2000;
function single(judges: 'error' | 'value', learned?: DetectorState) {
  const made = context({
    outputs: [tensorInfo('y', 1, 1)],
    window: { input: input({ window: 2, channels: ['a'], mean: [10], std: [2] }), inputs: [tensorInfo('x', 1, 2)] },
    learned,
  });
  const state = create({ threshold: 1, judges, ...(learned ? { learned: 'l.json' } : {}) }, made).begin?.();
  return (row: number, value: number) => {
    const given = { tensor: Float32Array.from([0, value]), labels: ['anomaly'], threshold: 0.3, atMs: row * 60_000 };
    const outcome = state?.decode(said(0.5), given);
    if (outcome?.task !== 'anomaly') throw new Error('an anomaly');
    return outcome;
  };
}
const values = (seed: number) => {
  const random = seeded(seed);
  return Array.from({ length: LEARNED + 500 }, () => 0.5 + random() - 0.5);
};
function learnedOf(rows: readonly number[]): DetectorState {
  const detector = new Detector(1, undefined, { isTrained: true });
  for (const [row, value] of rows.slice(0, LEARNED).entries()) detector.next(row * 60_000, [value]);
  return detector.state();
}

test('judges: value: the values are judged, and the forecast with its usual error says where they were expected', () => {
  const rows = values(4);
  const [byValue, bare] = [single('value'), new Detector(1)];
  for (const [row, value] of rows.entries()) {
    const { score, expected } = byValue(row, value);
    expect(score).toBe(bare.next(row * 60_000, [Math.fround(value)]).score);
    const [low = 0, high = 0] = expected?.[0] ?? [];
    // In the units of the sensor: mean 10, deviation 2, so from 10 to 12.
    if (row > 500) expect([Math.abs(low - 10) < 0.5, Math.abs(high - 12) < 0.5]).toEqual([true, true]);
  }
});

test('what it has learned from already is judged when it comes again, and not learned twice', () => {
  const rows = values(5);
  const learned = learnedOf(rows);
  const [anew, repeated] = [single('value', learned), single('value', learned)];
  for (let row = 0; row < LEARNED; row++) expect(repeated(row, rows[row] ?? 0).threshold).toBe(1);
  for (let row = LEARNED; row < rows.length; row++)
    expect(repeated(row, rows[row] ?? 0)).toEqual({ ...anew(row, rows[row] ?? 0), expected: expect.anything() });
});

test('streams of one model learn apart: what one is given changes nothing of another', () => {
  const rows = values(6);
  const learned = learnedOf(rows);
  const before = JSON.stringify(learned);
  const [first, second] = [single('value', learned), single('value', learned)];
  for (let row = LEARNED; row < LEARNED + 200; row++) first(row, 40);
  expect(JSON.stringify(learned)).toBe(before);
  const alone = single('value', learned);
  for (let row = LEARNED; row < LEARNED + 200; row++)
    expect(second(row, rows[row] ?? 0)).toEqual(alone(row, rows[row] ?? 0));
});
