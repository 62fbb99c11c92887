/**
 * Raises the version of the standard operators to 13, the first in which DequantizeLinear knows channels. The changes of each
 * operator: https://onnx.ai/onnx/operators/. One whose change is not known here is refused, never guessed.
 */
import { CodedError } from '../../../shared/kit/errors.ts';
import { attributeOf, int, intOf, intsOf, text, without } from '../graph/attributes.ts';
import type { Constant, Net, NetNode } from '../graph/net.ts';
import { floatConstant, int64Constant } from '../graph/tensor.ts';

export const LEAST_OPSET = 13;
const OLDEST = 9;

/** A node of an older version as it is written today; `constant` makes an input out of an attribute. */
type Change = (node: NetNode, constant: (what: string, value: Constant) => string) => NetNode;

/** By operator: the version that changed it, and how. */
const changes: Readonly<Record<string, { readonly version: number; readonly change: Change }>> = {
  Squeeze: { version: 13, change: axesToInput },
  Unsqueeze: { version: 13, change: axesToInput },
  ReduceSum: { version: 13, change: axesToInput },
  Split: { version: 13, change: (node, constant) => intsToInput(node, 'split', constant) },
  Softmax: { version: 13, change: axisStated },
  LogSoftmax: { version: 13, change: axisStated },
  Hardmax: { version: 13, change: axisStated },
  Clip: { version: 11, change: boundsToInputs },
  Pad: { version: 11, change: padsToInputs },
  Slice: { version: 10, change: sliceToInputs },
  Dropout: { version: 12, change: (node) => ({ ...node, attributes: without(node, 'ratio') }) },
  Resize: { version: 11, change: resizeOf10 },
  Upsample: { version: 10, change: (node) => resizeOf10({ ...node, op: 'Resize' }) },
};

/** Their inner graphs would have to be raised as well. */
const nested = new Set(['Scan', 'Loop', 'If']);

/** @throws CodedError `model-invalid` naming the node or version for which there is no way */
export function upgradeOpset(net: Net): Net {
  if (net.opset >= LEAST_OPSET) return net;
  if (net.opset < OLDEST) {
    throw new CodedError(
      'model-invalid',
      `the model uses operators of version ${net.opset}; quantizing needs ${OLDEST} or later: export it again with opset 13 or later`,
    );
  }
  const constants = new Map(net.constants);
  const nodes = net.nodes.map((node) => {
    if (node.domain !== '') return node;
    if (nested.has(node.op)) {
      throw new CodedError(
        'model-invalid',
        `node "${node.name}" (${node.op} of version ${net.opset}) holds graphs of its own, which cannot be raised to ` +
          `version ${LEAST_OPSET}: export the model again with opset ${LEAST_OPSET} or later`,
      );
    }
    const found = changes[node.op];
    if (!found || net.opset >= found.version) return node;
    const constant = (what: string, value: Constant) => {
      const name = `${node.name}/${what}`;
      constants.set(name, value);
      return name;
    };
    return found.change(node, constant);
  });
  return { ...net, opset: LEAST_OPSET, irVersion: Math.max(net.irVersion, 7), nodes, constants };
}

function axesToInput(node: NetNode, constant: (what: string, value: Constant) => string): NetNode {
  return intsToInput(node, 'axes', constant);
}

function intsToInput(node: NetNode, name: string, constant: (what: string, value: Constant) => string): NetNode {
  const values = intsOf(node, name);
  if (!values) return node;
  const input = constant(name, int64Constant([values.length], values));
  return { ...node, inputs: [node.inputs[0] ?? '', input], attributes: without(node, name) };
}

/**
 * Before 13 everything from the axis on was one row, and the default axis was 1. That is the same where the axis is the last
 * one, as in classifiers; where it is not, the rewritten model answers otherwise and the quantizer refuses it.
 */
function axisStated(node: NetNode): NetNode {
  return { ...node, attributes: [...without(node, 'axis'), int('axis', intOf(node, 'axis', 1))] };
}

function boundsToInputs(node: NetNode, constant: (what: string, value: Constant) => string): NetNode {
  const bound = (name: 'min' | 'max') => {
    const found = attributeOf(node, name);
    return found ? constant(name, floatConstant([], [found.f ?? 0])) : '';
  };
  const inputs = [node.inputs[0] ?? '', bound('min'), bound('max')];
  while (inputs.at(-1) === '') inputs.pop();
  return { ...node, inputs, attributes: without(node, 'min', 'max') };
}

function padsToInputs(node: NetNode, constant: (what: string, value: Constant) => string): NetNode {
  const pads = intsOf(node, 'pads') ?? [];
  const inputs = [node.inputs[0] ?? '', constant('pads', int64Constant([pads.length], pads))];
  const value = attributeOf(node, 'value');
  if (value) inputs.push(constant('value', floatConstant([], [value.f ?? 0])));
  return { ...node, inputs, attributes: without(node, 'pads', 'value') };
}

function sliceToInputs(node: NetNode, constant: (what: string, value: Constant) => string): NetNode {
  const lists = (['starts', 'ends', 'axes'] as const).map((name) => [name, intsOf(node, name)] as const);
  const inputs = lists.flatMap(([name, values]) =>
    values ? [constant(name, int64Constant([values.length], values))] : [],
  );
  return { ...node, inputs: [node.inputs[0] ?? '', ...inputs], attributes: without(node, 'starts', 'ends', 'axes') };
}

/** Version 10 knew one way of mapping coordinates, and no region of interest. */
function resizeOf10(node: NetNode): NetNode {
  const mode = attributeOf(node, 'mode');
  return {
    ...node,
    inputs: [node.inputs[0] ?? '', '', node.inputs[1] ?? ''],
    attributes: [
      ...(mode ? [mode] : []),
      text('coordinate_transformation_mode', 'asymmetric'),
      text('nearest_mode', 'floor'),
    ],
  };
}
