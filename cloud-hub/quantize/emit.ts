/**
 * Writes a plan into the graph as QuantizeLinear/DequantizeLinear pairs (QDQ), which runtimes fuse into integer operators:
 * weights int8, symmetric, a scale a channel; activations uint8, a scale and zero point a tensor; biases int32 with the product
 * of both scales (ONNX Runtime, "Quantize ONNX models"; Wu et al., "Integer Quantization for Deep Learning Inference", 2020).
 */
import { int } from './graph/attributes.ts';
import type { Constant, Net, NetNode } from './graph/net.ts';
import { floatConstant, floatsOf, int8Constant, int32Constant, uint8Constant } from './graph/tensor.ts';
import { usesOf } from './graph/uses.ts';
import { type Plan, type QuantizedNode, quantizedOutput } from './plan.ts';
import type { Scale } from './ranges/range.ts';
import { quantizeWeights } from './weights.ts';

export interface EmitOptions {
  /** By group of the plan. */
  readonly scales: ReadonlyMap<string, Scale>;
  /** 8, or 7 for processors whose 16-bit sums of two products overflow otherwise (x86 without VNNI). */
  readonly weightBits: 7 | 8;
}

/** @throws RangeError when a group of the plan has no scale */
export function emitQdq(net: Net, plan: Plan, { scales, weightBits }: EmitOptions): Net {
  const uses = usesOf(net);
  const constants = new Map(net.constants);
  const scaleOfTensor = (tensor: string): Scale => {
    const found = scales.get(plan.groups.get(tensor) ?? '');
    if (!found) throw new RangeError(`no scale for "${tensor}"`);
    return found;
  };
  const madeQuantized = new Set(
    net.nodes.filter((n) => plan.nodes.has(n.name)).map((node) => quantizedOutput(node, node.outputs[0] ?? '', uses)),
  );

  /** A constant behind a DequantizeLinear; its name is that of the float tensor which it stands for. */
  const dequantized = (name: string, value: Constant, scale: Constant, zero: Constant, axis?: number): NetNode => {
    constants.set(`${name}/q`, value).set(`${name}/scale`, scale).set(`${name}/zero`, zero);
    const inputs = [`${name}/q`, `${name}/scale`, `${name}/zero`];
    const attributes = axis === undefined ? [] : [int('axis', axis)];
    return { name: `${name}/dq`, op: 'DequantizeLinear', domain: '', inputs, outputs: [`${name}/dq`], attributes };
  };

  const pairOf = (tensor: string): NetNode[] => {
    const { scale, zero } = scaleOfTensor(tensor);
    constants.set(`${tensor}/scale`, floatConstant([], [scale])).set(`${tensor}/zero`, uint8Constant([], [zero]));
    const rest = [`${tensor}/scale`, `${tensor}/zero`];
    const node = (op: string, from: string, to: string): NetNode => ({
      name: to,
      op,
      domain: '',
      inputs: [from, ...rest],
      outputs: [to],
      attributes: [],
    });
    return [node('QuantizeLinear', tensor, `${tensor}/q`), node('DequantizeLinear', `${tensor}/q`, `${tensor}/dq`)];
  };

  const quantize = (node: NetNode, { weights, activations }: QuantizedNode): NetNode[] => {
    const inputs = node.inputs.map((input, i) => (activations.includes(i) ? `${input}/dq` : input));
    if (!weights) return [{ ...node, inputs }];
    const found = constants.get(node.inputs[weights.input] ?? '') as Constant;
    const [data = '', , bias = ''] = node.inputs;
    const biases = bias === '' ? undefined : floatsOf(net.constants.get(bias) as Constant);
    const input = scaleOfTensor(data).scale;
    const made = quantizeWeights(floatsOf(found), found.dims, weights.axis, weightBits, input, biases);
    const channels = made.scales.length;
    const label = `${node.name}/weights`;
    const before = [
      dequantized(
        label,
        int8Constant(found.dims, made.values),
        floatConstant([channels], made.scales),
        int8Constant([channels], new Int8Array(channels)),
        weights.axis,
      ),
    ];
    inputs[weights.input] = `${label}/dq`;
    if (made.bias) {
      const name = `${node.name}/bias`;
      const scale = floatConstant(
        [channels],
        made.scales.map((s) => s * input),
      );
      before.push(
        dequantized(
          name,
          int32Constant([channels], made.bias),
          scale,
          int32Constant([channels], new Int32Array(channels)),
          0,
        ),
      );
      inputs[2] = `${name}/dq`;
    }
    return [...before, { ...node, inputs }];
  };

  /** A node in float takes what 8 bits have left of a tensor only where nothing else is there. */
  const float = (node: NetNode): NetNode => ({
    ...node,
    inputs: node.inputs.map((i) => (madeQuantized.has(i) ? `${i}/dq` : i)),
  });

  const outputs = new Set(net.outputs.map((o) => o.name));
  const nodes: NetNode[] = net.inputs.filter((i) => plan.groups.has(i.name)).flatMap((i) => pairOf(i.name));
  for (const node of net.nodes) {
    const planned = plan.nodes.get(node.name);
    nodes.push(...(planned ? quantize(node, planned) : [float(node)]));
    for (const output of node.outputs) if (plan.groups.has(output)) nodes.push(...pairOf(output));
  }
  return { ...net, nodes: withOutputs(nodes, outputs, madeQuantized), constants };
}

/** An output of the graph keeps its name: what made it gets another. */
function withOutputs(nodes: NetNode[], outputs: ReadonlySet<string>, quantized: ReadonlySet<string>): NetNode[] {
  const moved = [...outputs].filter((o) => quantized.has(o));
  if (moved.length === 0) return nodes;
  const rename = (name: string): string =>
    moved.includes(name)
      ? `${name}/float`
      : moved.includes(name.replace(/\/dq$/, '')) && name.endsWith('/dq')
        ? name.slice(0, -3)
        : name;
  return nodes.map((n) => ({ ...n, inputs: n.inputs.map(rename), outputs: n.outputs.map(rename) }));
}
