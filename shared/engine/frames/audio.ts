/** Sound out of whatever FFmpeg reads, as mono floats of one rate. Reading waits in libuv's pool, not in this thread. */
import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_SAMPLE_FMT_FLT,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVERROR_INVALIDDATA,
  AVMEDIA_TYPE_AUDIO,
} from 'node-av/constants';
import {
  avChannelLayoutDefault,
  Codec,
  CodecContext,
  type FormatContext,
  Frame,
  Packet,
  SoftwareResampleContext,
} from 'node-av/lib';
import { CodedError } from '../../kit/errors.ts';
import { openInput, reason } from './input.ts';
import type { Origin } from './origin.ts';

export interface SoundOptions {
  readonly from: Origin;
  /** The address, with user and password; of a file its path. */
  readonly url: string;
  /** How messages name it, without them. */
  readonly shown: string;
  /** Options of the demuxer and its protocol. */
  readonly options?: Readonly<Record<string, string>>;
  /** The wanted samples per second, in Hz. */
  readonly sampleRate: number;
  /** Called for each packet that could not be decoded; reading goes on. */
  readonly onUndecodable: (message: string) => void;
}

export interface SoundReader {
  /**
   * The next piece, of any length: -1 to 1, mono, at the wanted rate; undefined at the end.
   * @throws CodedError `source-ended` when reading fails before the end
   */
  next(): Promise<Float32Array | undefined>;
  /** Makes a `next` that waits for a camera or a server fail. */
  interrupt(): void;
  /** Not while a `next` is on its way. */
  close(): Promise<void>;
}

/**
 * @param signal ends the waiting for an address that does not answer
 * @throws CodedError `source-open` (or another of openInput's) with FFmpeg's reason, also where there is no sound
 */
export async function openSound(options: SoundOptions, signal: AbortSignal): Promise<SoundReader> {
  const { from, url, shown, options: chosen = {} } = options;
  const format = await openInput({ from, url, shown, options: chosen, waits: true }, signal);
  try {
    return createReader(format, options);
  } catch (error) {
    await format.closeInput();
    throw error;
  }
}

function createReader(format: FormatContext, options: SoundOptions): SoundReader {
  const { shown, sampleRate } = options;
  const index = format.findBestStream(AVMEDIA_TYPE_AUDIO);
  const stream = index < 0 ? undefined : format.streams[index];
  if (!stream) throw new CodedError('source-open', `${shown}: has no sound that FFmpeg can read`);
  const codec = Codec.findDecoder(stream.codecpar.codecId);
  if (!codec) throw new CodedError('source-open', `${shown}: no decoder for codec ${stream.codecpar.codecId}`);
  const decoder = new CodecContext();
  decoder.allocContext3(codec);
  decoder.parametersToContext(stream.codecpar);
  decoder.pktTimebase = stream.timeBase;
  const ready = decoder.open2Sync(codec, null);
  if (ready < 0) {
    decoder.freeContext();
    throw new CodedError('source-open', `${shown}: decoder ${codec.name}: ${reason(ready)}`);
  }
  const packet = new Packet();
  packet.alloc();
  const decoded = new Frame();
  decoded.alloc();
  const converted = new Frame();
  converted.alloc();
  let resampler: SoftwareResampleContext | undefined;
  let form = '';
  let draining = false;
  let rested = false;

  /** The frame as mono floats; a sound whose form changes on the way gets a converter of its own. */
  const convert = (frame: Frame | null): Float32Array => {
    const now = frame
      ? `${frame.format} ${frame.sampleRate} ${frame.channelLayout.nbChannels} ${frame.channelLayout.mask}`
      : form;
    if (!resampler || now !== form) {
      resampler?.free();
      resampler = new SoftwareResampleContext();
      resampler.alloc();
      form = now;
    }
    converted.unref();
    converted.format = AV_SAMPLE_FMT_FLT;
    converted.sampleRate = sampleRate;
    converted.channelLayout = AV_CHANNEL_LAYOUT_MONO;
    const done = resampler.convertFrame(converted, frame);
    if (done < 0) {
      options.onUndecodable(`sound: ${reason(done)}`);
      return new Float32Array();
    }
    const [bytes] = converted.data ?? [];
    // The frame's buffer is used again: what leaves is a copy.
    return bytes ? floatsOf(bytes, converted.nbSamples) : new Float32Array();
  };

  const feed = async (): Promise<void> => {
    const read = await format.readFrame(packet);
    if (read === AVERROR_EOF) {
      draining = true;
      decoder.sendPacketSync(null);
      return;
    }
    if (read < 0 && read !== AVERROR_INVALIDDATA)
      throw new CodedError('source-ended', `${shown}: reading failed: ${reason(read)}`);
    if (read >= 0 && packet.streamIndex === index) {
      const sent = decoder.sendPacketSync(packet);
      if (sent < 0 && sent !== AVERROR_EAGAIN) options.onUndecodable(reason(sent));
    }
    packet.unref();
  };

  /** What the resampler still holds, once. */
  const rest = (): Float32Array | undefined => {
    if (!resampler || rested) return undefined;
    rested = true;
    const samples = convert(null);
    return samples.length > 0 ? samples : undefined;
  };

  return {
    async next() {
      for (;;) {
        const received = decoder.receiveFrameSync(decoded);
        if (received >= 0) {
          // WAV says how many channels there are, not where; the resampler takes such a frame once, then calls it changed.
          const { mask, nbChannels } = decoded.channelLayout;
          if (mask === 0n) decoded.channelLayout = avChannelLayoutDefault(nbChannels);
          const samples = convert(decoded);
          if (samples.length > 0) return samples;
          continue;
        }
        if (received === AVERROR_EOF) return rest();
        if (received !== AVERROR_EAGAIN) options.onUndecodable(reason(received));
        if (draining) return rest();
        await feed();
      }
    },
    interrupt: () => format.interrupt(),
    async close() {
      resampler?.free();
      packet.free();
      decoded.free();
      converted.free();
      decoder.freeContext();
      await format.closeInput();
    },
  };
}

function floatsOf(bytes: Buffer, count: number): Float32Array {
  const samples = new Float32Array(count);
  for (let i = 0; i < count; i++) samples[i] = bytes.readFloatLE(i * 4);
  return samples;
}
