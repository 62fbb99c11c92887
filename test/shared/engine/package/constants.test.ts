/** Inputs beside the picture: what model.yaml says of them reaches the graph, and what contradicts the graph is refused. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { imageInput } from '../../../../shared/contract/model-manifest.ts';
import { openEngine } from '../../../../shared/engine/engine.ts';
import { objectsOf } from '../../../../shared/engine/outcome.ts';
import { describeContradictions } from '../../../../shared/engine/package/check.ts';
import { constantContradictions, constantsOf } from '../../../../shared/engine/package/constants.ts';
import { systemClock } from '../../../../shared/kit/clock.ts';
import { analyseLevel } from '../../../support/analyse.ts';
import { layoutModel } from '../../../support/layout-model.ts';
import { tempFolder } from '../../../support/temp.ts';
import { example, labels } from '../heads/examples.ts';

const picture = (constants?: object) => imageInput.parse({ width: 4, height: 4, constants });
const tensor = (name: string, type: string, ...shape: (number | undefined)[]) => ({ name, type, shape });
const graph = (...inputs: ReturnType<typeof tensor>[]) => ({
  inputs: [tensor('images', 'float32', 1, 3, 4, 4), ...inputs],
  outputs: [],
});

test('numbers take the axes of the graph; a free axis takes what is left', () => {
  const of = (values: number[], ...shape: (number | undefined)[]) =>
    constantsOf(picture({ size: values }), graph(tensor('size', 'int64', ...shape)))[0]?.shape;
  expect(of([640, 480], 1, 2)).toEqual([1, 2]);
  expect(of([640, 480], undefined, 2)).toEqual([1, 2]);
  expect(of([640, 480], undefined, undefined)).toEqual([1, 2]);
  expect(of([640, 480], 2)).toEqual([2]);
  expect(of([1])).toEqual([]);
  expect(constantsOf(picture(), graph())).toEqual([]);
});

describe('what contradicts the graph is told by field', () => {
  test.each<[string, object, ReturnType<typeof tensor>[], string]>([
    [
      'no such input',
      { sizes: [1] },
      [],
      'input.constants.sizes says an input beside the picture, the graph says the inputs images',
    ],
    [
      'too many numbers',
      { s: [1, 2, 3] },
      [tensor('s', 'int64', 1, 2)],
      'input.constants.s says 3 numbers, the graph says int64 [1, 2]',
    ],
    [
      'parts of a whole',
      { s: [1.5] },
      [tensor('s', 'int32', 1)],
      'input.constants.s says 1.5, the graph says int32 [1]',
    ],
    ['text', { s: [1] }, [tensor('s', 'other', 1)], 'input.constants.s says numbers, the graph says other [1]'],
  ])('%s', (_name, constants, inputs, wanted) => {
    expect(describeContradictions(constantContradictions(picture(constants), graph(...inputs)))).toBe(wanted);
  });
});

/** D-FINE's deploy export: the graph scales its boxes by the second input. */
function writeDeploy(constants: object | undefined): string {
  const dir = tempFolder();
  const manifest = parse(readFileSync(example('final-boxes-constants'), 'utf8')) as { input: Record<string, unknown> };
  manifest.input.constants = constants;
  writeFileSync(path.join(dir, 'model.yaml'), stringify(manifest));
  writeFileSync(path.join(dir, 'labels.txt'), labels.join('\n'));
  const fill = (count: number, values: number[]) => {
    const all = new Float32Array(count);
    all.set(values);
    return all;
  };
  const outputs = [
    { name: 'labels', shape: [1, 300], dark: fill(300, []), bright: fill(300, [2]), type: 'int64' as const },
    { name: 'boxes', shape: [1, 300, 4], dark: fill(1200, []), bright: fill(1200, [0.25, 0.5, 0.75, 1]) },
    { name: 'scores', shape: [1, 300], dark: fill(300, []), bright: fill(300, [0.9]) },
  ];
  const more = [{ name: 'orig_target_sizes', shape: [1, 2], type: 'int64' as const }];
  const extras = { scaled: { output: 'boxes', by: 'orig_target_sizes' } };
  writeFileSync(
    path.join(dir, 'fp32.onnx'),
    layoutModel([1, 3, 640, 640], { black: 0, white: 1 }, outputs, more, extras),
  );
  return dir;
}

test('the constants reach the graph: its boxes come in pixels of the input', async () => {
  const found = objectsOf((await analyseLevel(writeDeploy({ orig_target_sizes: [640, 640] }), 255)).outcome);
  expect(found).toEqual([
    { label: 'car', score: expect.closeTo(0.9, 3), box: [0.25, 0.5, 0.5, 0.5].map((v) => expect.closeTo(v, 4)) },
  ]);
  const half = objectsOf((await analyseLevel(writeDeploy({ orig_target_sizes: [320, 640] }), 255)).outcome);
  expect(half[0]?.box.map((v) => Math.round(v * 1000))).toEqual([125, 500, 250, 500]);
});

test('an input that nobody has said is refused by its name, with what to do', async () => {
  await expect(openEngine({ dir: writeDeploy(undefined), variant: 'auto', threads: 1 }, systemClock)).rejects.toThrow(
    'input says one picture, the graph says 2 inputs (images, orig_target_sizes); say in input.constants what orig_target_sizes is',
  );
});
