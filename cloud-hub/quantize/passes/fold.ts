/** Nodes whose inputs are all constants are computed once, by the runtime that would compute them on the device. */
import type { Constant, Net, NetNode } from '../graph/net.ts';
import { FLOAT } from '../graph/net.ts';

/** Computes tensors of a net without inputs; what cannot be computed is absent. */
export type Evaluate = (net: Net, tensors: readonly string[]) => Promise<ReadonlyMap<string, Constant>>;

/** Operators that give floats where their first input is floats. */
const FOLDABLE = new Set(
  (
    'Abs Add Clip Concat Div Exp Flatten Log MatMul Max Min Mul Neg Pow Reciprocal ReduceMean ReduceSum Relu Reshape ' +
    'Sigmoid Slice Softmax Sqrt Squeeze Sub Tanh Transpose Unsqueeze'
  ).split(' '),
);

export async function foldConstants(net: Net, evaluate: Evaluate): Promise<Net> {
  const known = new Set([...net.constants].filter(([, c]) => c.type === FLOAT).map(([name]) => name));
  const given = new Set(net.constants.keys());
  const foldable: NetNode[] = [];
  for (const node of net.nodes) {
    const [first = '', ...rest] = node.inputs;
    if (node.domain !== '' || !FOLDABLE.has(node.op) || node.outputs.length !== 1) continue;
    if (!known.has(first) || !rest.every((i) => i === '' || given.has(i))) continue;
    foldable.push(node);
    const [output = ''] = node.outputs;
    known.add(output);
    given.add(output);
  }
  if (foldable.length === 0) return net;
  const inner = new Set(foldable);
  const rest = net.nodes.filter((n) => !inner.has(n));
  const wanted = new Set([...rest.flatMap((n) => n.inputs), ...net.outputs.map((o) => o.name)]);
  const results = foldable.flatMap((n) => n.outputs).filter((o) => wanted.has(o));
  // An output of the graph must be made by a node.
  if (net.outputs.some((o) => results.includes(o.name))) return net;
  const values = await evaluate({ ...net, nodes: foldable }, results);
  if (!results.every((r) => values.has(r))) return net;
  return { ...net, nodes: rest, constants: new Map([...net.constants, ...values]) };
}
