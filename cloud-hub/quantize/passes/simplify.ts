/** Constant nodes become constants; nodes that do nothing in inference go. */
import { attributeOf } from '../graph/attributes.ts';
import { type Constant, constantOf, type Net, type NetNode } from '../graph/net.ts';
import { floatConstant, int64Constant } from '../graph/tensor.ts';

export function simplify(net: Net): Net {
  const constants = new Map(net.constants);
  const renamed = new Map<string, string>();
  const outputs = new Set(net.outputs.map((o) => o.name));
  const nodes: NetNode[] = [];
  for (const found of net.nodes) {
    const node = { ...found, inputs: found.inputs.map((i) => renamed.get(i) ?? i) };
    const [output = ''] = node.outputs;
    const value = node.op === 'Constant' && node.domain === '' ? constantIn(node) : undefined;
    const idle = isIdle(node) && !outputs.has(output);
    if (value && !outputs.has(output)) constants.set(output, value);
    else if (idle) renamed.set(output, node.inputs[0] ?? '');
    else nodes.push(node);
  }
  // Graphs inside of nodes name their outer tensors themselves: where there are any, nothing may be renamed.
  const nested = net.nodes.some((n) => n.attributes.some((a) => a.g || (a.graphs?.length ?? 0) > 0));
  return nested && renamed.size > 0 ? net : { ...net, constants, nodes };
}

/** Identity, and Dropout whose mask nobody wants. */
function isIdle({ op, domain, outputs }: NetNode): boolean {
  return domain === '' && (op === 'Identity' || (op === 'Dropout' && outputs.length === 1));
}

function constantIn(node: NetNode): Constant | undefined {
  const tensor = attributeOf(node, 'value')?.t;
  if (tensor) return constantOf(tensor);
  const single = { f: attributeOf(node, 'value_float')?.f, i: attributeOf(node, 'value_int')?.i };
  if (typeof single.f === 'number') return floatConstant([], [single.f]);
  if (single.i !== undefined && single.i !== null) return int64Constant([], [Number(single.i)]);
  const floats = attributeOf(node, 'value_floats')?.floats;
  if (floats) return floatConstant([floats.length], floats);
  const ints = attributeOf(node, 'value_ints')?.ints;
  return ints ? int64Constant([ints.length], ints.map(Number)) : undefined;
}
