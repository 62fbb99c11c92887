/** Vetting of graphs: each name made once and before it is used, inner graphs in bounds. Pure. */
import type onnxProto from 'onnx-proto';
import { type Finding, shown, whole } from './finding.ts';
import { limits } from './limits.ts';
import { nodeFindings } from './nodes.ts';
import { tensorFindings, typeFindings } from './tensors.ts';

type GraphProto = onnxProto.onnx.IGraphProto;
type Node = onnxProto.onnx.INodeProto;

interface Walk {
  /** Nodes seen so far, in all graphs. */
  nodes: number;
}

export function graphFindings(graph: GraphProto, path: string): Generator<Finding> {
  return walkGraph(graph, path, new Set(), 0, { nodes: 0 });
}

function* walkGraph(
  graph: GraphProto,
  path: string,
  outer: ReadonlySet<string>,
  depth: number,
  walk: Walk,
): Generator<Finding> {
  if (depth > limits.graphDepth) return yield { path, why: `is a graph more than ${limits.graphDepth} levels deep` };
  const nodes = graph.node ?? [];
  walk.nodes += nodes.length;
  if (walk.nodes > limits.nodes)
    return yield { path, why: `has ${walk.nodes} nodes with those before; at most ${limits.nodes}` };
  if ((graph.sparseInitializer?.length ?? 0) > 0)
    yield {
      path: `${path}.sparseInitializer[0]`,
      why: 'is a sparse tensor, which is not supported; export with dense ones',
    };
  for (const key of ['input', 'output'] as const) {
    const ports = graph[key] ?? [];
    if (ports.length > limits.ports) yield { path, why: `has ${ports.length} ${key}s; at most ${limits.ports}` };
    for (const [i, port] of ports.entries()) {
      if (!port.name) yield { path: `${path}.${key}[${i}]`, why: 'has no name' };
      yield* typeFindings(port.type, `${path}.${key}[${i}]`);
    }
  }
  for (const [i, info] of (graph.valueInfo ?? []).entries()) yield* typeFindings(info.type, `${path}.valueInfo[${i}]`);
  yield* repeated(
    (graph.input ?? []).map((p) => p.name ?? ''),
    `${path}.input`,
  );
  yield* repeated(
    (graph.output ?? []).map((p) => p.name ?? ''),
    `${path}.output`,
  );
  const tensors = graph.initializer ?? [];
  for (const [i, tensor] of tensors.entries()) {
    if (!tensor.name) yield { path: `${path}.initializer[${i}]`, why: 'has no name' };
    yield* tensorFindings(tensor, `${path}.initializer[${i}]`);
  }
  yield* repeated(
    tensors.map((t) => t.name ?? ''),
    `${path}.initializer`,
  );

  const constants = new Map(tensors.map((t) => [t.name ?? '', t]));
  const known = new Set([...outer, ...(graph.input ?? []).map((p) => p.name ?? ''), ...constants.keys()]);
  const made = new Set(constants.keys());
  for (const { name } of graph.input ?? []) made.add(name ?? '');
  for (const [i, node] of nodes.entries()) {
    const at = `${path}.node[${i}]`;
    yield* nodeFindings(node, at, (name) => smallValues(constants.get(name)));
    for (const input of node.input ?? []) {
      if (input !== '' && !known.has(input))
        yield {
          path: at,
          why: `takes "${shown(input)}", which nothing before it makes: it is missing, made later or part of a cycle`,
        };
    }
    yield* innerFindings(node, at, known, depth, walk);
    for (const output of node.output ?? []) {
      if (output === '') continue;
      if (made.has(output)) yield { path: at, why: `makes "${shown(output)}", which is there already` };
      made.add(output);
      known.add(output);
    }
    const constant = node.opType === 'Constant' ? node.attribute?.find((a) => a.name === 'value')?.t : undefined;
    if (constant) constants.set(node.output?.[0] ?? '', constant);
  }
  for (const [i, { name }] of (graph.output ?? []).entries()) {
    if (name && !known.has(name)) yield { path: `${path}.output[${i}]`, why: `"${shown(name)}" is made by nothing` };
  }
}

/** Tensors and graphs inside of a node. */
function* innerFindings(
  node: Node,
  path: string,
  known: ReadonlySet<string>,
  depth: number,
  walk: Walk,
): Generator<Finding> {
  for (const [i, attribute] of (node.attribute ?? []).entries()) {
    const at = `${path}.attribute[${i}]`;
    if (attribute.t) yield* tensorFindings(attribute.t, `${at}.t`);
    for (const [n, tensor] of (attribute.tensors ?? []).entries()) yield* tensorFindings(tensor, `${at}.tensors[${n}]`);
    if (attribute.g) yield* walkGraph(attribute.g, `${at}.g`, known, depth + 1, walk);
    for (const [n, graph] of (attribute.graphs ?? []).entries())
      yield* walkGraph(graph, `${at}.graphs[${n}]`, known, depth + 1, walk);
  }
}

function* repeated(names: readonly string[], path: string): Generator<Finding> {
  const seen = new Set<string>();
  for (const [i, name] of names.entries()) {
    if (name !== '' && seen.has(name))
      yield { path: `${path}[${i}]`, why: `has the name "${shown(name)}" of another one` };
    seen.add(name);
  }
}

/** Values of a tensor of few elements, such as a shape. */
function smallValues(tensor: onnxProto.onnx.ITensorProto | undefined): readonly number[] | undefined {
  const count = (tensor?.dims ?? []).map(whole).reduce((a, b) => a * b, 1);
  if (!tensor || count > limits.rank) return undefined;
  const lists = [tensor.int64Data, tensor.int32Data, tensor.floatData].find((l) => (l?.length ?? 0) > 0);
  if (lists) return lists.map(whole);
  const raw = tensor.rawData;
  if (!raw?.length) return undefined;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const readers: Readonly<Record<number, readonly [number, (at: number) => number]>> = {
    1: [4, (at) => view.getFloat32(at, true)],
    6: [4, (at) => view.getInt32(at, true)],
    7: [8, (at) => Number(view.getBigInt64(at, true))],
    9: [1, (at) => view.getUint8(at)],
  };
  const [size, read] = readers[tensor.dataType ?? 0] ?? [];
  if (!size || !read || raw.length !== count * size) return undefined;
  return Array.from({ length: count }, (_, i) => read(i * size));
}
