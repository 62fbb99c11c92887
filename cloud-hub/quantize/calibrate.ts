/** Runs the float model over samples and looks at its inner tensors. */
import { openSession } from '../../shared/engine/infer/session.ts';
import type { ConstantInput } from '../../shared/engine/package/constants.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { floatPort } from './evaluate.ts';
import { encodeNet, type Net } from './graph/net.ts';
import { addTo, createHistogram, type Histogram, rangeOf } from './ranges/histogram.ts';
import { type Range, unionOf } from './ranges/range.ts';
import type { Sample } from './samples/sample.ts';

export interface CalibrateOptions {
  readonly threads: number;
  /** The shape in which a sample is fed. */
  readonly shape: readonly number[];
  /** What is fed beside each sample. */
  readonly constants: readonly ConstantInput[];
  readonly onProgress: (done: number, total: number) => void;
}

/** What is known of one tensor after calibration. */
export interface Observed {
  readonly histogram: Histogram;
  /** Mean of each channel (the second axis). */
  readonly means: Float64Array;
}

/**
 * Looks at tensors over all samples. The samples are run twice: for the ranges, then for the counts in them.
 * @throws CodedError `model-failed` for a tensor that is NaN or infinite
 */
export async function calibrate(
  net: Net,
  tensors: readonly string[],
  samples: readonly Sample[],
  { threads, shape, constants, onProgress }: CalibrateOptions,
): Promise<ReadonlyMap<string, Observed>> {
  const inputs = new Set(net.inputs.map((i) => i.name));
  const own = new Set(net.outputs.map((o) => o.name));
  const inner = tensors.filter((t) => !inputs.has(t));
  const ports = inner.filter((t) => !own.has(t)).map((t) => floatPort(t));
  const bytes = encodeNet({ ...net, outputs: [...net.outputs, ...ports] });
  const session = await openSession(bytes, { threads, constants, outputs: inner.length > 0 ? inner : [...own] });
  let done = 0;
  const visit = async (look: (tensor: string, values: Float32Array, shape: readonly number[]) => void) => {
    for (const sample of samples) {
      const input = sample.tensor();
      for (const name of tensors) {
        const constant = constants.find((one) => one.name === name);
        if (inputs.has(name)) look(name, constant?.data ?? input, constant?.shape ?? shape);
      }
      for (const output of await session.run(input, shape)) look(output.name, output.data, output.shape);
      onProgress(++done, 2 * samples.length);
    }
  };
  try {
    const ranges = new Map<string, Range>();
    await visit((tensor, values) => {
      const found = rangeOf(values);
      if (!Number.isFinite(found.max - found.min))
        throw new CodedError('model-failed', `the float model gives NaN or infinite values in "${tensor}"`);
      const before = ranges.get(tensor);
      ranges.set(tensor, before ? unionOf([before, found]) : found);
    });
    const observed = new Map<string, Observed>();
    await visit((tensor, values, dims) => {
      const range = ranges.get(tensor);
      if (!range) return;
      let entry = observed.get(tensor);
      if (!entry) {
        entry = { histogram: createHistogram(range), means: new Float64Array(dims[1] ?? 1) };
        observed.set(tensor, entry);
      }
      addTo(entry.histogram, values);
      addMeans(entry.means, values, dims, samples.length);
    });
    return observed;
  } finally {
    await session.close();
  }
}

/** Adds the mean of each channel over one sample, divided by the number of samples. */
function addMeans(means: Float64Array, values: Float32Array, dims: readonly number[], samples: number): void {
  const inner = dims.slice(2).reduce((a, b) => a * b, 1);
  const part = means.length / (values.length * samples);
  for (let i = 0, channel = 0; i < values.length; channel++) {
    const c = channel % means.length;
    let sum = 0;
    for (const end = i + inner; i < end; i++) sum += values[i] as number;
    means[c] = (means[c] as number) + sum * part;
  }
}
