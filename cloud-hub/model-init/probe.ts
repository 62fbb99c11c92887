/** Runs a graph once on an empty picture, to see the shapes that it leaves free. */
import type { ModelInput } from '../../shared/contract/model-manifest.ts';
import { openSession } from '../../shared/engine/infer/session.ts';
import { constantsOf } from '../../shared/engine/package/constants.ts';
import type { Graph, TensorInfo } from '../../shared/engine/package/graph.ts';
import { inputShape } from '../../shared/engine/package/shape.ts';

/** Are there sizes that only a run shows? */
export function needsProbe(outputs: readonly TensorInfo[]): boolean {
  return outputs.some((o) => o.shape.length === 0 || o.shape.slice(1).some((size) => size === undefined));
}

/**
 * @param input how the graph will be fed
 * @returns the outputs with the sizes of this run where the graph does not state them; sizes of 0 stay unknown, for they
 * depend on what is in the picture
 * @throws CodedError `model-invalid` or `model-failed` where the runtime refuses or fails
 */
export async function probeOutputs(
  bytes: Uint8Array,
  graph: Graph,
  input: ModelInput,
  threads: number,
): Promise<readonly TensorInfo[]> {
  const shape = inputShape(input, graph);
  const session = await openSession(bytes, { threads, constants: constantsOf(input, graph) });
  try {
    const made = await session.run(new Float32Array(shape.reduce((product, size) => product * size, 1)), shape);
    return graph.outputs.map((output) => {
      const seen = made.find(({ name }) => name === output.name)?.shape ?? [];
      const known = output.shape.length === 0 ? seen.map(() => undefined) : output.shape;
      return { ...output, shape: known.map((size, axis) => size ?? (seen[axis] || undefined)) };
    });
  } finally {
    await session.close();
  }
}
