/** Packed RGB or gray pixels into the float tensor that a model takes. */
import type { ImageInput } from '../../contract/model-manifest.ts';
import { channelsOf } from '../package/check.ts';
import type { Fit } from './fit.ts';

export interface TensorWriter {
  /** Elements of one tensor: channels x height x width. */
  readonly size: number;
  /**
   * Writes a scaled frame into `out`; what lies outside of the frame gets the pad value.
   * @param pixels tightly packed rows of `fit.width` x `fit.height`, RGB (3 bytes) or gray (1 byte)
   * @param out `size` floats, overwritten as a whole
   */
  write(pixels: Uint8Array, fit: Fit, out: Float32Array): void;
}

/** `value = (pixel - mean) / std` by table, a channel at a time in the order of `color` (DESIGN 3.1). */
export function createTensorWriter(input: ImageInput): TensorWriter {
  const channels = channelsOf(input.color);
  const plane = input.width * input.height;
  const nchw = input.layout === 'nchw';
  const targets = Array.from({ length: channels }, (_, c) => ({
    table: normalisation(input, c),
    from: input.color === 'bgr' ? channels - 1 - c : c,
    start: nchw ? c * plane : c,
  }));
  const step = nchw ? 1 : channels;
  return {
    size: plane * channels,
    write(pixels, fit, out) {
      if (pixels.length < fit.width * fit.height * channels) {
        throw new RangeError(`${pixels.length} bytes of pixels for ${fit.width}x${fit.height}x${channels}`);
      }
      const covered = fit.width === input.width && fit.height === input.height;
      for (const { table, from, start } of targets) {
        if (!covered) fillPad(out, start, step, plane, padValue(table, input.pad));
        for (let y = 0; y < fit.height; y++) {
          let source = y * fit.width * channels + from;
          let target = start + ((y + fit.top) * input.width + fit.left) * step;
          for (let x = 0; x < fit.width; x++) {
            out[target] = table[pixels[source] as number] as number;
            source += channels;
            target += step;
          }
        }
      }
    },
  };
}

function normalisation(input: ImageInput, channel: number): Float32Array {
  const mean = input.mean[channel] ?? input.mean[0] ?? 0;
  const std = input.std[channel] ?? input.std[0] ?? 1;
  return Float32Array.from({ length: 256 }, (_, pixel) => (pixel - mean) / std);
}

function padValue(table: Float32Array, pad: number): number {
  return table[Math.round(pad)] ?? 0;
}

function fillPad(out: Float32Array, start: number, step: number, count: number, value: number): void {
  if (step === 1) out.fill(value, start, start + count);
  else for (let i = 0, at = start; i < count; i++, at += step) out[at] = value;
}
