/**
 * Reads an ONNX file as protobuf, before the runtime sees it (https://onnx.ai/onnx/repo-docs/IR.html): scan the bytes, decode,
 * vet what came of it. Tensor data stays where it is; only names, types and shapes are taken out.
 */
import onnxProto from 'onnx-proto';
import { CodedError, messageOf } from '../../kit/errors.ts';
import { ScanError, scanModel } from './onnx/scan.ts';
import { vetModel } from './onnx/vet.ts';

const { onnx } = onnxProto;

export interface TensorInfo {
  readonly name: string;
  /** ONNX element type: `float32`, `uint8`, … or `other`. */
  readonly type: string;
  /** Size of each axis; undefined where the graph leaves it free. */
  readonly shape: readonly (number | undefined)[];
  /** What the graph calls its first axis where that is free; two tensors with the same name grow together. */
  readonly batch?: string;
}

export interface Graph {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

const elementTypes: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  6: 'int32',
  7: 'int64',
  10: 'float16',
};

/**
 * @param bytes a whole ONNX file
 * @param where how to name it in an error
 * @throws CodedError `model-invalid` with the path of the element: not ONNX, cut off, no graph, data outside of the file, or
 * anything else that `onnx/` refuses
 */
export function readGraph(bytes: Uint8Array, where: string): Graph {
  const refuse = (what: string) => new CodedError('model-invalid', `${where}: ${what}`);
  let model: onnxProto.onnx.ModelProto;
  try {
    scanModel(bytes);
    model = onnx.ModelProto.decode(bytes);
  } catch (error) {
    if (error instanceof ScanError) throw refuse(`${error.path} ${error.message}`);
    throw refuse(`not a complete ONNX file (${bytes.length} bytes): ${messageOf(error)}`);
  }
  const graph = model.graph;
  if (!graph?.output?.length) throw refuse('no graph in the file; it is empty or cut off');
  const finding = vetModel(model);
  if (finding) throw refuse(`${finding.path} ${finding.why}`);
  const constants = new Set((graph.initializer ?? []).map((t) => t.name));
  return {
    inputs: (graph.input ?? []).filter((i) => !constants.has(i.name)).map(tensorInfo),
    outputs: graph.output.map(tensorInfo),
  };
}

function tensorInfo(value: onnxProto.onnx.IValueInfoProto): TensorInfo {
  const tensor = value.type?.tensorType;
  const batch = tensor?.shape?.dim?.[0]?.dimParam;
  return {
    ...(batch ? { batch } : {}),
    name: value.name ?? '',
    type: elementTypes[tensor?.elemType ?? 0] ?? 'other',
    shape: (tensor?.shape?.dim ?? []).map((d) => {
      const size = Number(d.dimValue ?? 0);
      return size > 0 ? size : undefined;
    }),
  };
}
