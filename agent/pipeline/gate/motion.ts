/**
 * Motion on a small brightness plane, found by comparison with the last analysed frame rather than with a background: then
 * "nothing changed" means that the model would see what it saw, and slow movement adds up until it counts.
 *
 * A pixel has changed when it differs by more than the configured contrast and by more than its own noise allows. The noise
 * of a pixel is the mean of its steps from frame to frame, learnt slowly and in bounded bites, so that a waving tree raises
 * it and a passer-by does not. What the whole picture does (a cloud, automatic exposure) is taken out as the median
 * difference first. A lone pixel is noise, an object has neighbours.
 */
import type { GateConfig } from '../../../shared/contract/config/gate.ts';
import { insidePolygon } from '../../../shared/kit/polygon.ts';

export interface Motion {
  /** Has enough of the picture changed since the last `remember`? True for the first. */
  differs(luma: Uint8Array): boolean;
  /** Later frames are compared with this one. */
  remember(luma: Uint8Array): void;
}

/** The mean step of noise is about 1.1 of its standard deviations; beyond four such steps is hardly ever noise. */
const NOISE_STEPS = 4;
/** What noise asks for at most: a person in twilight must still count. */
const MAX_LIMIT = 48;
/** How much of a step the noise learns, and of how large a step, as a multiple of what it knows. */
const LEARN = 0.02;
const BITE = 3;
const FIRST_NOISE = 2;
/** Of its eight neighbours so many must have changed too. */
const NEIGHBOURS = 2;
const GRAYS = 256;

export function createMotion(config: GateConfig, width: number, height: number): Motion {
  const size = width * height;
  const watched = watchedPixels(config.mask, width, height);
  const median = createMedian(watched);
  const least = config.minArea * size;
  const noise = new Float32Array(size).fill(FIRST_NOISE);
  const changed = new Uint8Array(size);
  const reference = new Uint8Array(size);
  const previous = new Uint8Array(size);
  let seen = false;
  let remembered = false;

  const learn = (luma: Uint8Array, before: Uint8Array) => {
    const shift = median(luma, before);
    for (let k = 0; k < watched.length; k++) {
      const i = watched[k] ?? 0;
      const step = Math.abs((luma[i] ?? 0) - (before[i] ?? 0) - shift);
      const known = noise[i] ?? 0;
      noise[i] = known + LEARN * (Math.min(step, BITE * (known + 1)) - known);
    }
  };

  const compare = (luma: Uint8Array, known: Uint8Array) => {
    const shift = median(luma, known);
    for (let k = 0; k < watched.length; k++) {
      const i = watched[k] ?? 0;
      const limit = Math.max(config.contrast, Math.min(MAX_LIMIT, NOISE_STEPS * (noise[i] ?? 0)));
      changed[i] = Math.abs((luma[i] ?? 0) - (known[i] ?? 0) - shift) > limit ? 1 : 0;
    }
  };

  return {
    differs(luma) {
      if (luma.length !== size) throw new RangeError(`a plane of ${size} bytes was agreed on, this has ${luma.length}`);
      if (seen) learn(luma, previous);
      seen = true;
      previous.set(luma);
      if (!remembered) return true;
      compare(luma, reference);
      return clustered(changed, width, height) > least;
    },
    remember(luma) {
      reference.set(luma);
      remembered = true;
    },
  };
}

/** Indices of the pixels whose centre no polygon masks. */
function watchedPixels(mask: GateConfig['mask'], width: number, height: number): Int32Array {
  const all = Int32Array.from({ length: width * height }, (_, i) => i);
  return all.filter((i) => {
    const centre = [((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / height] as const;
    return !mask.some((polygon) => insidePolygon(centre, polygon));
  });
}

/** The median of `a - b` over some pixels, by counting. */
function createMedian(pixels: Int32Array): (a: Uint8Array, b: Uint8Array) => number {
  const counts = new Uint32Array(2 * GRAYS);
  return (a, b) => {
    counts.fill(0);
    for (let k = 0; k < pixels.length; k++) {
      const i = pixels[k] ?? 0;
      const bin = (a[i] ?? 0) - (b[i] ?? 0) + GRAYS;
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    let below = 0;
    for (let bin = 0; bin < counts.length; bin++) {
      below += counts[bin] ?? 0;
      if (2 * below >= pixels.length) return pixels.length === 0 ? 0 : bin - GRAYS;
    }
    return 0;
  };
}

/** How many changed pixels have enough changed neighbours; those at the very border do not count. */
function clustered(changed: Uint8Array, width: number, height: number): number {
  let count = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * width + 1; i < (y + 1) * width - 1; i++) {
      if (changed[i] !== 1) continue;
      if (threeOf(changed, i - width) + threeOf(changed, i) + threeOf(changed, i + width) > NEIGHBOURS) count++;
    }
  }
  return count;
}

function threeOf(changed: Uint8Array, i: number): number {
  return (changed[i - 1] ?? 0) + (changed[i] ?? 0) + (changed[i + 1] ?? 0);
}
