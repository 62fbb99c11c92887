/**
 * Reading video frames by FFmpeg. Decoding and local files use node-av's synchronous calls: they are as fast as the ffmpeg
 * program, but block, so a reader belongs into a thread of its own. A network or a device is waited for without blocking.
 */
import {
  AV_CODEC_ID_MJPEG,
  AV_CODEC_ID_PNG,
  AV_CODEC_ID_RAWVIDEO,
  AV_FRAME_FLAG_INTERLACED,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVERROR_INVALIDDATA,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { type FormatContext, Frame, Packet, type Stream } from 'node-av/lib';
import { systemClock } from '../../kit/clock.ts';
import { CodedError } from '../../kit/errors.ts';
import { type Hardware, openDecoder, type VideoDecoder } from './decoder.ts';
import { type MediaInput, openInput, orAbort, reason } from './input.ts';
import { createThinning } from './thinning.ts';
import { createUprighter } from './upright.ts';

export interface VideoInfo {
  readonly width: number;
  readonly height: number;
  /** Frames per second that the container states; 0 when it does not. */
  readonly fps: number;
  /** Frames that the container states; 0 when it does not. */
  readonly frames: number;
  /** How long the container says that it is; 0 when it has no end or does not know. */
  readonly durationMs: number;
  /** What decodes it: the codec, and the hardware where there is one. */
  readonly decoder: string;
  /** What a person should know of how it is decoded. */
  readonly note?: string;
  /** It is one picture, not a video. */
  readonly isPicture?: boolean;
  /** Milliseconds between two frames of an address that is asked for each of them (`poll.ts`). */
  readonly stepMs?: number;
}

export interface ReaderOptions {
  /** FFmpeg's frame threads for the decoder. */
  readonly decodeThreads?: number;
  readonly hardware?: Hardware;
  /** Leave out frames that no other frame needs, where so many per second are left without them. */
  readonly enoughFps?: number;
  /** Is the frame of this time wanted? Asked only where each frame is coded by itself (MJPEG); others are then not decoded. */
  readonly wants?: (ptsMs: number) => boolean;
  /** Called for each packet of the video. */
  readonly onPacket?: () => void;
  /** Called for each packet that could not be decoded; reading goes on. */
  readonly onUndecodable: (message: string) => void;
  /** Ends opening and `next`, which then throw its reason. */
  readonly signal?: AbortSignal;
}

/** Milliseconds from the start of the file; undefined at its end. */
export type Next = number | undefined;

export interface VideoReader {
  readonly info: VideoInfo;
  /** Frames that were left out undecoded since the last call of this. */
  skipped(): number;
  /**
   * Decodes the next frame into `frame`: at once, or a promise where the input waits for a camera or a server. One call at a time.
   * @returns its presentation time
   * @throws CodedError `source-ended` when reading fails before the end
   */
  next(frame: Frame): Next | Promise<Next>;
  /**
   * Makes a frame of `next` as people see it (`upright.ts`); to be called for each frame that is looked at.
   * @throws CodedError `frame-undecodable` where FFmpeg cannot
   */
  upright(frame: Frame): void;
  /** At the end: what the container stated and what was there, where that is much less (it was cut off). */
  shortfall(): Shortfall | undefined;
  close(): void;
}

export interface Shortfall {
  readonly stated: number;
  readonly read: number;
}

/** A file that ends before this part of its stated frames, and of its stated time, has been cut off. */
const COMPLETE = 0.95;
/** Packets without any sense in a row, after which no sense is expected. */
const SENSELESS = 1000;
/** Demuxers of one picture: `image2` by the file's name, others by its content. */
const PICTURE = /^image2$|_pipe$/;
const INTRA_ONLY: ReadonlySet<number> = new Set([AV_CODEC_ID_MJPEG, AV_CODEC_ID_PNG, AV_CODEC_ID_RAWVIDEO]);

/**
 * Opens a file or address with FFmpeg.
 * @throws CodedError `source-open`, `source-auth` or `source-no-video` with FFmpeg's reason
 */
export async function openVideo(input: MediaInput, options: ReaderOptions): Promise<VideoReader> {
  const format = await openInput(input, options.signal);
  try {
    const index = format.findBestStream(AVMEDIA_TYPE_VIDEO);
    const stream = index < 0 ? undefined : format.streams[index];
    if (!stream) throw new CodedError('source-no-video', `${input.shown}: has no video that FFmpeg can read`);
    const decoder = openDecoder(stream, input.shown, {
      threads: options.decodeThreads ?? 1,
      hardware: options.hardware ?? 'off',
    });
    return createReader(format, stream, index, decoder, input, options);
  } catch (error) {
    format.closeInputSync();
    throw error;
  }
}

function createReader(
  format: FormatContext,
  stream: Stream,
  index: number,
  decoder: VideoDecoder,
  input: MediaInput,
  options: ReaderOptions,
): VideoReader {
  const { context } = decoder;
  const { shown } = input;
  const packet = new Packet();
  packet.alloc();
  const msPerTick = (1000 * stream.timeBase.num) / stream.timeBase.den;
  const startMs = stream.startTime > 0n ? Number(stream.startTime) * msPerTick : 0;
  const fps = rateOf(stream);
  const isIntraOnly = INTRA_ONLY.has(stream.codecpar.codecId);
  const wants = isIntraOnly ? options.wants : undefined;
  const thinning = options.enoughFps === undefined || isIntraOnly ? undefined : createThinning(options.enoughFps);
  let isThin = false;
  const interrupt = () => format.interrupt();
  options.signal?.addEventListener('abort', interrupt, { once: true });
  const uprighter = createUprighter();
  let delivered = 0;
  let packets = 0;
  let endMs = 0;
  let skipped = 0;
  let senseless = 0;
  let draining = false;
  /** A read that was abandoned frees everything itself, when it returns. */
  let reading = false;

  /** AV_NOPTS_VALUE is negative: count on the stated rate instead. */
  const timeOf = (pts: bigint) =>
    Math.max(0, pts >= 0n ? Number(pts) * msPerTick - startMs : (delivered * 1000) / (fps || 25));

  const thin = () => {
    if (!thinning) return;
    const shall = thinning.packet(systemClock.mono());
    if (shall !== isThin) decoder.skipUnreferenced(shall);
    isThin = shall;
  };

  const skip = (): boolean => {
    if (!wants || wants(timeOf(packet.pts))) return false;
    delivered++;
    skipped++;
    return true;
  };

  /** Feeds the decoder what was read; at the end of the file its flush. */
  const feed = (read: number): void => {
    if (read === AVERROR_EOF) {
      draining = true;
      context.sendPacketSync(null);
      return;
    }
    if (read < 0 && (read !== AVERROR_INVALIDDATA || ++senseless > SENSELESS))
      throw new CodedError('source-ended', `${shown}: reading failed: ${reason(read)}`);
    if (read >= 0) senseless = 0;
    if (read >= 0 && packet.streamIndex === index) {
      options.onPacket?.();
      packets++;
      // Some containers have decoding times only.
      const stamp = packet.pts >= 0n ? packet.pts : packet.dts;
      endMs = Math.max(endMs, Number(stamp + packet.duration) * msPerTick - startMs);
      thin();
      const sent = skip() ? 0 : context.sendPacketSync(packet);
      if (sent < 0 && sent !== AVERROR_EAGAIN) options.onUndecodable(reason(sent));
    }
    packet.unref();
  };

  /** What the decoder has ready; `more` when it wants to be fed. */
  const take = (frame: Frame): Next | 'more' => {
    const received = context.receiveFrameSync(frame);
    if (received >= 0) {
      decoder.fetch?.(frame);
      // Making a picture goes through a filter graph, which refuses frames without a time base.
      frame.timeBase = stream.timeBase;
      // FFmpeg scales no frame of two fields to one that is whole. A model sees it much smaller, where the fields melt into each other.
      frame.clearFlags(AV_FRAME_FLAG_INTERLACED);
      const ms = timeOf(frame.bestEffortTimestamp);
      delivered++;
      thinning?.frame();
      return ms;
    }
    if (received === AVERROR_EOF) return undefined;
    if (received !== AVERROR_EAGAIN) options.onUndecodable(reason(received));
    return draining ? undefined : 'more';
  };

  const free = () => {
    packet.free();
    uprighter.close();
    decoder.close();
    format.closeInputSync();
  };

  const nextAtOnce = (frame: Frame): Next => {
    for (;;) {
      const taken = take(frame);
      if (taken !== 'more') return taken;
      feed(format.readFrameSync(packet));
    }
  };

  const nextInTime = async (frame: Frame): Promise<Next> => {
    for (;;) {
      const taken = take(frame);
      if (taken !== 'more') return taken;
      if (options.signal?.aborted) throw options.signal.reason;
      reading = true;
      const read = await orAbort(format.readFrame(packet), options.signal, free);
      reading = false;
      feed(read);
    }
  };

  return {
    info: {
      width: stream.codecpar.width,
      height: stream.codecpar.height,
      fps,
      frames: Number(stream.nbFrames),
      durationMs: format.duration > 0n ? Number(format.duration) / 1000 : 0,
      decoder: decoder.name,
      ...(decoder.note === undefined ? {} : { note: decoder.note }),
      ...(PICTURE.test(format.iformat?.name ?? '') ? { isPicture: true } : {}),
    },
    skipped() {
      const count = skipped + (thinning?.skipped() ?? 0);
      skipped = 0;
      return count;
    },
    next: input.waits ? nextInTime : nextAtOnce,
    upright: uprighter.upright,
    shortfall() {
      const stated = Number(stream.nbFrames);
      const statedMs = Number(stream.duration) * msPerTick;
      // An edit list shows a part of the packets; an AVI counts those without a picture.
      return packets < stated * COMPLETE && endMs < statedMs * COMPLETE ? { stated, read: delivered } : undefined;
    },
    close() {
      options.signal?.removeEventListener('abort', interrupt);
      if (!reading) free();
    },
  };
}

function rateOf({ avgFrameRate: { num, den } }: Stream): number {
  return den > 0 ? num / den : 0;
}

/** A fresh frame for `VideoReader.next`. */
export function allocFrame(): Frame {
  const frame = new Frame();
  frame.alloc();
  return frame;
}

export type { Frame };
