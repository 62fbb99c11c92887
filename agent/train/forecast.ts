/**
 * Fits a forecasting model to a series of healthy data: each channel's last point out of the points before it, of all channels, and of
 * what the other channels are at the same time, so that channels that do not move together any more are found; by ridge regression (Hoerl and
 * Kennard, Technometrics 12(1), 1970). What the model is wrong by in the healthy data is learned by an online detector, which judges what it is
 * wrong by later (`shared/engine/heads/forecast.ts`); of a single channel it learns and judges the values, and, where the next point is known
 * well, what the forecast is wrong by beside them: of a vibration another frequency is seen so.
 *
 * Scales are robust, by median and median absolute deviation, and points count at most `FARTHEST` of them: outliers in the training data
 * change neither the scale nor the fit much.
 */
import type { WindowInput } from '../../shared/contract/model-manifest.ts';
import { givenOf, type Judges, judgedOf, lastOf } from '../../shared/engine/heads/forecast.ts';
import { Detector, type DetectorState } from '../../shared/engine/series/online/detector.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { type CutWindow, cutInto, forecastOf, forecastWeights } from './cut.ts';
import type { Series } from './series.ts';
import { isVibration, squaresOf } from './vibration.ts';

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
  readonly judges: Judges;
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

const LEAST_WINDOWS = 50;
/** Windows from the time that a person speaks of to where the detector is told of it. */
const NEAR = 20;
/** Beyond this fitting takes minutes instead of seconds. */
const MOST_VALUES = 2048;

/** @throws CodedError `config-invalid` when the series is too short or the window too large */
export function fitForecast(series: Series, options: ForecastOptions): Forecaster {
  const { window, step, detrend, weeks } = options;
  const width = series.channels.length;
  const size = window * width;
  if (window < 2)
    throw new CodedError('config-invalid', '--window must be at least 2: a point is forecast from others');
  if (size > MOST_VALUES)
    throw new CodedError('config-invalid', `a window of ${size} values; at most ${MOST_VALUES} can be fitted`);
  const { input, windows: all, gaps } = cutInto({ window, step, detrend }, series);
  if (all.length < LEAST_WINDOWS) {
    const text = `${series.samples.length} rows make ${all.length} windows of ${window} samples; at least ${LEAST_WINDOWS} are needed: more rows, or a smaller --window or --step`;
    throw new CodedError('config-invalid', text);
  }
  const weights = forecastWeights(all, width);
  const squares = squaresOf(all, input, weights);
  const { wrong, total } = squares;
  const judges = width > 1 ? 'error' : isVibration(squares) ? 'both' : 'value';
  const detector = new Detector(judgedOf(input, judges), undefined, { isTrained: true });
  const said = normalIn(options.normal ?? [], all);
  let learned = 0;
  let lastAnomalous = Number.NEGATIVE_INFINITY;
  const judged = all.map(({ plain, tensor, atMs }, index) => {
    const errors = weights.map((w, c) => lastOf(plain, input, c) - forecastOf(w, tensor));
    const given = givenOf(judges, input, plain, errors);
    const { score, anomalous } = detector.next(atMs, given, weeks);
    if (anomalous) lastAnomalous = index;
    // It has gone on for a while, so that all its ways are known.
    if (said.has(index) && index - lastAnomalous <= 2 * NEAR && detector.wasNormal(atMs))
      learned += said.get(index) ?? 0;
    return { atMs, score, anomalous };
  });
  return {
    judges,
    ...{ input, weights, learned: detector.state(), threshold: weeks, windows: all.length, gaps },
    normal: { inData: [...said.values()].reduce((sum, n) => sum + n, 0), learned },
    ...{ explained: total > 0 ? Math.max(0, 1 - wrong / total) : 1, judged },
  };
}

/** By window, `NEAR` after it or the last: how many anomalies were called normal there. Those before and after the data are left out. */
function normalIn(times: readonly number[], windows: readonly CutWindow[]): Map<number, number> {
  const found = new Map<number, number>();
  for (const time of times) {
    const index = windows.findIndex(({ atMs }) => atMs >= time);
    if (index < 0 || time < (windows[0]?.atMs ?? 0)) continue;
    const at = Math.min(windows.length - 1, index + NEAR);
    found.set(at, (found.get(at) ?? 0) + 1);
  }
  return found;
}
