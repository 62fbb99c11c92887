/** What this machine's FFmpeg can do; for `doctor`. */
import { HardwareContext } from 'node-av/api';
import {
  AV_HWDEVICE_TYPE_CUDA,
  AV_HWDEVICE_TYPE_VAAPI,
  AV_LOG_QUIET,
  FF_DECODER_AV1,
  FF_DECODER_H264,
  FF_DECODER_HEVC,
  FF_DECODER_LIBDAV1D,
  FF_DECODER_MJPEG,
  FF_DECODER_VP9,
} from 'node-av/constants';
import { Codec, getFFmpegInfo, Log } from 'node-av/lib';

export interface FramesFacts {
  readonly ffmpeg: string;
  /** Decoders of what cameras send that this build has. */
  readonly decoders: readonly string[];
  /** Hardware that can be opened here, of that which streams can ask for. */
  readonly hardware: readonly string[];
}

const WANTED = [
  FF_DECODER_H264,
  FF_DECODER_HEVC,
  FF_DECODER_AV1,
  FF_DECODER_LIBDAV1D,
  FF_DECODER_VP9,
  FF_DECODER_MJPEG,
] as const;

const devices = { vaapi: AV_HWDEVICE_TYPE_VAAPI, cuda: AV_HWDEVICE_TYPE_CUDA } as const;

export function aboutFrames(): FramesFacts {
  Log.setLevel(AV_LOG_QUIET);
  return {
    ffmpeg: getFFmpegInfo().version,
    decoders: WANTED.filter((decoder) => Codec.findDecoderByName(decoder) !== null),
    hardware: Object.entries(devices).flatMap(([name, type]) => (opens(type) ? [name] : [])),
  };
}

function opens(type: (typeof devices)[keyof typeof devices]): boolean {
  try {
    const context = HardwareContext.create(type);
    context?.dispose();
    return context !== null;
  } catch {
    return false;
  }
}
