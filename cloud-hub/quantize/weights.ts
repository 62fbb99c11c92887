/** Weights and biases of one node as whole numbers. Pure. */

export interface QuantizedWeights {
  readonly values: Int8Array;
  /** One a channel. */
  readonly scales: Float32Array;
  /** In units of the channel's scale times that of the input. */
  readonly bias?: Int32Array;
}

/** A channel without weights still needs a scale. */
const LEAST_SCALE = 1e-9;
const LARGEST_BIAS = 2 ** 30;

/**
 * @param axis of the output channels in `dims`
 * @param bits 7 or 8, with the sign
 * @param input scale of the input
 */
export function quantizeWeights(
  weights: Float32Array,
  dims: readonly number[],
  axis: number,
  bits: 7 | 8,
  input: number,
  bias?: Float32Array,
): QuantizedWeights {
  const channels = dims[axis] ?? 1;
  const limit = 2 ** (bits - 1) - 1;
  const largest = new Float64Array(channels);
  const channelOf = channelIn(dims, axis);
  weights.forEach((w, i) => {
    const c = channelOf(i);
    largest[c] = Math.max(largest[c] as number, Math.abs(w));
  });
  // A bias that is large beside its weights must fit into 32 bits.
  const scales = Float32Array.from(largest, (most, c) =>
    Math.max(LEAST_SCALE, most / limit, Math.abs(bias?.[c] ?? 0) / (input * LARGEST_BIAS)),
  );
  const values = Int8Array.from(weights, (w, i) => {
    const q = Math.round(w / (scales[channelOf(i)] as number));
    return Math.max(-limit, Math.min(limit, q));
  });
  if (!bias) return { values, scales };
  return { values, scales, bias: Int32Array.from(bias, (b, c) => Math.round(b / ((scales[c] as number) * input))) };
}

/** The channel of a weight, by its index. */
export function channelIn(dims: readonly number[], axis: number): (index: number) => number {
  const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  return (index) => Math.floor(index / inner) % (dims[axis] ?? 1);
}
