import { expect, test } from 'vitest';
import { audioInput, modelInput, windowInput } from '../../../../shared/contract/model-manifest.ts';
import { windowContradictions, windowShape } from '../../../../shared/engine/package/windows.ts';

const tensor = (...shape: (number | undefined)[]) => ({ name: 'x', type: 'float32', shape });
const one = windowInput.parse({ window: 8, channels: ['a'], rateHz: 1 });
const two = windowInput.parse({ window: 8, channels: ['a', 'b'], rateHz: 1 });
const features = (layout: string) =>
  audioInput.parse({ sampleRate: 16_000, window: 1600, logMel: { frame: 400, hop: 400, bands: 8, layout } });
const ncw = windowInput.parse({ window: 8, channels: ['a', 'b'], rateHz: 1, layout: 'ncw' });

test.each([
  [two, tensor(1, 8, 2), [1, 8, 2]],
  [two, tensor(undefined, undefined, undefined), [1, 8, 2]],
  [two, tensor(1, 16), [1, 16]],
  [two, tensor(1, 2, 8), undefined],
  [two, tensor(1, 1, 8), undefined],
  [ncw, tensor(undefined, 2, 8), [1, 2, 8]],
  [ncw, tensor(1, 8, 2), undefined],
  [one, tensor(1, 8, 1), [1, 8, 1]],
  [one, tensor(1, 1, 8), [1, 1, 8]],
  [one, tensor(undefined, 8), [1, 8]],
  [one, tensor(8), [8]],
  [one, tensor(2, 8), undefined],
  [audioInput.parse({ sampleRate: 16_000, window: 512 }), tensor(undefined, undefined), [1, 512]],
  [features('time-bands'), tensor(undefined, 4, 8), [1, 4, 8]],
  [features('time-bands'), tensor(1, 1, 4, 8), [1, 1, 4, 8]],
  [features('time-bands'), tensor(1, undefined, 8, 1), [1, 4, 8, 1]],
  [features('time-bands'), tensor(4, 8), [4, 8]],
  [features('time-bands'), tensor(1, 32), [1, 32]],
  [features('time-bands'), tensor(1, 8, 4), undefined],
  [features('time-bands'), tensor(1, 1600), undefined],
  [features('bands-time'), tensor(1, 1, 8, undefined), [1, 1, 8, 4]],
  [features('bands-time'), tensor(1, 4, 8), undefined],
])('how a window lies in a graph: %j in %j', (input, graph, wanted) => {
  expect(windowShape(input, graph)).toEqual(wanted);
  const reported = windowContradictions(input, { inputs: [graph], outputs: [] });
  expect(reported.map((c) => c.field)).toEqual(wanted ? [] : ['input']);
});

test('what features of sound are is told beside what the graph takes', () => {
  expect(windowContradictions(features('time-bands'), { inputs: [tensor(1, 96, 64)], outputs: [] })).toEqual([
    { field: 'input', says: '4 frames of 8 mel bands, time-bands', graph: '[1, 96, 64] in "x"' },
  ]);
});

test('other types and more inputs are refused', () => {
  const ints = { name: 'x', type: 'int64', shape: [1, 8] };
  expect(windowContradictions(one, { inputs: [ints], outputs: [] })[0]?.graph).toBe('int64 in "x"');
  expect(windowContradictions(one, { inputs: [tensor(1, 8), tensor(1)], outputs: [] })[0]?.graph).toBe(
    '2 inputs (x, x)',
  );
});

test('a model of sound may have inputs that only its head knows', () => {
  const sound = audioInput.parse({ sampleRate: 16_000, window: 512 });
  expect(windowContradictions(sound, { inputs: [tensor(1, 512), tensor(2, 1, 64)], outputs: [] })).toEqual([]);
  expect(windowContradictions(sound, { inputs: [], outputs: [] })).toEqual([
    { field: 'input', says: 'one window', graph: '0 inputs ()' },
  ]);
});

test('a complaint is about the kind of input that was meant', () => {
  const reported = (input: unknown) =>
    modelInput.safeParse(input).error?.issues.map((i) => `${i.path.join('.')}: ${i.message}`);
  expect(reported({ channels: ['a'], window: 8 })?.join()).toMatch(/^rateHz: /);
  expect(reported({ channels: ['a', 'b'], window: 8, rateHz: 1, mean: [1, 2, 3] })).toEqual([
    'mean: needs one number per channel (2), or one for all',
  ]);
  expect(reported({ sampleRate: 16_000, window: 1 })?.join()).toMatch(/^window: /);
  expect(reported({ width: 64 })?.join()).toMatch(/^height: /);
  expect(reported('big')?.join()).toMatch(/expected object/);
});
