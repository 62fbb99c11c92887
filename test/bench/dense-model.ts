/**
 * A detector that gains from batches, as small networks of dense layers do: alone each picture reads all weights out of memory, together
 * they read them once. Random weights; the layout of its output is YOLOX's at stride 8.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;

export const DENSE_SIDE = 32;
const CELLS = (DENSE_SIDE / 8) ** 2;
const COLUMNS = 6;
/** Of each layer between the picture and the cells. */
const WIDTH = 3072;
const LAYERS = 3;

/** Writes its package into a folder that may be missing. */
export function writeDensePackage(dir: string): string {
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, 'fp32.onnx'), denseModel());
  const manifest = {
    ...{ name: 'dense', version: '1.0.0', task: 'detect', license: 'Apache-2.0', threshold: 0.99 },
    input: { width: DENSE_SIDE, height: DENSE_SIDE, resize: 'stretch', std: [255, 255, 255] },
    head: { kind: 'yolox', strides: [8] },
    labels: ['object'],
    variants: [{ file: 'fp32.onnx', precision: 'fp32' }],
  };
  // JSON is YAML.
  writeFileSync(path.join(dir, 'model.yaml'), JSON.stringify(manifest));
  return dir;
}

function denseModel(): Uint8Array {
  const shape = (name: string, dims: readonly (number | string)[]) => ({
    name,
    type: {
      tensorType: {
        elemType: 1,
        shape: { dim: dims.map((one) => (typeof one === 'number' ? { dimValue: one } : { dimParam: one })) },
      },
    },
  });
  const widths = [3 * DENSE_SIDE ** 2, ...new Array<number>(LAYERS).fill(WIDTH), CELLS * COLUMNS];
  const layers = widths.slice(1).map((to, index) => ({ from: widths[index] ?? 0, to, index }));
  const graph = {
    name: 'dense',
    input: [shape('images', ['batch', 3, DENSE_SIDE, DENSE_SIDE])],
    output: [shape('output', ['batch', CELLS, COLUMNS])],
    initializer: [
      ...layers.map(({ from, to, index }) => ({
        ...{ name: `w${index}`, dims: [from, to], dataType: 1 },
        rawData: Buffer.from(weights(from * to, 1 / Math.sqrt(from)).buffer),
      })),
      { name: 'cells', dims: [3], dataType: 7, int64Data: [0, CELLS, COLUMNS] },
    ],
    node: [
      { opType: 'Flatten', input: ['images'], output: ['x0'], name: 'flatten' },
      ...layers.flatMap(({ index }) => [
        { opType: 'MatMul', input: [`x${index}`, `w${index}`], output: [`y${index}`], name: `dense${index}` },
        { opType: 'Tanh', input: [`y${index}`], output: [`x${index + 1}`], name: `tanh${index}` },
      ]),
      { opType: 'Reshape', input: [`x${layers.length}`, 'cells'], output: ['output'], name: 'cells-out' },
    ],
  };
  const model = onnx.ModelProto.fromObject({ irVersion: 8, opsetImport: [{ domain: '', version: 13 }], graph });
  return onnx.ModelProto.encode(model).finish();
}

/** The same on every machine. */
function weights(count: number, scale: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return (state / 2 ** 31 - 1) * scale;
  });
}
