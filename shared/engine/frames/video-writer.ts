/** Writes pictures as an H.264 video that every player shows. */
import { Encoder, Muxer } from 'node-av/api';
import { AV_PIX_FMT_RGB24, AV_PIX_FMT_YUV420P, FF_ENCODER_LIBX264 } from 'node-av/constants';
import { Frame, Rational, SoftwareScaleContext } from 'node-av/lib';
import { CodedError, messageOf } from '../../kit/errors.ts';
import { reason } from './input.ts';

export interface VideoWriter {
  /**
   * @param rgb rows of red, green and blue bytes, `width` x `height`
   * @param ptsMs its time, which rises from picture to picture
   */
  add(rgb: Buffer, ptsMs: number): Promise<void>;
  /** Writes what is left; without it the file cannot be played. */
  close(): Promise<void>;
}

/** Ticks of a second. */
const TICKS = 1000;

/**
 * @param file its ending says the container: `.mp4`, `.mkv`
 * @param size even numbers of pixels
 * @throws CodedError `source-open` for a file that cannot be written
 */
export async function openVideoWriter(
  file: string,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<VideoWriter> {
  const encoder = await Encoder.create(FF_ENCODER_LIBX264, {
    context: { maxBFrames: 0 },
    options: { preset: 'veryfast', crf: 23, 'x264-params': 'log=-1' },
  });
  let muxer: Muxer;
  try {
    muxer = await Muxer.open(file);
  } catch (error) {
    encoder.close();
    throw new CodedError('source-open', `${file}: cannot be written: ${messageOf(error)}`);
  }
  const stream = muxer.addStream(encoder);
  const scaler = new SoftwareScaleContext();
  scaler.allocContext();
  const encode = async (frame: Frame | null) => {
    for (const packet of await encoder.encodeAll(frame)) {
      await muxer.writePacket(packet, stream);
      packet.free();
    }
  };
  let last = -1;
  return {
    async add(rgb, ptsMs) {
      last = Math.max(last + 1, Math.round(ptsMs));
      const pts = BigInt(last);
      using from = Frame.fromVideoBuffer(rgb, {
        width,
        height,
        format: AV_PIX_FMT_RGB24,
        timeBase: { num: 1, den: TICKS },
        pts,
      });
      using frame = new Frame();
      frame.alloc();
      Object.assign(frame, { width, height, format: AV_PIX_FMT_YUV420P });
      const made = frame.getBuffer();
      const scaled = made < 0 ? made : scaler.scaleFrameSync(frame, from);
      if (scaled < 0) throw new CodedError('internal', `${file}: a picture cannot be converted: ${reason(scaled)}`);
      frame.pts = pts;
      frame.timeBase = new Rational(1, TICKS);
      await encode(frame);
    },
    async close() {
      try {
        if (last >= 0) await encode(null);
      } finally {
        await muxer.close();
        encoder.close();
        scaler.freeContext();
      }
    },
  };
}
