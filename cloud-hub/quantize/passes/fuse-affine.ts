/**
 * What scales and shifts the channels of a convolution becomes part of it: BatchNormalization, and Mul or Add by a constant
 * (Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018, 3.2).
 * y = s · (W * x + b) + t  =  (s W) * x + (s b + t), a channel at a time.
 */
import { floatOf } from '../graph/attributes.ts';
import { type Constant, FLOAT, type Net, type NetNode } from '../graph/net.ts';
import { floatConstant, floatsOf } from '../graph/tensor.ts';
import { type Uses, usesOf } from '../graph/uses.ts';

interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

export function fuseAffine(net: Net): Net {
  for (let now = net; ; ) {
    const next = fuseOne(now);
    if (!next) return now;
    now = next;
  }
}

function fuseOne(net: Net): Net | undefined {
  const uses = usesOf(net);
  for (const conv of net.nodes) {
    if (conv.op !== 'Conv' || conv.domain !== '') continue;
    const [output = ''] = conv.outputs;
    const after = onlyConsumer(output, uses);
    const weights = net.constants.get(conv.inputs[1] ?? '');
    const bias = conv.inputs[2] ? net.constants.get(conv.inputs[2]) : undefined;
    if (!after || weights?.type !== FLOAT || (conv.inputs[2] && bias?.type !== FLOAT)) continue;
    const affine = affineOf(after, output, weights, net.constants);
    if (affine) return fuse(net, conv, after, weights, bias, affine);
  }
  return undefined;
}

function onlyConsumer(tensor: string, uses: Uses): NetNode | undefined {
  const [only, ...others] = uses.consumers(tensor);
  return uses.isKept(tensor) || others.length > 0 ? undefined : only;
}

function affineOf(
  node: NetNode,
  from: string,
  weights: Constant,
  constants: ReadonlyMap<string, Constant>,
): Affine | undefined {
  const channels = weights.dims[0] ?? 0;
  const axes = weights.dims.length;
  if (node.domain !== '' || node.outputs.length !== 1) return undefined;
  if (node.op === 'BatchNormalization') {
    const [gamma, beta, mean, variance] = node.inputs.slice(1).map((i) => perChannel(constants.get(i), channels, axes));
    if (!gamma || !beta || !mean || !variance || node.inputs[0] !== from) return undefined;
    const epsilon = floatOf(node, 'epsilon', 1e-5);
    const scale = gamma.map((g, c) => g / Math.sqrt((variance[c] as number) + epsilon));
    return { scale, shift: beta.map((b, c) => b - (mean[c] as number) * (scale[c] as number)) };
  }
  if (node.op !== 'Mul' && node.op !== 'Add') return undefined;
  const other = constants.get(node.inputs.find((i) => i !== from) ?? '');
  const values = other && broadcastOver(other, axes) ? perChannel(other, channels, axes) : undefined;
  if (!values) return undefined;
  const none = new Float64Array(channels);
  return node.op === 'Mul' ? { scale: values, shift: none } : { scale: none.map(() => 1), shift: values };
}

/** Is it one value, or one a channel, where the channel is the second of `axes`? */
function broadcastOver({ dims }: Constant, axes: number): boolean {
  const channelAxis = dims.length - (axes - 1);
  return dims.length <= axes && dims.every((size, axis) => size === 1 || axis === channelAxis);
}

function perChannel(constant: Constant | undefined, channels: number, axes: number): Float64Array | undefined {
  if (constant?.type !== FLOAT || constant.dims.length > axes) return undefined;
  const values = floatsOf(constant);
  if (values.length === channels) return Float64Array.from(values);
  return values.length === 1 ? new Float64Array(channels).fill(values[0] as number) : undefined;
}

function fuse(
  net: Net,
  conv: NetNode,
  after: NetNode,
  weights: Constant,
  bias: Constant | undefined,
  { scale, shift }: Affine,
): Net {
  const values = floatsOf(weights);
  const perOutput = values.length / scale.length;
  const scaled = values.map((v, i) => v * (scale[Math.floor(i / perOutput)] as number));
  const old = bias ? floatsOf(bias) : new Float32Array(scale.length);
  const moved = old.map((b, c) => b * (scale[c] as number) + (shift[c] as number));
  const [output = ''] = after.outputs;
  const names = { weights: `${output}/weights`, bias: `${output}/bias` };
  const fused: NetNode = {
    ...conv,
    inputs: [conv.inputs[0] ?? '', names.weights, names.bias],
    outputs: after.outputs,
  };
  const constants = new Map(net.constants)
    .set(names.weights, floatConstant(weights.dims, scaled))
    .set(names.bias, floatConstant([scale.length], moved));
  return { ...net, constants, nodes: net.nodes.flatMap((n) => (n === conv ? [fused] : n === after ? [] : [n])) };
}
