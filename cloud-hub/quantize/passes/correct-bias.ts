/**
 * Rounding the weights shifts each output channel by the sum over its weights of the rounding error times the mean of the input
 * that the weight meets. Taken off the bias beforehand, it is gone (Nagel et al., "Data-Free Quantization Through Weight
 * Equalization and Bias Correction", ICCV 2019, 4.2; there from the statistics of normalisation, here from samples).
 */
import { intOf } from '../graph/attributes.ts';
import type { Constant, Net, NetNode } from '../graph/net.ts';
import { floatConstant, floatsOf } from '../graph/tensor.ts';
import type { Plan } from '../plan.ts';
import { channelIn, quantizeWeights } from '../weights.ts';

/** @param means of each channel of the input of a convolution; tensors without are left as they are */
export function correctBias(
  net: Net,
  plan: Plan,
  weightBits: 7 | 8,
  means: (tensor: string) => ArrayLike<number> | undefined,
): Net {
  const constants = new Map(net.constants);
  const corrected = (node: NetNode): NetNode => {
    const planned = plan.nodes.get(node.name);
    const [data = '', label = '', bias = ''] = node.inputs;
    const weights = net.constants.get(label);
    const mean = means(data);
    if (node.op !== 'Conv' || !planned?.weights || !weights || !mean) return node;
    const shift = shiftOf(weights, weightBits, intOf(node, 'group', 1), mean);
    const before = bias === '' ? new Float32Array(shift.length) : floatsOf(net.constants.get(bias) as Constant);
    const name = `${node.name}/corrected`;
    constants.set(
      name,
      floatConstant(
        [shift.length],
        before.map((b, c) => b - (shift[c] as number)),
      ),
    );
    return { ...node, inputs: [data, label, name] };
  };
  return { ...net, nodes: net.nodes.map(corrected), constants };
}

function shiftOf(constant: Constant, weightBits: 7 | 8, groups: number, mean: ArrayLike<number>): Float64Array {
  const { dims } = constant;
  const [outputs = 1, perGroup = 1] = dims;
  const kernel = dims.slice(2).reduce((a, b) => a * b, 1);
  const weights = floatsOf(constant);
  const { values, scales } = quantizeWeights(weights, dims, 0, weightBits, 1);
  const channelOf = channelIn(dims, 0);
  const shift = new Float64Array(outputs);
  weights.forEach((w, i) => {
    const c = channelOf(i);
    const from = Math.floor((c * groups) / outputs) * perGroup + (Math.floor(i / kernel) % perGroup);
    shift[c] = (shift[c] as number) + ((values[i] as number) * (scales[c] as number) - w) * (mean[from] ?? 0);
  });
  return shift;
}
