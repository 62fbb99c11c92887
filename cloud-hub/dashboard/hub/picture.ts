/**
 * A binary frame of the live feed: u32 big-endian header length, JSON header, JPEG bytes (shared/contract/codec.ts
 * `encodePicture`, whose own decoder needs Node).
 */
import { type LivePictureHeader, livePictureHeader } from '../../contract/live.ts';

export interface LivePicture {
  readonly header: LivePictureHeader;
  readonly jpeg: Uint8Array<ArrayBuffer>;
}

/** The largest picture that is looked at, in bytes: that of the `preview` channel, with room for its header. */
export const MAX_PICTURE_BYTES = 3 * 1024 * 1024;

/** @throws Error that says what is wrong: too short, too large, a header that is not JSON or not of the schema, no JPEG */
export function parsePicture(frame: Uint8Array<ArrayBuffer>): LivePicture {
  if (frame.length > MAX_PICTURE_BYTES)
    throw new Error(`picture of ${frame.length} bytes exceeds ${MAX_PICTURE_BYTES}`);
  if (frame.length < 4) throw new Error('picture: shorter than its length field');
  const headBytes = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(0);
  if (4 + headBytes > frame.length) throw new Error(`picture: header of ${headBytes} bytes in ${frame.length}`);
  const head = new TextDecoder('utf-8', { fatal: true }).decode(frame.subarray(4, 4 + headBytes));
  const header = livePictureHeader.parse(JSON.parse(head));
  const jpeg = frame.subarray(4 + headBytes);
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) throw new Error('picture: no JPEG after the header');
  return { header, jpeg };
}
