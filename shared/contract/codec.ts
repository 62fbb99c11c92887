/**
 * Payload codec of every channel: JSON in UTF-8, gzip when that is smaller (RFC 1952; told apart by its magic bytes), and
 * for `up/preview` a picture with a JSON header: u32 big-endian header length, header, JPEG bytes.
 */
import { gunzipSync, gzipSync } from 'node:zlib';

export class CodecError extends Error {
  override readonly name = 'CodecError';
}

/** Below this size gzip's own header eats what it saves. */
const GZIP_FROM_BYTES = 512;

/** Encodes a message; gzip only when the result is smaller. */
export function encode(message: unknown): Buffer {
  return encodeText(JSON.stringify(message));
}

/** The same for a message that is JSON text already. */
export function encodeText(json: string): Buffer {
  const plain = Buffer.from(json, 'utf8');
  if (plain.length < GZIP_FROM_BYTES) return plain;
  const packed = gzipSync(plain, { level: 1 });
  return packed.length < plain.length ? packed : plain;
}

/**
 * Decodes a message that `encode` made.
 * @param maxBytes bound on the unpacked size, against decompression bombs
 * @throws CodecError with what is wrong: not gzip, too large, not JSON
 */
export function decode(payload: Uint8Array, maxBytes: number): unknown {
  const isGzip = payload[0] === 0x1f && payload[1] === 0x8b;
  if (!isGzip && payload.length > maxBytes)
    throw new CodecError(`payload of ${payload.length} bytes exceeds ${maxBytes}`);
  let plain: Uint8Array;
  try {
    plain = isGzip ? gunzipSync(payload, { maxOutputLength: maxBytes }) : payload;
  } catch (error) {
    throw new CodecError(`gzip: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plain));
  } catch (error) {
    throw new CodecError(`JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Joins a JSON header and a picture's bytes. */
export function encodePicture(header: unknown, picture: Uint8Array): Buffer {
  const head = Buffer.from(JSON.stringify(header), 'utf8');
  const out = Buffer.allocUnsafe(4 + head.length + picture.length);
  out.writeUInt32BE(head.length, 0);
  head.copy(out, 4);
  out.set(picture, 4 + head.length);
  return out;
}

/**
 * Splits what `encodePicture` joined; the header still has to pass its schema.
 * @throws CodecError when the length does not fit or the header is not JSON
 */
export function decodePicture(payload: Uint8Array): { header: unknown; picture: Uint8Array } {
  if (payload.length < 4) throw new CodecError('picture: shorter than its length field');
  const headBytes = new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getUint32(0);
  if (4 + headBytes > payload.length)
    throw new CodecError(`picture: header of ${headBytes} bytes in ${payload.length}`);
  try {
    const header: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(payload.subarray(4, 4 + headBytes)),
    );
    return { header, picture: payload.subarray(4 + headBytes) };
  } catch (error) {
    throw new CodecError(`picture: header: ${error instanceof Error ? error.message : String(error)}`);
  }
}
