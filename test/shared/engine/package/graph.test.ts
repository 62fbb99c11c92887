import onnxProto from 'onnx-proto';
import { expect, test } from 'vitest';
import { readGraph } from '../../../../shared/engine/package/graph.ts';

const { onnx } = onnxProto;

const port = (name: string, elemType: number, dim: object[]) => ({
  name,
  type: { tensorType: { elemType, shape: { dim } } },
});
const size = (dimValue: number) => ({ dimValue });

function model(graph: object) {
  const made = onnx.ModelProto.fromObject({ irVersion: 8, opsetImport: [{ domain: '', version: 13 }], graph });
  return onnx.ModelProto.encode(made).finish();
}

test('names, types and sizes of what a graph takes and gives; constants are no inputs', () => {
  // Numbers of TensorProto.DataType; 8 are texts, 14 and above are complex or rarely used.
  const types = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 8, 14, 16];
  const inputs = types.map((type, i) => port(`in${i}`, type, [size(1), size(i + 1)]));
  const weights = { name: 'weights', dims: [1], dataType: 1, floatData: [1] };
  const graph = readGraph(
    model({
      name: 'g',
      input: [...inputs, port('weights', 1, [size(1)])],
      output: [port('out', 1, [{ dimParam: 'batch' }, {}, size(0), size(5)])],
      initializer: [weights],
      node: [{ opType: 'Add', input: ['in0', 'weights'], output: ['out'] }],
    }),
    'm',
  );
  expect(graph.inputs).toEqual(
    [
      'float32',
      'uint8',
      'int8',
      'uint16',
      'int16',
      'int32',
      'int64',
      'bool',
      'float16',
      'float64',
      'uint32',
      'uint64',
      'other',
      'other',
      'other',
    ].map((type, i) => ({
      name: `in${i}`,
      type,
      shape: [1, i + 1],
    })),
  );
  expect(graph.outputs).toEqual([
    { name: 'out', type: 'float32', shape: [undefined, undefined, undefined, 5], batch: 'batch' },
  ]);
});

test('a port without a type or a shape is known by its name alone', () => {
  const graph = readGraph(
    model({
      name: 'g',
      input: [{ name: 'a' }],
      output: [{ name: 'b', type: { tensorType: { elemType: 1 } } }],
      node: [{ opType: 'Relu', input: ['a'], output: ['b'] }],
    }),
    'm',
  );
  expect(graph).toEqual({
    inputs: [{ name: 'a', type: 'other', shape: [] }],
    outputs: [{ name: 'b', type: 'float32', shape: [] }],
  });
});

test('no graph, or one that gives nothing, is refused', () => {
  const empty = onnx.ModelProto.encode(onnx.ModelProto.fromObject({ irVersion: 8 })).finish();
  for (const bytes of [empty, new Uint8Array(), model({ name: 'g', input: [port('a', 1, [])] })])
    expect(() => readGraph(bytes, 'm.onnx')).toThrow(
      expect.objectContaining({
        code: 'model-invalid',
        message: 'm.onnx: no graph in the file; it is empty or cut off',
      }),
    );
});
