/**
 * The Kalman filter of SORT (Bewley et al., arXiv:1602.00763) with the noise of DeepSORT and ByteTrack: state centre x,
 * centre y, aspect, height and the rate of each. None of its matrices couples two coordinates, so it falls apart into four
 * filters of two numbers. Rates are per second, because the time between analysed frames varies; published noises are per
 * frame at 30 frames a second and are scaled to the time that passed.
 */
import type { Box, Point } from '../../../shared/contract/names.ts';

/** One coordinate and its rate: means and covariances. */
interface Coordinate {
  x: number;
  v: number;
  xx: number;
  xv: number;
  vv: number;
}

export interface BoxFilter {
  /** Moves the expectation on by `seconds`; `frozen` keeps the size (nothing tells how it changes while unseen). */
  predict(seconds: number, frozen: boolean): void;
  /** Takes a measured box into account. */
  correct(box: Box): void;
  /** Where the object is expected now, as [x, y, width, height]. */
  box(): Box;
  /** Where its centre goes, in widths and heights of the picture a second. */
  velocity(): Point;
}

const NOMINAL_FPS = 30;
const POSITION = 1 / 20;
const RATE = NOMINAL_FPS / 160;
const ASPECT = 0.01;
const ASPECT_RATE = 1e-5 * NOMINAL_FPS;
const ASPECT_MEASURED = 0.1;
const SMALLEST = 1e-6;

export function createBoxFilter(first: Box): BoxFilter {
  const [cx, cy, aspect, height] = measure(first);
  const position = 2 * POSITION * height;
  const rate = 10 * RATE * height;
  const x = begin(cx, position, rate);
  const y = begin(cy, position, rate);
  const a = begin(aspect, ASPECT, ASPECT_RATE);
  const h = begin(height, position, rate);
  return {
    predict(seconds, frozen) {
      const frames = seconds * NOMINAL_FPS;
      const scale = Math.max(SMALLEST, h.x);
      const noise = [(POSITION * scale) ** 2 * frames, (RATE * scale) ** 2 * frames] as const;
      if (frozen) {
        h.v = 0;
        a.v = 0;
      }
      for (const coordinate of [x, y, h]) advance(coordinate, seconds, ...noise);
      advance(a, seconds, ASPECT ** 2 * frames, ASPECT_RATE ** 2 * frames);
    },
    correct(box) {
      const measured = measure(box);
      const noise = (POSITION * Math.max(SMALLEST, h.x)) ** 2;
      update(x, measured[0], noise);
      update(y, measured[1], noise);
      update(a, measured[2], ASPECT_MEASURED ** 2);
      update(h, measured[3], noise);
    },
    box() {
      const high = Math.max(SMALLEST, h.x);
      const wide = Math.max(SMALLEST, a.x) * high;
      return [x.x - wide / 2, y.x - high / 2, wide, high];
    },
    velocity: () => [x.v, y.v],
  };
}

function measure([left, top, width, height]: Box): [number, number, number, number] {
  const high = Math.max(SMALLEST, height);
  return [left + width / 2, top + height / 2, width / high, high];
}

function begin(x: number, deviation: number, rateDeviation: number): Coordinate {
  return { x, v: 0, xx: deviation ** 2, xv: 0, vv: rateDeviation ** 2 };
}

/** x' = F x, P' = F P Fᵀ + Q for F = [[1, dt], [0, 1]]. */
function advance(c: Coordinate, dt: number, noise: number, rateNoise: number): void {
  c.x += c.v * dt;
  c.xx += dt * (2 * c.xv + dt * c.vv) + noise;
  c.xv += dt * c.vv;
  c.vv += rateNoise;
}

/** The position was measured, with this variance. */
function update(c: Coordinate, measured: number, variance: number): void {
  const gain = c.xx / (c.xx + variance);
  const rateGain = c.xv / (c.xx + variance);
  const error = measured - c.x;
  c.x += gain * error;
  c.v += rateGain * error;
  c.vv -= rateGain * c.xv;
  c.xv *= 1 - gain;
  c.xx *= 1 - gain;
}
