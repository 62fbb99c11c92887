/**
 * How many samples a window should hold, by measurement: each length is fitted to the first part of the data and forecasts the last part,
 * which the fit has not seen. A longer window is taken where it is less wrong: it knows slower waves, and tells near frequencies apart. Of a
 * single channel that is no vibration the values are judged (forecast.ts), whatever the length: the shortest is enough. Pure.
 */
import { type Cut, cutInto, forecastWeights, robustScale, type WindowShape } from './cut.ts';
import type { Series } from './series.ts';
import { isVibration, squaresOf } from './vibration.ts';

export interface WindowLength {
  readonly window: number;
  /** Of each length that was tried, what its forecast was wrong by: root of the mean square, in parts of the channels' scale. */
  readonly tried: readonly Tried[];
}

interface Tried {
  readonly window: number;
  readonly error: number;
  readonly isVibration: boolean;
}

/** Taken where no longer one is clearly better. */
export const SHORTEST = 8;
const LENGTHS = [SHORTEST, 16, 32, 64] as const;
/** Of the samples: the part that is fitted. */
const FIT = 0.8;
/** The shortest is taken whose error is at most so many times the least. */
const NEARLY = 1.01;
/** Values of a window, and windows per value, beyond which a length is not tried: it would take long, or be fitted to chance. */
const MOST_VALUES = 512;
const LEAST_WINDOWS = 4;
/** So many of the last samples are enough to choose by. */
const MOST_SAMPLES = 25_000;

export function windowLengthOf(whole: Series, shape: Omit<WindowShape, 'window'>): WindowLength {
  const series = { ...whole, samples: whole.samples.slice(-MOST_SAMPLES) };
  const width = series.channels.length;
  const until = series.samples[Math.floor(FIT * series.samples.length)]?.atMs ?? 0;
  const scale = robustScale(series);
  const tried: Tried[] = [];
  for (const window of LENGTHS) {
    if (tried.length > 0 && window * width > MOST_VALUES) break;
    const cut = cutInto({ window, ...shape }, series, scale);
    const fit = cut.windows.filter(({ atMs }) => atMs < until);
    if (tried.length > 0 && fit.length < LEAST_WINDOWS * window * width) break;
    tried.push({ window, ...measured(until, cut, forecastWeights(fit, width)) });
  }
  const least = Math.min(...tried.map(({ error }) => error));
  const chosen = tried.find(({ error }) => error <= NEARLY * least);
  const isJudged = width > 1 || chosen?.isVibration === true;
  return { window: isJudged && chosen ? chosen.window : SHORTEST, tried };
}

function measured(
  until: number,
  { input, windows }: Cut,
  weights: readonly Float64Array[],
): { readonly error: number; readonly isVibration: boolean } {
  const unseen = windows.filter(({ atMs }) => atMs >= until);
  const squares = squaresOf(unseen, input, weights);
  return {
    error: Math.sqrt(squares.wrong / Math.max(1, unseen.length * weights.length)),
    isVibration: isVibration(squares),
  };
}
