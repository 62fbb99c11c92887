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
  /** ONNX element type: `float32`, `uint8`, …; `other` for text, complex numbers and what the runtime cannot give us. */
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

/** What a file says of itself beside its tensors: hints for people and for guesses, never relied upon. */
export interface GraphNotes {
  /** What exporters leave, such as `names`, `imgsz` and `task` of Ultralytics. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Of the tool that wrote it; empty where it does not say. */
  readonly producer: string;
  /** Types of the operators of the graph, without those of inner graphs. */
  readonly operators: ReadonlySet<string>;
  /** Element types of the weights, that is of constants with two axes or more. */
  readonly weights: ReadonlySet<string>;
}

const elementTypes: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
};

/**
 * @param bytes a whole ONNX file
 * @param where how to name it in an error
 * @throws CodedError `model-invalid` with the path of the element: not ONNX, cut off, no graph, data outside of the file, or
 * anything else that `onnx/` refuses
 */
export function readGraph(bytes: Uint8Array, where: string): Graph {
  const { inputs, outputs } = readGraphWithNotes(bytes, where);
  return { inputs, outputs };
}

/** The same with what the file says of itself. @throws CodedError as `readGraph` */
export function readGraphWithNotes(bytes: Uint8Array, where: string): Graph & GraphNotes {
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
    metadata: new Map((model.metadataProps ?? []).map((entry) => [entry.key ?? '', entry.value ?? ''])),
    producer: model.producerName ?? '',
    operators: new Set((graph.node ?? []).map((node) => node.opType ?? '')),
    weights: new Set((graph.initializer ?? []).filter((t) => (t.dims?.length ?? 0) > 1).map(typeOf)),
  };
}

function typeOf({ dataType }: onnxProto.onnx.ITensorProto): string {
  return typeName(dataType);
}

function typeName(type: number | null | undefined): string {
  return elementTypes[type ?? 0] ?? 'other';
}

function tensorInfo(value: onnxProto.onnx.IValueInfoProto): TensorInfo {
  const tensor = value.type?.tensorType;
  const batch = tensor?.shape?.dim?.[0]?.dimParam;
  return {
    ...(batch ? { batch } : {}),
    name: value.name ?? '',
    type: typeName(tensor?.elemType),
    shape: (tensor?.shape?.dim ?? []).map((d) => {
      const size = Number(d.dimValue ?? 0);
      return size > 0 ? size : undefined;
    }),
  };
}
