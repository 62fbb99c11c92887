/**
 * Payload codec of every channel: JSON in UTF-8, gzip when that is smaller (RFC 1952; recognised by its magic bytes), and
 * for `up/preview` a picture with a JSON header: u32 big-endian header length, header, JPEG bytes.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { overLimit, type ShapeLimits } from './shape.ts';

export class CodecError extends Error {
  override readonly name = 'CodecError';
}

/** Far above what any message of the contract needs: the largest is a batch of 1,000 events with paths of 256 points. */
const commonShape: ShapeLimits = { maxDepth: 32, maxValues: 1_000_000 };

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

/** Packs text whatever its length: the sum at the end of gzip (CRC-32) shows every damage of a bit, which JSON does not. */
export function pack(json: string): Buffer {
  return gzipSync(json, { level: 1 });
}

/**
 * Decodes a message that `encode` made.
 * @param maxBytes bound on the unpacked size, against decompression bombs
 * @param shape bounds on what the JSON may name, checked before it is parsed
 * @throws CodecError with what is wrong: not gzip, too large, over a bound of `shape`, not JSON
 */
export function decode(payload: Uint8Array, maxBytes: number, shape: ShapeLimits = commonShape): unknown {
  return parseJson(unpack(payload, maxBytes), shape);
}

/**
 * The JSON text of a payload, in UTF-8.
 * @throws CodecError when it is not gzip, or larger than `maxBytes`
 */
export function unpack(payload: Uint8Array, maxBytes: number): Uint8Array {
  if (!isGzip(payload) && payload.length > maxBytes)
    throw new CodecError(`payload of ${payload.length} bytes exceeds ${maxBytes}`);
  try {
    return isGzip(payload) ? gunzipSync(payload, { maxOutputLength: maxBytes }) : payload;
  } catch (error) {
    throw new CodecError(`gzip: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * How large a payload says it is when it is unpacked (RFC 1952 2.3.1, ISIZE): a hint, which a sender can get wrong.
 */
export function unpackedSize(payload: Uint8Array): number {
  if (!isGzip(payload) || payload.length < 18) return payload.length;
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getUint32(payload.length - 4, true);
}

function isGzip(payload: Uint8Array): boolean {
  return payload[0] === 0x1f && payload[1] === 0x8b;
}

/** @throws CodecError when the text is over a bound of `shape`, or is not JSON in UTF-8 */
export function parseJson(text: Uint8Array, shape: ShapeLimits): unknown {
  const over = overLimit(text, shape);
  if (over !== undefined) throw new CodecError(`JSON: ${over}`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
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
 * @param limits on the header; default: only those of the payload
 * @throws CodecError when the length does not fit, the header is over a limit, or is not JSON
 */
export function decodePicture(
  payload: Uint8Array,
  limits?: { readonly maxHeaderBytes: number; readonly shape: ShapeLimits },
): { header: unknown; picture: Uint8Array } {
  if (payload.length < 4) throw new CodecError('picture: shorter than its length field');
  const headBytes = new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getUint32(0);
  if (4 + headBytes > payload.length)
    throw new CodecError(`picture: header of ${headBytes} bytes in ${payload.length}`);
  if (limits && headBytes > limits.maxHeaderBytes)
    throw new CodecError(`picture: header of ${headBytes} bytes is more than ${limits.maxHeaderBytes}`);
  if (limits)
    return {
      header: parseJson(payload.subarray(4, 4 + headBytes), limits.shape),
      picture: payload.subarray(4 + headBytes),
    };
  try {
    const header: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(payload.subarray(4, 4 + headBytes)),
    );
    return { header, picture: payload.subarray(4 + headBytes) };
  } catch (error) {
    throw new CodecError(`picture: header: ${error instanceof Error ? error.message : String(error)}`);
  }
}
