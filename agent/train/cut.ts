/** A series of healthy data, cut into scaled windows, and a forecast of each window's last point by ridge regression. Pure. */
import type { WindowInput } from '../../shared/contract/model-manifest.ts';
import { createWindows } from '../../shared/engine/series/windows.ts';
import { median, medianDeviation } from '../../shared/kit/quantile.ts';
import { ridgeOfEach } from './ridge.ts';
import type { Series } from './series.ts';

export interface WindowShape {
  readonly window: number;
  readonly step: number;
  readonly detrend: boolean;
}

export interface CutWindow {
  /** Of the window's last sample. */
  readonly atMs: number;
  /** Scaled values, sample by sample, channel by channel. */
  readonly plain: Float32Array;
  /** The same, at most `FARTHEST` from 0. */
  readonly tensor: Float32Array;
}

export interface Cut {
  readonly input: WindowInput;
  readonly windows: readonly CutWindow[];
  readonly gaps: number;
}

/** Robust standard deviations from the median. */
export const FARTHEST = 5;
/** A median absolute deviation of a normal distribution is so much of its standard deviation. */
const NORMAL = 0.6745;
/** Of the number of windows: keeps weights small where data is little. */
const RIDGE = 0.01;

export type Scale = Pick<WindowInput, 'mean' | 'std'>;

export function cutInto({ window, step, detrend }: WindowShape, series: Series, scale = robustScale(series)): Cut {
  const { channels, rateHz, samples } = series;
  const input: WindowInput = { window, step, channels: [...channels], rateHz, layout: 'nwc', detrend, ...scale };
  const cutter = createWindows(input);
  const windows = samples.flatMap((sample) =>
    Array.from(cutter.push(sample), ({ tensor, atMs }) => ({
      plain: Float32Array.from(tensor),
      tensor: Float32Array.from(tensor, held),
      atMs,
    })),
  );
  return { input, windows, gaps: cutter.gaps };
}

/** For each channel the weights of the window's values and then of 1; its own last point has none. */
export function forecastWeights(windows: readonly CutWindow[], channels: number): readonly Float64Array[] {
  // The constant first, so that the last point's channels are the last columns.
  const rows = windows.map(({ tensor }) => Float64Array.from([1, ...tensor]));
  return ridgeOfEach(rows, channels, RIDGE * rows.length).map(([bias = 0, ...ofWindow]) =>
    Float64Array.from([...ofWindow, bias]),
  );
}

export function forecastOf(weights: Float64Array, tensor: Float32Array): number {
  let sum = weights[tensor.length] as number;
  for (let i = 0; i < tensor.length; i++) sum += (weights[i] as number) * (tensor[i] as number);
  return sum;
}

export function robustScale({ channels, samples }: Series): Scale {
  const scales = channels.map((_, c) => {
    const values = samples.map((s) => s.values[c] ?? 0);
    const middle = median(values);
    // More than half of a series may be one value.
    const robust = medianDeviation(values) / NORMAL;
    const plain = Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / values.length);
    return { mean: middle, std: robust > 0 ? robust : plain || 1 };
  });
  return { mean: scales.map(({ mean }) => mean), std: scales.map(({ std }) => std) };
}

function held(value: number): number {
  return Math.min(FARTHEST, Math.max(-FARTHEST, value));
}
