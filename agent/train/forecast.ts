/**
 * Fits a forecasting model to a series of healthy data: each channel's last point out of the points before it, of all channels, and of
 * what the other channels are at the same time, so that channels that do not move together any more are found; by ridge regression (Hoerl and
 * Kennard, Technometrics 12(1), 1970). What the model is wrong by in the healthy data is learned by an online detector, which judges what it is
 * wrong by later (`shared/engine/heads/forecast.ts`); of a single channel it learns and judges the values.
 *
 * Scales are robust, by median and median absolute deviation, and points count at most `FARTHEST` of them: outliers in the training data
 * change neither the scale nor the fit much.
 */
import type { WindowInput } from '../../shared/contract/model-manifest.ts';
import { lastOf } from '../../shared/engine/heads/forecast.ts';
import { Detector, type DetectorState } from '../../shared/engine/series/online/detector.ts';
import { createWindows } from '../../shared/engine/series/windows.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { median, medianDeviation } from '../../shared/kit/quantile.ts';
import { ridgeOfEach } from './ridge.ts';
import type { Series } from './series.ts';

export interface ForecastOptions {
  readonly window: number;
  readonly step: number;
  readonly detrend: boolean;
  /** Weeks that lie between two false alarms. */
  readonly weeks: number;
  /** Times of anomalies that people have called normal, in milliseconds, oldest first. */
  readonly normal?: readonly number[];
}

/** One window of the training data, judged by the fitted model. */
export interface Judged {
  readonly atMs: number;
  readonly score: number;
  readonly anomalous: boolean;
}

export interface Forecaster {
  readonly input: WindowInput;
  /** Weights of the window's values and then of 1, for each channel; its own last point has none. */
  readonly weights: readonly Float64Array[];
  /** What its detector was given (`shared/engine/heads/forecast.ts`). */
  readonly judges: 'error' | 'value';
  readonly learned: DetectorState;
  readonly threshold: number;
  readonly windows: number;
  readonly gaps: number;
  /** Part of the variance of the next point that the forecast explains, 0 to 1; of all channels. */
  readonly explained: number;
  /** What the detector said of the training data, while it learned from it. */
  readonly judged: readonly Judged[];
  /** Of the anomalies called normal: so many lie in the training data, and so many of these the detector found unusual and has learned. */
  readonly normal: { readonly inData: number; readonly learned: number };
}

/** Robust standard deviations from the median. */
export const FARTHEST = 5;
/** A median absolute deviation of a normal distribution is so much of its standard deviation. */
const NORMAL = 0.6745;
const LEAST_WINDOWS = 50;
/** Windows from the time that a person speaks of to where the detector is told of it. */
const NEAR = 20;
/** Beyond this fitting takes minutes instead of seconds. */
const MOST_VALUES = 2048;
/** Of the number of windows: keeps weights small where data is little. */
const RIDGE = 0.01;

/** @throws CodedError `config-invalid` when the series is too short or the window too large */
export function fitForecast(series: Series, options: ForecastOptions): Forecaster {
  const { window, step, detrend, weeks } = options;
  const width = series.channels.length;
  const size = window * width;
  if (window < 2)
    throw new CodedError('config-invalid', '--window must be at least 2: a point is forecast from others');
  if (size > MOST_VALUES)
    throw new CodedError('config-invalid', `a window of ${size} values; at most ${MOST_VALUES} can be fitted`);
  const scale = robustScale(series);
  const shape = {
    window,
    step,
    channels: [...series.channels],
    rateHz: series.rateHz,
    layout: 'nwc' as const,
    detrend,
  };
  const input: WindowInput = { ...shape, ...scale };
  const cutter = createWindows(input);
  const all = series.samples.flatMap((sample) =>
    Array.from(cutter.push(sample), ({ tensor, atMs }) => ({
      plain: Float32Array.from(tensor),
      tensor: Float32Array.from(tensor, held),
      atMs,
    })),
  );
  if (all.length < LEAST_WINDOWS) {
    const text = `${series.samples.length} rows make ${all.length} windows of ${window} samples; at least ${LEAST_WINDOWS} are needed: more rows, or a smaller --window or --step`;
    throw new CodedError('config-invalid', text);
  }
  // The constant first, so that the last point's channels are the last columns.
  const rows = all.map(({ tensor }) => Float64Array.from([1, ...tensor]));
  const weights = ridgeOfEach(rows, width, RIDGE * rows.length).map(([bias = 0, ...ofWindow]) =>
    Float64Array.from([...ofWindow, bias]),
  );
  const judges = width === 1 ? 'value' : 'error';
  const detector = new Detector(width, undefined, { isTrained: true });
  const said = normalIn(options.normal ?? [], all);
  let learned = 0;
  let lastAnomalous = Number.NEGATIVE_INFINITY;
  let wrong = 0;
  let total = 0;
  const judged = all.map(({ plain, tensor, atMs }, index) => {
    const errors = weights.map((w, c) => lastOf(plain, input, c) - forecastOf(w, tensor));
    for (const [c, w] of weights.entries()) {
      wrong += (lastOf(tensor, input, c) - forecastOf(w, tensor)) ** 2;
      total += lastOf(tensor, input, c) ** 2;
    }
    const given = judges === 'value' ? input.channels.map((_, c) => lastOf(plain, input, c)) : errors;
    const { score, anomalous } = detector.next(atMs, given, weeks);
    if (anomalous) lastAnomalous = index;
    // It has gone on for a while, so that all its ways are known.
    if (said.has(index) && index - lastAnomalous <= 2 * NEAR && detector.wasNormal(atMs))
      learned += said.get(index) ?? 0;
    return { atMs, score, anomalous };
  });
  return {
    judges,
    ...{ input, weights, learned: detector.state(), threshold: weeks, windows: all.length, gaps: cutter.gaps },
    normal: { inData: [...said.values()].reduce((sum, n) => sum + n, 0), learned },
    ...{ explained: total > 0 ? Math.max(0, 1 - wrong / total) : 1, judged },
  };
}

/** By window, `NEAR` after it or the last: how many anomalies were called normal there. Those before and after the data are left out. */
function normalIn(times: readonly number[], windows: readonly { readonly atMs: number }[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const time of times) {
    const index = windows.findIndex(({ atMs }) => atMs >= time);
    if (index < 0 || time < (windows[0]?.atMs ?? 0)) continue;
    const at = Math.min(windows.length - 1, index + NEAR);
    found.set(at, (found.get(at) ?? 0) + 1);
  }
  return found;
}

function held(value: number): number {
  return Math.min(FARTHEST, Math.max(-FARTHEST, value));
}

function forecastOf(weights: Float64Array, tensor: Float32Array): number {
  let sum = weights[tensor.length] as number;
  for (let i = 0; i < tensor.length; i++) sum += (weights[i] as number) * (tensor[i] as number);
  return sum;
}

function robustScale({ channels, samples }: Series): Pick<WindowInput, 'mean' | 'std'> {
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
