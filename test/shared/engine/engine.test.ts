import path from 'node:path';
import { expect, test } from 'vitest';
import { imageInputOf } from '../../../shared/contract/model-manifest.ts';
import { openEngine } from '../../../shared/engine/engine.ts';
import { objectsOf } from '../../../shared/engine/outcome.ts';
import { fitFrame } from '../../../shared/engine/preprocess/fit.ts';
import { createTensorWriter } from '../../../shared/engine/preprocess/tensor.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { type BrightOptions, writeBrightPackage } from '../../support/onnx.ts';
import { inOrder } from '../../support/pixels.ts';
import { tempFolder } from '../../support/temp.ts';

async function run(options: BrightOptions, lit: readonly [number, number][]) {
  const dir = writeBrightPackage(path.join(tempFolder(), 'm'), options);
  const engine = await openEngine({ dir, variant: 'auto', threads: 1 }, systemClock);
  const input = imageInputOf(engine.manifest);
  const pixels = new Uint8Array(64 * 64 * 3);
  for (const [column, row] of lit) {
    for (let i = 0; i < 64; i++) pixels[((row * 8 + (i >> 3)) * 64 + column * 8 + (i & 7)) * 3] = 255;
  }
  const fit = fitFrame(64, 64, input);
  const writer = createTensorWriter(input);
  const tensor = new Float32Array(writer.size);
  writer.write(inOrder(pixels, writer.order), fit, tensor);
  try {
    return await engine.run(tensor, fit);
  } finally {
    await engine.close();
  }
}

test('a real model finds the lit cells of a picture', async () => {
  const { outcome } = await run({}, [
    [1, 2],
    [6, 5],
  ]);
  const box = (column: number, row: number) =>
    [(column - 0.5) / 8, (row - 0.5) / 8, 2 / 8, 2 / 8].map((v) => expect.closeTo(v, 5));
  const detections = objectsOf(outcome);
  expect(detections).toHaveLength(2);
  expect(detections).toEqual(
    expect.arrayContaining([
      { label: 'person', score: 1, box: box(1, 2) },
      { label: 'person', score: 1, box: box(6, 5) },
    ]),
  );
});

test('a dark picture has no detections', async () => {
  expect((await run({}, [])).outcome).toEqual({ task: 'detect', detections: [] });
});

test('a model that gives NaN fails loudly', async () => {
  await expect(run({ poison: true }, [])).rejects.toMatchObject({ code: 'model-failed' });
});

test('pictures of several streams go through a model together where its batch axis is free, each with its own answer', async () => {
  const dir = writeBrightPackage(path.join(tempFolder(), 'm'), { batch: true });
  const engine = await openEngine({ dir, variant: 'auto', threads: 1, batch: 4 }, systemClock);
  const fit = fitFrame(64, 64, imageInputOf(engine.manifest));
  /** Red in one cell of the first row. */
  const lit = (column: number) => {
    const tensor = new Float32Array(3 * 64 * 64);
    for (let i = 0; i < 64; i++) tensor[(i >> 3) * 64 + column * 8 + (i & 7)] = 255;
    return tensor;
  };
  const results = await Promise.all([0, 1, 2, 3, 4, 5].map((column) => engine.run(lit(column), fit)));
  expect(results.map(({ outcome }) => objectsOf(outcome).map((d) => d.box[0] + d.box[2] / 2))).toEqual(
    [0, 1, 2, 3, 4, 5].map((column) => [expect.closeTo(column === 0 ? 1 / 16 : (column + 0.5) / 8, 1)]),
  );
  await engine.close();
});
