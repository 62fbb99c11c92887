/**
 * Is a series a vibration: does it go up and down within a window, and not by chance? Then what a forecast is wrong by says more than the values. Pure.
 */
import type { WindowInput } from '../../shared/contract/model-manifest.ts';
import { lastOf } from '../../shared/engine/heads/forecast.ts';
import { type CutWindow, forecastOf } from './cut.ts';

/** Of windows, summed over their channels: squares of what the forecasts are wrong by, of the last steps, of the last points, and of the windows' means. */
export type Squares = Record<'wrong' | 'steps' | 'total' | 'means', number>;

/** The means of its windows have less than this part of its squares. */
const MEANS = 0.25;
/** Its forecast is wrong by less than this part of the squares of its steps. With 0.25 two series of the Numenta benchmark that alternate are vibrations too, and 2 points are lost. */
const WRONG = 0.1;

export function isVibration({ wrong, steps, total, means }: Squares): boolean {
  return wrong < WRONG * steps && means < MEANS * total;
}

export function squaresOf(
  windows: readonly CutWindow[],
  input: WindowInput,
  weights: readonly Float64Array[],
): Squares {
  let [wrong, steps, total, means] = [0, 0, 0, 0];
  for (const { tensor } of windows)
    for (const [c, w] of weights.entries()) {
      const last = lastOf(tensor, input, c);
      wrong += (last - forecastOf(w, tensor)) ** 2;
      steps += (last - (tensor[tensor.length - 2 * weights.length + c] as number)) ** 2;
      total += last ** 2;
      means += meanOf(tensor, c, weights.length) ** 2;
    }
  return { wrong, steps, total, means };
}

function meanOf(tensor: Float32Array, channel: number, channels: number): number {
  let sum = 0;
  for (let i = channel; i < tensor.length; i += channels) sum += tensor[i] as number;
  return (sum * channels) / tensor.length;
}
