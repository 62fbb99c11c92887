/**
 * Fits an anomaly model to a series of healthy data: windows → principal components → reconstruction error → threshold.
 *
 * The components come from the first `FIT` of the windows, the threshold from the rest, which the fit has not seen: a
 * quantile of its errors, times a margin. What is healthy but rarer than that data shows will alarm; the head's adapting
 * threshold follows slow drift from there.
 */
import type { WindowInput } from '../../shared/contract/model-manifest.ts';
import { createWindows } from '../../shared/engine/series/windows.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { interpolated, median, medianDeviation } from '../../shared/kit/quantile.ts';
import { type Pca, principalComponents } from './pca.ts';
import { errorOf, type Reconstruction, reconstructionOf } from './reconstruction.ts';
import type { Series } from './series.ts';

export interface FitOptions {
  readonly window: number;
  readonly step: number;
  readonly detrend: boolean;
  /** How many; without it, as many as explain `EXPLAINED` of the variance. */
  readonly components?: number;
  /** Part of the held-out windows that lie below the threshold before the margin. */
  readonly quantile: number;
  /** Factor on that error. */
  readonly margin: number;
}

export interface FittedModel {
  readonly input: WindowInput;
  readonly reconstruction: Reconstruction;
  readonly threshold: number;
  /** Of ln(error) of the held-out windows. */
  readonly median: number;
  readonly mad: number;
  readonly windows: { readonly fit: number; readonly heldOut: number };
  /** Part of the variance that the kept components explain, 0 to 1. */
  readonly explained: number;
  readonly gaps: number;
}

const FIT = 0.8;
const EXPLAINED = 0.95;
const MOST_COMPONENTS = 32;
const LEAST_WINDOWS = 50;
/** Beyond this a covariance takes minutes instead of seconds. */
const MOST_VALUES = 2048;
/** Where a series never moves, any movement is a difference; rounding is none. */
const LEAST_THRESHOLD = 1e-6;

/** @throws CodedError `config-invalid` when the series is too short or the window too large */
export function fitAnomaly(series: Series, options: FitOptions): FittedModel {
  const { window, step, detrend } = options;
  const size = window * series.channels.length;
  if (size > MOST_VALUES)
    throw new CodedError('config-invalid', `a window of ${size} values; at most ${MOST_VALUES} can be fitted`);
  const scale = scaleOf(series);
  const layout = 'nwc' as const;
  const input: WindowInput = {
    window,
    step,
    channels: [...series.channels],
    rateHz: series.rateHz,
    layout,
    detrend,
    ...scale,
  };
  const cutter = createWindows(input);
  const all = series.samples.flatMap((sample) =>
    Array.from(cutter.push(sample), ({ tensor }) => Float32Array.from(tensor)),
  );
  const fit = all.slice(0, Math.floor(all.length * FIT));
  const heldOut = all.slice(fit.length);
  if (all.length < LEAST_WINDOWS) {
    const text = `${series.samples.length} rows make ${all.length} windows of ${window} samples; at least ${LEAST_WINDOWS} are needed: more rows, or a smaller --window or --step`;
    throw new CodedError('config-invalid', text);
  }
  const pca = principalComponents(fit, Math.min(options.components ?? MOST_COMPONENTS, size - 1));
  const kept = options.components ?? enough(pca);
  const reconstruction = reconstructionOf(pca, kept);
  const errors = heldOut.map((w) => errorOf(reconstruction, w));
  const logs = errors.map((e) => Math.log(Math.max(e, LEAST_THRESHOLD ** 2)));
  return {
    input,
    reconstruction,
    threshold: Math.max(LEAST_THRESHOLD, interpolated(errors, options.quantile) * options.margin),
    median: median(logs),
    mad: Math.max(1e-3, medianDeviation(logs)),
    windows: { fit: fit.length, heldOut: heldOut.length },
    explained: pca.total > 0 ? sum(pca.variances.slice(0, kept)) / pca.total : 1,
    gaps: cutter.gaps,
  };
}

/** The least number of components that explain enough. */
function enough({ variances, total }: Pca): number {
  let explained = 0;
  let count = 0;
  while (count < variances.length && explained < EXPLAINED * total) explained += variances[count++] ?? 0;
  return Math.max(1, count);
}

function scaleOf({ channels, samples }: Series): Pick<WindowInput, 'mean' | 'std'> {
  const mean = channels.map((_, c) => sum(samples.map((s) => s.values[c] ?? 0)) / samples.length);
  const std = channels.map((_, c) => {
    const squares = samples.map((s) => ((s.values[c] ?? 0) - (mean[c] ?? 0)) ** 2);
    // A channel that never moved is left as it is.
    return Math.sqrt(sum(squares) / samples.length) || 1;
  });
  return { mean, std };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
