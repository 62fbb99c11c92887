/** Numbers of 16 bits (IEEE 754 binary16) and back: Node has no array of them before version 24. */

/** Rounded to the nearest, ties to even; what is too large becomes infinite. @returns the bits, one number per float */
export function toHalf(floats: Float32Array): Uint16Array {
  const words = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
  const halves = new Uint16Array(floats.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number;
    const magnitude = word & 0x7fffffff;
    halves[i] =
      ((word >>> 16) & 0x8000) | (magnitude >= NORMAL && magnitude < LARGE ? normal(magnitude) : special(magnitude));
  }
  return halves;
}

/** The least float that is normal in 16 bits, 2^-14, and the first that is infinite, 2^16, by their bits. */
const NORMAL = 0x38800000;
const LARGE = 0x47800000;

/** Rounding may carry into the exponent, up to infinity: as it has to. */
function normal(magnitude: number): number {
  return (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
}

function special(magnitude: number): number {
  if (magnitude > 0x7f800000) return 0x7e00;
  if (magnitude >= LARGE) return 0x7c00;
  const shift = 126 - (magnitude >>> 23);
  if (shift > 25) return 0;
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const half = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  return rest > tie || (rest === tie && (half & 1) === 1) ? half + 1 : half;
}

/** Exact. */
export function fromHalf(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >>> 10) & 0x1f;
    const mantissa = bits & 0x3ff;
    if (exponent === 0x1f) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
  });
}
