/**
 * Reading video frames by FFmpeg, with node-av's synchronous calls: they are as fast as the ffmpeg program, but block, so a
 * reader belongs into a thread of its own.
 */
import { AV_LOG_QUIET, AVERROR_EAGAIN, AVERROR_EOF, AVERROR_INVALIDDATA, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Log, Packet } from 'node-av/lib';
import { CodedError } from '../../kit/errors.ts';

export interface VideoInfo {
  readonly width: number;
  readonly height: number;
  /** Frames a second that the container states; 0 when it does not. */
  readonly fps: number;
  /** Frames that the container states; 0 when it does not. */
  readonly frames: number;
}

export interface ReaderOptions {
  /** FFmpeg's frame threads for the decoder. */
  readonly decodeThreads?: number;
  /** Called for each packet that could not be decoded; reading goes on. */
  readonly onUndecodable: (message: string) => void;
}

export interface VideoReader {
  readonly info: VideoInfo;
  /**
   * Decodes the next frame into `frame`.
   * @returns its presentation time in milliseconds from the start of the file, or undefined at the end
   * @throws CodedError `source-ended` when reading fails before the end
   */
  next(frame: Frame): number | undefined;
  close(): void;
}

/**
 * Opens a file or address with FFmpeg.
 * @throws CodedError `source-open` with FFmpeg's reason
 */
export function openVideo(url: string, options: ReaderOptions): VideoReader {
  // FFmpeg prints to stderr by itself, addresses with their passwords included.
  Log.setLevel(AV_LOG_QUIET);
  const format = new FormatContext();
  const opened = format.openInputSync(url);
  if (opened < 0) throw new CodedError('source-open', `cannot open ${url}: ${reason(opened)}`);
  try {
    return createReader(format, url, options);
  } catch (error) {
    format.closeInputSync();
    throw error;
  }
}

function createReader(format: FormatContext, url: string, options: ReaderOptions): VideoReader {
  format.findStreamInfoSync();
  const index = format.findBestStream(AVMEDIA_TYPE_VIDEO);
  const stream = index < 0 ? undefined : format.streams[index];
  if (!stream) throw new CodedError('source-open', `${url}: has no video that FFmpeg can read`);
  const codec = Codec.findDecoder(stream.codecpar.codecId);
  if (!codec) throw new CodedError('source-open', `${url}: no decoder for codec ${stream.codecpar.codecId}`);
  const decoder = new CodecContext();
  decoder.allocContext3(codec);
  decoder.parametersToContext(stream.codecpar);
  decoder.threadCount = options.decodeThreads ?? 1;
  decoder.pktTimebase = stream.timeBase;
  const ready = decoder.open2Sync(codec, null);
  if (ready < 0) throw new CodedError('source-open', `${url}: decoder ${codec.name}: ${reason(ready)}`);

  const packet = new Packet();
  packet.alloc();
  const msPerTick = (1000 * stream.timeBase.num) / stream.timeBase.den;
  const startMs = stream.startTime > 0n ? Number(stream.startTime) * msPerTick : 0;
  const rate = stream.avgFrameRate;
  const fps = rate.den > 0 ? rate.num / rate.den : 0;
  let delivered = 0;
  let draining = false;

  /** Feeds the decoder one packet; at the end of the file its flush. */
  const feed = (): void => {
    const read = format.readFrameSync(packet);
    if (read === AVERROR_EOF) {
      draining = true;
      decoder.sendPacketSync(null);
      return;
    }
    if (read < 0 && read !== AVERROR_INVALIDDATA)
      throw new CodedError('source-ended', `${url}: reading failed: ${reason(read)}`);
    if (read >= 0 && packet.streamIndex === index) {
      const sent = decoder.sendPacketSync(packet);
      if (sent < 0 && sent !== AVERROR_EAGAIN) options.onUndecodable(reason(sent));
    }
    packet.unref();
  };

  return {
    info: {
      width: stream.codecpar.width,
      height: stream.codecpar.height,
      fps,
      frames: Number(stream.nbFrames),
    },
    next(frame) {
      for (;;) {
        const received = decoder.receiveFrameSync(frame);
        if (received >= 0) {
          // Making a picture goes through a filter graph, which refuses frames without a time base.
          frame.timeBase = stream.timeBase;
          const pts = frame.bestEffortTimestamp;
          // AV_NOPTS_VALUE: count on the stated rate instead.
          const ms = pts >= 0n ? Number(pts) * msPerTick - startMs : (delivered * 1000) / (fps || 25);
          delivered++;
          return Math.max(0, ms);
        }
        if (received === AVERROR_EOF) return undefined;
        if (received !== AVERROR_EAGAIN) options.onUndecodable(reason(received));
        if (draining) return undefined;
        feed();
      }
    },
    close() {
      packet.free();
      decoder.freeContext();
      format.closeInputSync();
    },
  };
}

/** A fresh frame for `VideoReader.next`. */
export function allocFrame(): Frame {
  const frame = new Frame();
  frame.alloc();
  return frame;
}

export type { Frame };

function reason(code: number): string {
  return new FFmpegError(code).message;
}
