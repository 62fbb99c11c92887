/**
 * A JPEG in memory as a frame. Its bytes go straight into FFmpeg's decoder of JPEG: no demuxer guesses what they might be, and no
 * address in them is followed. Look at it with `jpegSize` first.
 */
import { AV_CODEC_ID_MJPEG } from 'node-av/constants';
import { Codec, CodecContext, type Frame, Packet } from 'node-av/lib';
import { CodedError } from '../../kit/errors.ts';
import { reason } from './input.ts';

export interface StillDecoder {
  /** @throws CodedError `frame-undecodable` */
  decode(jpeg: Uint8Array, frame: Frame): void;
}

/** @param mostPixels of a picture; a larger one is refused by the decoder before it takes memory */
export function createStillDecoder(mostPixels: number): StillDecoder {
  return {
    decode(jpeg, frame) {
      const codec = Codec.findDecoder(AV_CODEC_ID_MJPEG);
      if (!codec) throw new CodedError('internal', 'this FFmpeg build decodes no JPEG');
      const context = new CodecContext();
      const packet = new Packet();
      context.allocContext3(codec);
      context.setOption('max_pixels', String(mostPixels));
      // Damage shall not be guessed over: what is missing might be what is asked about.
      context.setOption('err_detect', 'explode');
      packet.alloc();
      try {
        const opened = context.open2Sync(codec, null);
        if (opened < 0) throw new CodedError('internal', `FFmpeg's decoder of JPEG: ${reason(opened)}`);
        packet.data = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength);
        const sent = context.sendPacketSync(packet);
        const got = sent < 0 ? sent : context.receiveFrameSync(frame);
        if (got < 0)
          throw new CodedError('frame-undecodable', `it is no picture that FFmpeg can decode: ${reason(got)}`);
      } finally {
        packet.free();
        context.freeContext();
      }
    },
  };
}
