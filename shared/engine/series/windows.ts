/** Sliding windows as a model wants them: samples ⇒ even grid ⇒ windows ⇒ (detrended) ⇒ normalised floats. Pure. */
import type { WindowInput } from '../../contract/model-manifest.ts';
import { detrend } from './detrend.ts';
import { createResampler, type GridPoint } from './resample.ts';

export interface SensorWindow {
  /** `window x channels` floats, in the layout of the input; good until the next call. */
  readonly tensor: Float32Array;
  /** Time of the last point, in milliseconds of the series. */
  readonly atMs: number;
  /** By how many milliseconds that is ahead of what the rows said, where their clock was set back. */
  readonly shiftMs?: number;
  /** The last values, as the sensor gave them. */
  readonly last: readonly number[];
  /** The series was interrupted since the window before. */
  readonly restart: boolean;
}

export interface Windows {
  /** @returns the windows that became full, each to be used before the next is asked for */
  push(sample: GridPoint): Generator<SensorWindow>;
  /** Pauses that began a new window, so far. */
  readonly gaps: number;
  /** A longer pause is not bridged. */
  readonly maxGapMs: number;
}

/** Without `maxGapS`: so many samples of the model may be missing in a row. */
export const MISSING_SAMPLES = 5;
/** So many samples are made up at most: one wrong date must not become millions of them. */
const LONGEST_BRIDGE = 65_536;

/**
 * Deviations from the mean beyond so many standard deviations are all alike: squares of greater ones, summed up, are no 32-bit floats any
 * more, and the greatest deviation of all shall be an anomaly, not a failure of the model.
 */
const FARTHEST = 1e12;

/** @param gapMs pause between two samples that is not bridged; default: `MISSING_SAMPLES` of the model's, at most `LONGEST_BRIDGE` */
export function createWindows(input: WindowInput, gapMs?: number): Windows {
  const { window, step, channels, layout } = input;
  const stepMs = 1000 / input.rateHz;
  const maxGapMs = Math.min(gapMs ?? MISSING_SAMPLES * stepMs, LONGEST_BRIDGE * stepMs);
  const resampler = createResampler(stepMs, maxGapMs);
  const width = channels.length;
  const ring = new Float64Array(window * width);
  const plain = new Float64Array(window * width);
  const tensor = new Float32Array(window * width);
  const mean = channels.map((_, c) => input.mean[c] ?? input.mean[0] ?? 0);
  const std = channels.map((_, c) => input.std[c] ?? input.std[0] ?? 1);
  /** Points since the grid began. */
  let points = 0;
  let restarted = false;

  const fill = (): void => {
    const oldest = points % window;
    for (let i = 0; i < window; i++) {
      const from = ((oldest + i) % window) * width;
      for (let c = 0; c < width; c++) plain[i * width + c] = ring[from + c] as number;
    }
    for (let c = 0; c < width; c++) {
      if (input.detrend) detrend(plain, c, width, window);
      for (let i = 0; i < window; i++) {
        const to = layout === 'nwc' ? i * width + c : c * window + i;
        const deviation = ((plain[i * width + c] as number) - (mean[c] as number)) / (std[c] as number);
        tensor[to] = Math.min(FARTHEST, Math.max(-FARTHEST, deviation));
      }
    }
  };

  return {
    maxGapMs,
    get gaps() {
      return resampler.gaps;
    },
    *push(sample) {
      for (const { atMs, values, restart } of resampler.push(sample)) {
        if (restart) {
          // The first window of all interrupts nothing.
          restarted = points > 0;
          points = 0;
        }
        for (let c = 0; c < width; c++) ring[(points % window) * width + c] = values[c] ?? Number.NaN;
        points++;
        if (points < window || (points - window) % step !== 0) continue;
        fill();
        yield { tensor, atMs, last: values, restart: restarted };
        restarted = false;
      }
    },
  };
}
