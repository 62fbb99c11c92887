/** A payload of `up/sample`, looked at: a header of the contract, and one JPEG within bounds. Costs linear time in its bytes. */
import { decodePicture } from '../../shared/contract/codec.ts';
import {
  MAX_SAMPLE_HEADER_BYTES,
  MAX_SAMPLE_PICTURE_BYTES,
  MAX_SAMPLE_SIDE,
  SAMPLE_SHAPE,
  type SampleHeader,
  sampleHeader,
  sampleId,
} from '../../shared/contract/messages/sample.ts';
import { type JpegSize, jpegSize } from '../../shared/engine/frames/jpeg.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { complaintsOf, describeComplaints } from '../../shared/kit/schema.ts';

export interface OpenedSample {
  readonly header: SampleHeader;
  readonly jpeg: Uint8Array;
  readonly size: JpegSize;
  readonly bytes: number;
}

/** Why a sample is not looked at; `id` where it says one. */
export interface Refused {
  readonly id?: string;
  readonly reason: string;
}

export function openSample(payload: Uint8Array): OpenedSample | Refused {
  let parts: ReturnType<typeof decodePicture>;
  try {
    parts = decodePicture(payload, { maxHeaderBytes: MAX_SAMPLE_HEADER_BYTES, shape: SAMPLE_SHAPE });
  } catch (error) {
    return { reason: messageOf(error) };
  }
  const { header: raw, picture } = parts;
  const parsed = sampleHeader.safeParse(raw);
  if (!parsed.success) {
    const id = sampleId.safeParse((raw as { id?: unknown } | null)?.id);
    const reason = describeComplaints(complaintsOf(parsed.error, raw).slice(0, 8)).slice(0, 1024);
    return { ...(id.success ? { id: id.data } : {}), reason };
  }
  const header: SampleHeader = parsed.data;
  const size = sizeOf(picture);
  if (typeof size === 'string') return { id: header.id, reason: size };
  return { header, jpeg: picture, size, bytes: payload.length };
}

/** @returns its size, or what is wrong with it */
function sizeOf(picture: Uint8Array): JpegSize | string {
  if (picture.length > MAX_SAMPLE_PICTURE_BYTES)
    return `the picture has ${picture.length} bytes; at most ${MAX_SAMPLE_PICTURE_BYTES} are looked at`;
  const size = jpegSize(picture);
  if (typeof size === 'string') return `the picture ${size}`;
  if (size.width <= MAX_SAMPLE_SIDE && size.height <= MAX_SAMPLE_SIDE) return size;
  return `the picture has ${size.width}x${size.height} pixels; at most ${MAX_SAMPLE_SIDE} a side are looked at`;
}
