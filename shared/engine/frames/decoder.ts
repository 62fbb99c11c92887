/** The decoder of one video stream: software, or hardware with software as its fall-back. */
import { HardwareContext } from 'node-av/api';
import type { AVPixelFormat } from 'node-av/constants';
import {
  AV_CODEC_ID_MJPEG,
  AV_HWDEVICE_TYPE_CUDA,
  AV_HWDEVICE_TYPE_VAAPI,
  AVDISCARD_DEFAULT,
  AVDISCARD_NONREF,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, type Stream } from 'node-av/lib';
import { CodedError, messageOf } from '../../kit/errors.ts';
import { reason } from './input.ts';

export type Hardware = 'off' | 'auto' | 'vaapi' | 'cuda';

export interface DecoderOptions {
  /** FFmpeg's frame threads. */
  readonly threads: number;
  readonly hardware: Hardware;
}

export interface VideoDecoder {
  readonly context: CodecContext;
  /** Name of the codec, and of the hardware that decodes it. */
  readonly name: string;
  /** Why the hardware that was asked for does not decode. */
  readonly note?: string;
  /** Leave out frames that no other frame needs, from the next packet on? */
  skipUnreferenced(skip: boolean): void;
  /** Brings a frame that lies in the hardware's memory into ours; absent where software decodes. */
  readonly fetch?: (frame: Frame) => void;
  close(): void;
}

/** Most pixels of one picture, 8192 × 8192: a few bytes can state a picture that takes all memory. */
const MOST_PIXELS = 2 ** 26;

/** @throws CodedError `source-no-video` when FFmpeg has no decoder, the decoder refuses the stream, or its pictures are too large */
export function openDecoder(stream: Stream, shown: string, options: DecoderOptions): VideoDecoder {
  const { codecId, width, height } = stream.codecpar;
  if (width * height > MOST_PIXELS) {
    const size = `${width} x ${height} pixels`;
    throw new CodedError(
      'source-no-video',
      `${shown}: its pictures have ${size}; at most ${MOST_PIXELS} pixels are decoded`,
    );
  }
  const codec = Codec.findDecoder(codecId);
  if (!codec) throw new CodedError('source-no-video', `${shown}: FFmpeg has no decoder for its codec (${codecId})`);
  if (options.hardware === 'off') return openWith(codec, stream, shown, options);
  const { hardware, why } = findHardware(options.hardware, codec);
  if (!hardware) return { ...openWith(codec, stream, shown, options), note: `${why}; decoding in software` };
  try {
    return openWith(codec, stream, shown, options, hardware);
  } catch (error) {
    hardware.dispose();
    const note = `${options.hardware}: ${messageOf(error)}; decoding in software`;
    return { ...openWith(codec, stream, shown, options), note };
  }
}

const deviceTypes = { vaapi: AV_HWDEVICE_TYPE_VAAPI, cuda: AV_HWDEVICE_TYPE_CUDA } as const;

interface Hardwares {
  readonly hardware?: HardwareContext;
  readonly why?: string;
}

function findHardware(wanted: Exclude<Hardware, 'off'>, codec: Codec): Hardwares {
  let hardware: HardwareContext | null;
  try {
    hardware = wanted === 'auto' ? HardwareContext.auto() : HardwareContext.create(deviceTypes[wanted]);
  } catch (error) {
    return { why: `hardware decoding by ${wanted}: ${messageOf(error)}` };
  }
  if (!hardware) return { why: `this machine has no hardware decoding by ${wanted}` };
  if (codec.isHardwareAcceleratedDecoder() && hardware.supportsCodec(codec.id)) return { hardware };
  hardware.dispose();
  return { why: `${hardware.deviceTypeName} does not decode ${codec.name}` };
}

function openWith(
  codec: Codec,
  stream: Stream,
  shown: string,
  options: DecoderOptions,
  hardware?: HardwareContext,
): VideoDecoder {
  const context = new CodecContext();
  context.allocContext3(codec);
  context.parametersToContext(stream.codecpar);
  context.threadCount = options.threads;
  context.pktTimebase = stream.timeBase;
  // The container may not say the size, or not the truth.
  context.setOption('max_pixels', String(MOST_PIXELS));
  // Else the part that a cut-off JPEG lacks is grey, and looks like a picture.
  if (codec.id === AV_CODEC_ID_MJPEG) context.setOption('err_detect', 'explode');
  if (hardware) {
    context.hwDeviceCtx = hardware.deviceContext;
    // The second is what FFmpeg takes when the hardware refuses this very stream (its profile, its size).
    context.setHardwarePixelFormat(hardware.devicePixelFormat, stream.codecpar.format as AVPixelFormat);
  }
  const ready = context.open2Sync(codec, null);
  if (ready < 0) {
    context.freeContext();
    throw new CodedError('source-no-video', `${shown}: decoder ${codec.name}: ${reason(ready)}`);
  }
  const name = codec.name ?? 'unknown';
  const memory = hardware && createMemory(shown);
  return {
    context,
    name: hardware ? `${name} (${hardware.deviceTypeName})` : name,
    skipUnreferenced: (skip) => void context.setOption('skip_frame', skip ? AVDISCARD_NONREF : AVDISCARD_DEFAULT),
    ...(memory ? { fetch: memory.fetch } : {}),
    close() {
      memory?.free();
      context.freeContext();
      hardware?.dispose();
    },
  };
}

/** Where frames of the hardware are brought to. */
function createMemory(shown: string) {
  const ours = new Frame();
  ours.alloc();
  return {
    fetch(frame: Frame) {
      if (!frame.isHwFrame()) return;
      const moved = frame.hwframeTransferDataSync(ours);
      if (moved < 0) throw new CodedError('frame-undecodable', `${shown}: from the hardware: ${reason(moved)}`);
      ours.copyProps(frame);
      frame.unref();
      frame.ref(ours);
      ours.unref();
    },
    free: () => ours.free(),
  };
}
