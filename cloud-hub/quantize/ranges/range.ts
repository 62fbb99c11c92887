/** The range of values that 8 bits shall cover, and what comes of it. */

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Scale and zero point of unsigned 8-bit values: value = (q - zero) · scale. */
export interface Scale {
  readonly scale: number;
  /** 0 to 255 */
  readonly zero: number;
}

/** Below this, products of two scales would be denormal. */
const LEAST_SCALE = 1e-12;

/** Zero lies in every range and is met exactly: padding and rectifiers give many of them (Jacob et al. 2018, 2.1). */
export function scaleOf({ min, max }: Range): Scale {
  const low = Math.min(0, min);
  const scale = Math.fround(Math.max(LEAST_SCALE, (Math.max(0, max) - low) / 255));
  return { scale, zero: Math.min(255, Math.max(0, Math.round(-low / scale))) };
}

export function unionOf(ranges: readonly Range[]): Range {
  return { min: Math.min(...ranges.map((r) => r.min)), max: Math.max(...ranges.map((r) => r.max)) };
}
