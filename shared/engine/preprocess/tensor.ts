/** Scaled pixels into the float tensor that a model takes: `value = (pixel - mean) / std` (ARCHITECTURE 3.1). */
import type { ImageInput } from '../../contract/model-manifest.ts';
import type { PixelOrder, Pixels } from '../frames/pixels.ts';
import { channelsOf } from '../package/check.ts';
import type { Fit } from './fit.ts';

export interface TensorWriter {
  /** Elements of one tensor: channels x height x width. */
  readonly size: number;
  /** In which order it wants the pixels. */
  readonly order: PixelOrder;
  /**
   * Writes a scaled frame into `out`; what lies outside of the frame gets the pad value.
   * @param pixels rows of `fit.width` x `fit.height`, in `order`
   * @param out `size` floats, overwritten as a whole
   * @throws RangeError for too few pixels
   */
  write(pixels: Pixels, fit: Fit, out: Float32Array): void;
}

/** Mean and standard deviation of the values that lie side by side: one channel's, or of each in turn. */
interface Scaling {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export function createTensorWriter(input: ImageInput): TensorWriter {
  const channels = channelsOf(input.color);
  const area = input.width * input.height;
  const planar = channels > 1 && input.layout === 'nchw';
  const scalings = Array.from({ length: channels }, (_, c) => scalingOf(input, c));
  const order = channels === 1 ? 'gray' : planar ? 'planes' : input.color === 'bgr' ? 'bgr' : 'rgb';
  const parts: readonly Part[] = planar
    ? scalings.map((scaling, c) => ({
        from: input.color === 'bgr' ? channels - 1 - c : c,
        step: 1,
        start: c * area,
        end: (c + 1) * area,
        ...merge([scaling]),
      }))
    : [{ from: 0, step: channels, start: 0, end: area * channels, ...merge(scalings) }];
  return {
    size: area * channels,
    order,
    write(pixels, fit, out) {
      for (const part of parts) writePart(part, pixels[part.from] ?? new Uint8Array(), fit, input, out);
    },
  };
}

interface Part extends Scaling {
  /** Which of the pixel planes. */
  readonly from: number;
  /** Values per pixel. */
  readonly step: number;
  /** Where in the tensor. */
  readonly start: number;
  readonly end: number;
}

function writePart(part: Part, plane: Uint8Array, fit: Fit, input: ImageInput, out: Float32Array): void {
  const { step, start, end } = part;
  const row = fit.width * step;
  if (plane.length < row * fit.height) {
    throw new RangeError(`${plane.length} bytes of pixels for ${fit.width}x${fit.height}x${step}`);
  }
  const target = out.subarray(start, end);
  if (fit.width !== input.width || fit.height !== input.height) target.fill(input.pad);
  const at = (fit.top * input.width + fit.left) * step;
  // Conversion from bytes by `set` is native: some twenty times the speed of a loop.
  if (fit.width === input.width) target.set(plane.subarray(0, row * fit.height), at);
  else {
    for (let y = 0; y < fit.height; y++) {
      target.set(plane.subarray(y * row, (y + 1) * row), at + y * input.width * step);
    }
  }
  normalise(target, part);
}

function scalingOf(input: ImageInput, channel: number): { mean: number; std: number } {
  return { mean: input.mean[channel] ?? input.mean[0] ?? 0, std: input.std[channel] ?? input.std[0] ?? 1 };
}

/** One scaling where all are the same. */
function merge(scalings: readonly { mean: number; std: number }[]): Scaling {
  const [first] = scalings;
  const kept = scalings.every((s) => s.mean === first?.mean && s.std === first.std) ? scalings.slice(0, 1) : scalings;
  return { mean: kept.map((s) => s.mean), std: kept.map((s) => s.std) };
}

function normalise(values: Float32Array, { mean, std }: Scaling): void {
  const period = mean.length;
  for (let c = 0; c < period; c++) {
    const m = mean[c] as number;
    const s = std[c] as number;
    if (m === 0 && s === 1) continue;
    for (let i = c; i < values.length; i += period) values[i] = ((values[i] as number) - m) / s;
  }
}
