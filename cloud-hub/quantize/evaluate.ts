/** Computing constant parts of a net by the runtime itself. */
import onnxProto from 'onnx-proto';
import { openSession } from '../../shared/engine/infer/session.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { type Constant, encodeNet, FLOAT, type Net, type Port } from './graph/net.ts';
import { floatConstant } from './graph/tensor.ts';

const { onnx } = onnxProto;

/** A float32 port of a graph; without a shape where that is to be found by the runtime. */
export function floatPort(name: string, shape?: readonly number[]): Port {
  const dims = shape && { shape: { dim: shape.map((dimValue) => ({ dimValue })) } };
  return { name, info: onnx.ValueInfoProto.fromObject({ name, type: { tensorType: { elemType: FLOAT, ...dims } } }) };
}

/** The runtime wants an input: one that nothing depends on. */
const FEED = 'vedette/feed';

/** Floats only. Nothing where the runtime cannot compute it. */
export async function evaluate(net: Net, tensors: readonly string[]): Promise<ReadonlyMap<string, Constant>> {
  const feed = { name: FEED, op: 'Identity', domain: '', inputs: [FEED], outputs: [`${FEED}/back`], attributes: [] };
  const asked: Net = {
    ...net,
    nodes: [...net.nodes, feed],
    inputs: [floatPort(FEED, [1])],
    outputs: [...tensors, `${FEED}/back`].map((name) => floatPort(name)),
  };
  try {
    const session = await openSession(encodeNet(asked), { threads: 1, outputs: tensors });
    try {
      const results = await session.run(new Float32Array(1), [1]);
      return new Map(results.map((r) => [r.name, floatConstant(r.shape, r.data)]));
    } finally {
      await session.close();
    }
  } catch (error) {
    if (error instanceof CodedError) return new Map();
    throw error;
  }
}
