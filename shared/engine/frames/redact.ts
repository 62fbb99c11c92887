/**
 * Hides what a privacy policy hides, and makes the only pictures that the JPEG encoder takes (`picture.ts`).
 *
 * Invariants:
 * 1. A `RedactedPicture` comes from `redact` alone. Its masks are painted into the frame itself, before anything looks at it.
 * 2. A frame that cannot be painted gives no picture: `redact` and `hide` throw.
 * 3. After `takeBack` the picture is dead: the frame may be filled anew, and nobody can encode it by the old picture.
 */
import {
  AV_PIX_FMT_GBRP,
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_NV12,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV422P,
  AV_PIX_FMT_YUV444P,
  AV_PIX_FMT_YUVJ420P,
  AV_PIX_FMT_YUVJ422P,
  AV_PIX_FMT_YUVJ444P,
  SWS_BILINEAR,
} from 'node-av/constants';
import { Frame, SoftwareScaleContext } from 'node-av/lib';
import type { PrivacyConfig } from '../../contract/config/privacy.ts';
import type { Box, Point } from '../../contract/names.ts';
import { CodedError } from '../../kit/errors.ts';
import { reason } from './input.ts';
import { type Span, spansOf } from './mask-spans.ts';
import { type Area, fillArea, fillSpans, mosaicArea, type Plane } from './paint.ts';

