/** An ONNX model as the quantizer rewrites it: nodes and constants as plain data, in the order in which they run. */
import onnxProto from 'onnx-proto';
import { CodedError } from '../../../shared/kit/errors.ts';

const { onnx } = onnxProto;

/** ONNX element types that the quantizer makes or reads (TensorProto.DataType). */
export const FLOAT = 1;
export const UINT8 = 2;
export const INT8 = 3;
export const INT32 = 6;
export const INT64 = 7;

export type Attribute = onnxProto.onnx.IAttributeProto;

export interface NetNode {
  /** Unique in the net. */
  readonly name: string;
  readonly op: string;
  /** Empty for the standard operators. */
  readonly domain: string;
  /** An empty name is an omitted optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly Attribute[];
}

/** A constant, as ONNX lays raw data out: little endian, row by row. */
export interface Constant {
  readonly type: number;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

export interface Port {
  readonly name: string;
  readonly info: onnxProto.onnx.IValueInfoProto;
}

export interface Net {
  /** Version of the standard operators. */
  readonly opset: number;
  readonly irVersion: number;
  /** Versions of other domains. */
  readonly otherOpsets: readonly { readonly domain: string; readonly version: number }[];
  readonly nodes: readonly NetNode[];
  readonly constants: ReadonlyMap<string, Constant>;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** @throws CodedError `model-invalid` for a tensor of a kind that cannot be rewritten; the bytes have passed `readGraph` */
export function decodeNet(bytes: Uint8Array): Net {
  const model = onnx.ModelProto.decode(bytes);
  const graph = model.graph;
  const constants = new Map((graph?.initializer ?? []).map((t) => [t.name ?? '', constantOf(t)]));
  const opsets = (model.opsetImport ?? []).map((o) => ({ domain: o.domain ?? '', version: Number(o.version ?? 1) }));
  const standard = opsets.filter((o) => isStandard(o.domain));
  const names = new Set<string>();
  const nodes = (graph?.node ?? []).map((node, index): NetNode => {
    const name = [node.name, `${node.opType}_${index}`].find((n) => n && !names.has(n)) ?? `node_${index}`;
    names.add(name);
    return {
      name,
      op: node.opType ?? '',
      domain: isStandard(node.domain ?? '') ? '' : (node.domain ?? ''),
      inputs: node.input ?? [],
      outputs: node.output ?? [],
      attributes: node.attribute ?? [],
    };
  });
  const port = (info: onnxProto.onnx.IValueInfoProto) => ({ name: info.name ?? '', info });
  return {
    opset: Math.max(1, ...standard.map((o) => o.version)),
    irVersion: Number(model.irVersion ?? 3),
    otherOpsets: opsets.filter((o) => !isStandard(o.domain)),
    nodes,
    constants,
    inputs: (graph?.input ?? []).filter((i) => !constants.has(i.name ?? '')).map(port),
    outputs: (graph?.output ?? []).map(port),
  };
}

function isStandard(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx';
}

/** The bytes of a model; the same net gives the same bytes. */
export function encodeNet(net: Net): Uint8Array {
  const used = new Set([...net.nodes.flatMap((n) => n.inputs), ...net.outputs.map((o) => o.name)]);
  for (const name of subgraphNames(net)) used.add(name);
  const message = {
    irVersion: net.irVersion,
    producerName: 'vedette',
    opsetImport: [{ domain: '', version: net.opset }, ...net.otherOpsets],
    graph: {
      name: 'graph',
      node: net.nodes.map((n) => ({
        name: n.name,
        opType: n.op,
        domain: n.domain,
        input: [...n.inputs],
        output: [...n.outputs],
        attribute: [...n.attributes],
      })),
      initializer: [...net.constants]
        .filter(([name]) => used.has(name))
        .map(([name, { type, dims, bytes }]) => ({ name, dataType: type, dims: [...dims], rawData: bytes })),
      input: net.inputs.map((i) => i.info),
      output: net.outputs.map((o) => o.info),
    },
  };
  return onnx.ModelProto.encode(message).finish();
}

/** Names that graphs inside of nodes (If, Loop, Scan) may take from outside. */
export function subgraphNames({ nodes }: Pick<Net, 'nodes'>): Set<string> {
  const names = new Set<string>();
  const visit = (attributes: readonly Attribute[]) => {
    for (const attribute of attributes) {
      for (const graph of [...(attribute.g ? [attribute.g] : []), ...(attribute.graphs ?? [])]) {
        for (const node of graph.node ?? []) {
          for (const input of node.input ?? []) names.add(input);
          visit(node.attribute ?? []);
        }
        for (const output of graph.output ?? []) names.add(output.name ?? '');
      }
    }
  };
  for (const node of nodes) visit(node.attributes);
  return names;
}

/** Bytes of one element; undefined for a type that has no fixed size. */
const sizes: Readonly<Record<number, number>> = {
  1: 4,
  2: 1,
  3: 1,
  4: 2,
  5: 2,
  6: 4,
  7: 8,
  9: 1,
  10: 2,
  11: 8,
  12: 4,
  13: 8,
  16: 2,
};

/** @throws CodedError `model-invalid` for texts and other elements without a fixed size */
export function constantOf(tensor: onnxProto.onnx.ITensorProto): Constant {
  const type = tensor.dataType ?? 0;
  const dims = (tensor.dims ?? []).map(Number);
  const size = sizes[type];
  if (size === undefined)
    throw new CodedError(
      'model-invalid',
      `tensor "${tensor.name}" has elements of type ${type}, which cannot be quantized`,
    );
  if (tensor.rawData?.length) return { type, dims, bytes: tensor.rawData };
  const bytes = new Uint8Array(dims.reduce((a, b) => a * b, 1) * size);
  const view = new DataView(bytes.buffer);
  if (type === FLOAT) for (const [i, v] of (tensor.floatData ?? []).entries()) view.setFloat32(i * 4, v, true);
  else if (type === 11) for (const [i, v] of (tensor.doubleData ?? []).entries()) view.setFloat64(i * 8, v, true);
  else if (type === INT64)
    for (const [i, v] of (tensor.int64Data ?? []).entries()) view.setBigInt64(i * 8, BigInt(v.toString()), true);
  else {
    for (const [i, v] of (tensor.int32Data ?? []).entries()) {
      if (size === 4) view.setInt32(i * 4, v, true);
      else if (size === 2) view.setInt16(i * 2, v, true);
      else view.setInt8(i, v);
    }
  }
  return { type, dims, bytes };
}
