/**
 * The whole of a decoded frame as scaled pixels, in the order in which a model's tensor wants them, so that nothing has to be
 * moved byte by byte afterwards. FFmpeg's swscale (bilinear) converts colours by what the frame says of its matrix and range.
 */
import { AV_PIX_FMT_BGR24, AV_PIX_FMT_GBRP, AV_PIX_FMT_GRAY8, AV_PIX_FMT_RGB24, SWS_BILINEAR } from 'node-av/constants';
import { Frame, SoftwareScaleContext } from 'node-av/lib';
import { CodedError } from '../../kit/errors.ts';
import { reason } from './input.ts';

/** `planes`: red, green and blue one after the other; `rgb`, `bgr`: the three of a pixel together; `gray`: brightness. */
export type PixelOrder = 'planes' | 'rgb' | 'bgr' | 'gray';

/** Tightly packed rows: three planes for `planes`, else one. They hold until the scaler's next call of the same size. */
export type Pixels = readonly Uint8Array[];

export interface PixelScaler {
  /** @throws CodedError `frame-undecodable` for a frame that FFmpeg cannot scale */
  scale(frame: Frame, width: number, height: number, order: PixelOrder): Pixels;
  close(): void;
}

interface Target {
  readonly context: SoftwareScaleContext;
  readonly frame: Frame;
  readonly pixels: Pixels;
}

const formats = {
  planes: AV_PIX_FMT_GBRP,
  rgb: AV_PIX_FMT_RGB24,
  bgr: AV_PIX_FMT_BGR24,
  gray: AV_PIX_FMT_GRAY8,
} as const;

/** A model's input, a gate's plane, and both again while a camera changes its resolution. */
const MOST_TARGETS = 4;

export function createPixelScaler(): PixelScaler {
  const targets = new Map<string, Target>();
  const free = ({ context, frame }: Target) => {
    context.freeContext();
    frame.free();
  };
  const targetOf = (width: number, height: number, order: PixelOrder): Target => {
    const key = `${order} ${width}x${height}`;
    const target = targets.get(key) ?? openTarget(width, height, order);
    // Last used, last out.
    targets.delete(key);
    targets.set(key, target);
    for (const [old, stale] of targets) {
      if (targets.size <= MOST_TARGETS) break;
      targets.delete(old);
      free(stale);
    }
    return target;
  };
  return {
    scale(frame, width, height, order) {
      const target = targetOf(width, height, order);
      const done = target.context.scaleFrameSync(target.frame, frame);
      if (done < 0) throw new CodedError('frame-undecodable', `FFmpeg cannot scale the frame: ${reason(done)}`);
      return target.pixels;
    },
    close() {
      for (const target of targets.values()) free(target);
      targets.clear();
    },
  };
}

function openTarget(width: number, height: number, order: PixelOrder): Target {
  const context = new SoftwareScaleContext();
  context.allocContext();
  context.setOption('sws_flags', SWS_BILINEAR);
  const frame = new Frame();
  frame.alloc();
  frame.width = width;
  frame.height = height;
  frame.format = formats[order];
  // Rows without padding: they are copied as one.
  const made = frame.getBuffer(1);
  const data = frame.data;
  if (made < 0 || !data) throw new CodedError('internal', `no memory for ${width}x${height} pixels: ${reason(made)}`);
  // FFmpeg's order is green, blue, red.
  const [first, second, third] = data;
  const pixels = order === 'planes' ? [third, first, second] : [first];
  return { context, frame, pixels: pixels.filter((plane) => plane !== undefined) };
}
