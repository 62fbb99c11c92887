/** A small convolutional classifier with all that real ones have: BatchNormalization, depthwise, SiLU, residual, pooling. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;

export const SIDE = 32;
const CHANNELS = 16;
const LABELS = 4;

/** Numbers that look random and are the same each time (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296 - 0.5;
  };
}

/** @param opset 9 to 13: where BatchNormalization, Clip and Softmax stand as they were then */
export function convNet(opset: number, seed = 1): Uint8Array {
  const next = numbers(seed);
  const tensor = (name: string, dims: number[], scale: number, offset = 0) => {
    const count = dims.reduce((a, b) => a * b, 1);
    return { name, dims, dataType: 1, floatData: Array.from({ length: count }, () => offset + next() * scale) };
  };
  const ints = (name: string, values: number[]) => ({ name, type: 7, ints: values });
  const node = (opType: string, input: string[], output: string, attribute: object[] = []) => ({
    opType,
    name: output,
    input,
    output: [output],
    attribute,
  });
  const conv = (
    input: string,
    weights: string,
    output: string,
    kernel: number,
    stride = 1,
    group = 1,
    bias: string[] = [],
  ) =>
    node('Conv', [input, weights, ...bias], output, [
      ints('kernel_shape', [kernel, kernel]),
      ints('strides', [stride, stride]),
      ints('pads', new Array(4).fill((kernel - 1) / 2)),
      { name: 'group', type: 2, i: group },
    ]);
  const old = opset < 11;
  const clip = old
    ? node('Clip', ['normal'], 'clipped', [
        { name: 'min', type: 1, f: 0 },
        { name: 'max', type: 1, f: 6 },
      ])
    : node('Clip', ['normal', 'low', 'high'], 'clipped');
  const info = (name: string, dims: number[]) => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  });
  const graph = {
    name: 'net',
    input: [info('image', [1, 3, SIDE, SIDE])],
    output: [info('scores', [1, LABELS])],
    initializer: [
      tensor('w1', [CHANNELS, 3, 3, 3], 0.02),
      ...['gamma', 'beta', 'mean'].map((n) => tensor(n, [CHANNELS], 0.5, n === 'gamma' ? 1 : 0)),
      tensor('variance', [CHANNELS], 0.5, 1),
      ...(old ? [] : [tensor('low', [], 0), tensor('high', [], 0, 6)]),
      tensor('w2', [CHANNELS, 1, 3, 3], 1),
      tensor('b2', [CHANNELS], 0.2),
      tensor('w3', [CHANNELS, CHANNELS, 1, 1], 0.6),
      tensor('factor', [1, CHANNELS, 1, 1], 0.4, 1),
      tensor('fc', [CHANNELS, LABELS], 2),
      tensor('fcb', [LABELS], 0.1),
    ],
    node: [
      conv('image', 'w1', 'c1', 3, 2),
      node('BatchNormalization', ['c1', 'gamma', 'beta', 'mean', 'variance'], 'normal'),
      clip,
      conv('clipped', 'w2', 'c2', 3, 1, CHANNELS, ['b2']),
      node('Sigmoid', ['c2'], 'gate'),
      node('Mul', ['c2', 'gate'], 'silu'),
      node('Identity', ['silu'], 'same'),
      conv('same', 'w3', 'c3', 1),
      node('Mul', ['c3', 'factor'], 'c3f'),
      node('Add', ['c3f', 'clipped'], 'sum'),
      node('MaxPool', ['sum'], 'pooled', [ints('kernel_shape', [2, 2]), ints('strides', [2, 2])]),
      node('GlobalAveragePool', ['pooled'], 'average'),
      node('Flatten', ['average'], 'flat'),
      node('Gemm', ['flat', 'fc', 'fcb'], 'logits'),
      node('Softmax', ['logits'], 'scores', [{ name: 'axis', type: 2, i: 1 }]),
    ],
  };
  const model = { irVersion: 7, opsetImport: [{ domain: '', version: opset }], graph };
  return onnx.ModelProto.encode(onnx.ModelProto.fromObject(model)).finish();
}

export function writeConvPackage(dir: string, opset = 11): string {
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, 'fp32.onnx'), convNet(opset));
  writeFileSync(
    path.join(dir, 'model.yaml'),
    `# a comment that somebody wrote
name: conv-net
version: 1.0.0
task: classify
license: Apache-2.0
input: { width: ${SIDE}, height: ${SIDE}, resize: stretch }
head: { kind: classify }
labels: [a, b, c, d]
threshold: 0
variants:
  - { file: fp32.onnx, precision: fp32 } # the reference
`,
  );
  return dir;
}
