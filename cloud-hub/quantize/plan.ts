/** Which nodes compute in 8 bits, and which tensors share one scale. Pure. */
import { floatOf, intOf } from './graph/attributes.ts';
import { FLOAT, type Net, type NetNode } from './graph/net.ts';
import { type Uses, usesOf } from './graph/uses.ts';

export interface QuantizedNode {
  readonly node: NetNode;
  /** Index of the weights among the inputs, and the axis of their output channels. */
  readonly weights?: { readonly input: number; readonly axis: number };
  /** Inputs that are activations, by index. */
  readonly activations: readonly number[];
}

export interface Plan {
  readonly nodes: ReadonlyMap<string, QuantizedNode>;
  /** Tensors to quantize, each with the name of its group: a group has one scale. */
  readonly groups: ReadonlyMap<string, string>;
}

/** They give values of their input: input and output have the same scale, and nothing is rounded. */
const PASSING = new Set([
  'MaxPool',
  'Resize',
  'Reshape',
  'Transpose',
  'Slice',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
  'DepthToSpace',
  'Concat',
]);
const COMPUTING = new Set(['Add', 'Mul', 'Sigmoid', 'AveragePool', 'GlobalAveragePool', 'LeakyRelu']);
/** Q at their output does what they do: the runtime drops them. */
const ACTIVATIONS = new Set(['Relu', 'Clip']);

/** The nodes that have weights: what quantizing makes smaller and faster. */
export function weightedNodes(net: Net): NetNode[] {
  return net.nodes.filter((n) => weightsOf(n, net) !== undefined);
}

/**
 * @param float names of nodes that stay in float
 * @param computing operators without weights that compute in 8 bits as well
 */
export function planOf(net: Net, float: ReadonlySet<string>, computing: ReadonlySet<string> = COMPUTING): Plan {
  const uses = usesOf(net);
  const nodes = new Map<string, QuantizedNode>();
  for (const node of net.nodes) {
    if (float.has(node.name) || node.domain !== '') continue;
    const weights = weightsOf(node, net);
    if (weights) {
      nodes.set(node.name, { node, weights, activations: [0] });
      continue;
    }
    if (PASSING.has(node.op)) {
      const activations = node.op === 'Concat' ? node.inputs.map((_, i) => i) : [0];
      if (activations.every((i) => !net.constants.has(node.inputs[i] ?? '')))
        nodes.set(node.name, { node, activations });
    } else if (computing.has(node.op) && node.inputs.every((i) => !net.constants.has(i)))
      nodes.set(node.name, { node, activations: node.inputs.map((_, i) => i) });
  }
  dropIslands(nodes, uses);
  const ties = unionFind();
  const tensors = new Set<string>();
  for (const { node, activations } of nodes.values()) {
    for (const i of activations) tensors.add(node.inputs[i] ?? '');
    for (const output of node.outputs.slice(0, 1)) tensors.add(quantizedOutput(node, output, uses));
    if (PASSING.has(node.op)) for (const i of activations) ties.join(node.inputs[i] ?? '', node.outputs[0] ?? '');
  }
  return { nodes, groups: new Map([...tensors].map((t) => [t, ties.rootOf(t)])) };
}

/** A convolution followed by nothing but Relu or Clip is quantized behind that. */
export function quantizedOutput(node: NetNode, output: string, uses: Uses): string {
  const [only, ...others] = uses.consumers(output);
  if (node.op !== 'Conv' || !only || others.length > 0 || uses.isKept(output)) return output;
  return ACTIVATIONS.has(only.op) && only.domain === '' ? (only.outputs[0] ?? output) : output;
}

/** Nodes that only pass or combine values are quantized only between others: alone they would cost and give nothing. */
function dropIslands(nodes: Map<string, QuantizedNode>, uses: Uses): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const [name, { node, weights, activations }] of nodes) {
      if (weights) continue;
      const fed = activations.every((i) => comesQuantized(node.inputs[i] ?? '', nodes, uses));
      const used = uses.consumers(node.outputs[0] ?? '').some((c) => nodes.has(c.name));
      const kept = uses.isKept(node.outputs[0] ?? '');
      if (fed && used && !kept) continue;
      nodes.delete(name);
      changed = true;
    }
  }
}

function comesQuantized(tensor: string, nodes: ReadonlyMap<string, QuantizedNode>, uses: Uses): boolean {
  const producer = uses.producer(tensor);
  // The graph's input is quantized where something quantized takes it.
  if (!producer) return true;
  if (nodes.has(producer.name)) return true;
  const before = uses.producer(producer.inputs[0] ?? '');
  return (
    before !== undefined && nodes.has(before.name) && quantizedOutput(before, before.outputs[0] ?? '', uses) === tensor
  );
}

function weightsOf(node: NetNode, { constants }: Net): QuantizedNode['weights'] | undefined {
  const [data = '', weights = '', bias = ''] = node.inputs;
  const found = constants.get(weights);
  if (node.domain !== '' || found?.type !== FLOAT || constants.has(data)) return undefined;
  if (bias !== '' && constants.get(bias)?.type !== FLOAT) return undefined;
  if (node.op === 'Conv') return { input: 1, axis: 0 };
  if (node.op === 'MatMul' && found.dims.length === 2) return { input: 1, axis: 1 };
  const plain = floatOf(node, 'alpha', 1) === 1 && floatOf(node, 'beta', 1) === 1 && intOf(node, 'transA', 0) === 0;
  const vector = bias === '' || constants.get(bias)?.dims.length === 1;
  if (node.op === 'Gemm' && plain && vector) return { input: 1, axis: intOf(node, 'transB', 0) === 1 ? 0 : 1 };
  return undefined;
}

function unionFind() {
  const parents = new Map<string, string>();
  const rootOf = (name: string): string => {
    let root = name;
    for (let up = parents.get(root); up !== undefined; up = parents.get(root)) root = up;
    return root;
  };
  return {
    rootOf,
    join(a: string, b: string): void {
      const [from, to] = [rootOf(a), rootOf(b)];
      if (from !== to) parents.set(from, to);
    },
  };
}
