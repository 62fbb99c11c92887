/** A series on an even grid of time, by linear interpolation between neighbouring samples. Pure. */

export interface GridPoint {
  readonly atMs: number;
  readonly values: readonly number[];
  /** The grid begins anew with this point: nothing connects it with the one before. */
  readonly restart: boolean;
}

export interface Resampler {
  /**
   * @param sample later than the one before
   * @returns the points of the grid that became known, in order
   */
  push(sample: GridPoint): GridPoint[];
  /** How often a pause longer than the limit has begun the grid anew. */
  readonly gaps: number;
}

/** A point that misses its sample by so little of a step is the sample: timestamps are rounded. */
const ROUNDING = 1e-6;

/**
 * @param stepMs between two points
 * @param maxGapMs a longer pause between two samples is not bridged: the grid begins anew after it
 */
export function createResampler(stepMs: number, maxGapMs: number): Resampler {
  let before: GridPoint | undefined;
  let origin = 0;
  let index = 0;
  let gaps = 0;
  return {
    get gaps() {
      return gaps;
    },
    push(sample) {
      const previous = before;
      before = sample;
      const gap = previous !== undefined && sample.atMs - previous.atMs > maxGapMs;
      if (gap) gaps++;
      if (!previous || gap || sample.restart) {
        origin = sample.atMs;
        index = 1;
        return [{ ...sample, restart: true }];
      }
      const span = sample.atMs - previous.atMs;
      const points: GridPoint[] = [];
      // By index, not by adding up: a step such as 33.333… must not drift.
      for (let at = origin + index * stepMs; at <= sample.atMs + stepMs * ROUNDING; at = origin + ++index * stepMs) {
        const part = Math.min(1, (at - previous.atMs) / span);
        const values = sample.values.map((value, c) => mix(previous.values[c] ?? value, value, part));
        points.push({ atMs: at, values, restart: false });
      }
      return points;
    },
  };
}

/** Written so that both ends are met exactly. */
function mix(from: number, to: number, part: number): number {
  return part >= 1 ? to : from * (1 - part) + to * part;
}