/** A frame in which everything is hidden that its policy hides. */
class Redacted {
  #frame: Frame | undefined;
  constructor(frame: Frame) {
    this.#frame = frame;
  }
  static frameOf(picture: Redacted): Frame {
    if (!(#frame in picture) || !picture.#frame)
      throw new CodedError('internal', 'a picture that was not redacted, or has been taken back, cannot be used');
    return picture.#frame;
  }
  static takeBack(picture: Redacted): Frame {
    const frame = Redacted.frameOf(picture);
    picture.#frame = undefined;
    return frame;
  }
}
export type RedactedPicture = Redacted;

/** Its pixels. @throws CodedError `internal` for what no redaction has made, or has been taken back */
export const pixelsOf = Redacted.frameOf;
/** Ends the picture; the frame is the caller's again. */
export const takeBack = Redacted.takeBack;

export type Policy = Pick<PrivacyConfig, 'masks' | 'style'>;
/** For people's own files, and streams without a policy. */
export const NOTHING_HIDDEN: Policy = { masks: [], style: 'fill' };

export interface Redactor {
  /**
   * Hides the masks. The frame belongs to the picture until `takeBack`.
   * @throws CodedError `frame-undecodable` where that cannot be done
   */
  redact(frame: Frame): RedactedPicture;
  /**
   * Hides boxes as well, in fractions of the picture, each with a margin.
   * @throws CodedError `frame-undecodable` where that cannot be done
   */
  hide(picture: RedactedPicture, boxes: readonly Box[]): void;
  close(): void;
}

/** Per plane by how much it is smaller than the picture, its samples per pixel, and what is black in it. */
interface Layout {
  readonly shrinkX: number;
  readonly shrinkY: number;
  readonly samples: number;
  readonly black: number;
}

const luma: Layout = { shrinkX: 1, shrinkY: 1, samples: 1, black: 16 };
const chroma = (shrinkX: number, shrinkY: number, samples = 1): Layout => ({ shrinkX, shrinkY, samples, black: 128 });
const rgb: Layout = { shrinkX: 1, shrinkY: 1, samples: 1, black: 0 };

/** All others are converted to planes of red, green and blue first. */
const layouts: ReadonlyMap<number, readonly Layout[]> = new Map<number, readonly Layout[]>([
  [AV_PIX_FMT_YUV420P, [luma, chroma(2, 2), chroma(2, 2)]],
  [AV_PIX_FMT_YUVJ420P, [luma, chroma(2, 2), chroma(2, 2)]],
  [AV_PIX_FMT_YUV422P, [luma, chroma(2, 1), chroma(2, 1)]],
  [AV_PIX_FMT_YUVJ422P, [luma, chroma(2, 1), chroma(2, 1)]],
  [AV_PIX_FMT_YUV444P, [luma, chroma(1, 1), chroma(1, 1)]],
  [AV_PIX_FMT_YUVJ444P, [luma, chroma(1, 1), chroma(1, 1)]],
  [AV_PIX_FMT_NV12, [luma, chroma(2, 2, 2)]],
  [AV_PIX_FMT_GRAY8, [luma]],
  [AV_PIX_FMT_GBRP, [rgb, rgb, rgb]],
]);

/** Detectors cut hair and hands off: boxes are hidden with so much around them, of their size. */
const MARGIN = 0.1;

export function createRedactor({ masks, style }: Policy): Redactor {
  const known = new Map<string, readonly Span[]>();
  let size = '';
  let converter: SoftwareScaleContext | undefined;

  const spans = (polygons: readonly (readonly Point[])[], plane: Plane): readonly Span[] => {
    const key = `${plane.width}x${plane.height}`;
    const found = known.get(key) ?? spansOf(polygons, plane.width, plane.height);
    known.set(key, found);
    return found;
  };

  const convert = (frame: Frame): void => {
    converter ??= openConverter();
    const made = new Frame();
    made.alloc();
    made.width = frame.width;
    made.height = frame.height;
    made.format = AV_PIX_FMT_GBRP;
    const done = converter.scaleFrameSync(made, frame);
    if (done < 0) throw cannot(reason(done));
    const { pts, timeBase, sampleAspectRatio } = frame;
    frame.unref();
    frame.ref(made);
    made.free();
    Object.assign(frame, { pts, timeBase, sampleAspectRatio });
  };

  /** The planes of a frame that is ours alone: a decoder may still predict from the one that it gave. */
  const planesOf = (frame: Frame): readonly [Plane, Layout][] => {
    // FFmpeg ends the process when it is asked to convert nothing.
    if (frame.width <= 0 || frame.height <= 0 || frame.format < 0) throw cannot('it has no pixels');
    if (!layouts.has(frame.format)) convert(frame);
    const writable = frame.makeWritable();
    const { data, linesize, width, height } = frame;
    if (writable < 0 || !data) throw cannot(reason(writable));
    return (layouts.get(frame.format) ?? []).map((layout, index): [Plane, Layout] => {
      const bytes = data[index];
      const stride = linesize[index] ?? 0;
      if (!bytes || stride <= 0) throw cannot(`plane ${index} has no rows`);
      const [w, h] = [Math.ceil(width / layout.shrinkX), Math.ceil(height / layout.shrinkY)];
      return [{ bytes, stride, width: w, height: h, samples: layout.samples }, layout];
    });
  };

  return {
    redact(frame) {
      if (masks.length > 0) {
        const now = `${frame.width}x${frame.height}`;
        if (now !== size) known.clear();
        size = now;
        for (const [plane, { black }] of planesOf(frame)) fillSpans(plane, spans(masks, plane), black);
      }
      return new Redacted(frame);
    },
    hide(picture, boxes) {
      if (boxes.length === 0) return;
      const frame = pixelsOf(picture);
      for (const [plane, { black, shrinkX }] of planesOf(frame)) {
        for (const box of boxes) {
          const area = areaOf(box, plane);
          if (style === 'fill') fillArea(plane, area, black);
          else mosaicArea(plane, area, shrinkX);
        }
      }
    },
    close() {
      converter?.freeContext();
      converter = undefined;
    },
  };
}

function openConverter(): SoftwareScaleContext {
  const context = new SoftwareScaleContext();
  context.allocContext();
  context.setOption('sws_flags', SWS_BILINEAR);
  return context;
}

function areaOf([x, y, w, h]: Box, { width, height }: Plane): Area {
  const clamp = (value: number, most: number) => Math.min(most, Math.max(0, value));
  return {
    left: clamp(Math.floor((x - w * MARGIN) * width), width),
    top: clamp(Math.floor((y - h * MARGIN) * height), height),
    right: clamp(Math.ceil((x + w * (1 + MARGIN)) * width), width),
    bottom: clamp(Math.ceil((y + h * (1 + MARGIN)) * height), height),
  };
}

function cannot(why: string): CodedError {
  return new CodedError('frame-undecodable', `the frame is left out, because it cannot be redacted: ${why}`);
}
