/**
 * Is this one JPEG and nothing else, and how large is it? Looked at before anything decodes it (ITU-T T.81, annex B). Pure, and
 * linear in the bytes.
 */

export interface JpegSize {
  readonly width: number;
  readonly height: number;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
/** Baseline, extended and progressive with Huffman codes: what cameras and encoders make, and browsers show. */
const FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);
/** The other starts of a frame: lossless, arithmetic, hierarchical. */
const OTHER_FRAMES: ReadonlySet<number> = new Set([0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);
/** Segments before the picture begins, and between its scans. */
const MOST_SEGMENTS = 512;

/** @returns its size, or what is wrong with it */
export function jpegSize(bytes: Uint8Array): JpegSize | string {
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return 'is no JPEG';
  let size: JpegSize | undefined;
  let at = 2;
  for (let segments = 0; segments < MOST_SEGMENTS; segments++) {
    // Any number of fill bytes may come before a marker.
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++;
    const marker = bytes[at + 1];
    if (bytes[at] !== 0xff || marker === undefined) return 'is a damaged JPEG, or cut off';
    if (marker === EOI) {
      if (!size) return 'is a JPEG without a picture';
      const rest = bytes.length - at - 2;
      return rest === 0 ? size : `is a JPEG with ${rest} more bytes behind it`;
    }
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    if (length < 2 || at + 2 + length > bytes.length) return 'is a damaged JPEG, or cut off';
    if (OTHER_FRAMES.has(marker)) return 'is a JPEG of a kind that is not read: lossless, arithmetic or hierarchical';
    if (FRAMES.has(marker)) {
      if (size) return 'is a JPEG with two pictures';
      size = frameSize(bytes.subarray(at + 4, at + 2 + length));
      if (!size) return 'is a JPEG of no size, or not of 8 bits and one or three colours';
    }
    at += 2 + length;
    if (marker === SOS) at = endOfScan(bytes, at);
  }
  return `is a JPEG of more than ${MOST_SEGMENTS} segments`;
}

/** Tables, restarts, frames and scans: what it takes to decode a picture. */
const NEEDED: ReadonlySet<number> = new Set([0xdb, 0xc4, 0xdd, SOS, ...FRAMES]);
/** Says how the three colours are coded; exactly this long. */
const ADOBE = 0xee;
const ADOBE_BYTES = 14;

/**
 * The picture without comments, thumbnails, places and whatever else programs put beside it: the same pixels.
 * @param bytes what `jpegSize` took for a JPEG
 */
export function bareJpeg(bytes: Uint8Array): Uint8Array {
  const parts = [bytes.subarray(0, 2)];
  let at = 2;
  while (at < bytes.length) {
    while (bytes[at + 1] === 0xff) at++;
    const marker = bytes[at + 1] ?? EOI;
    if (marker === EOI) break;
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    const end = marker === SOS ? endOfScan(bytes, at + 2 + length) : at + 2 + length;
    if (NEEDED.has(marker) || (marker === ADOBE && length === ADOBE_BYTES)) parts.push(bytes.subarray(at, end));
    at = end;
  }
  return Buffer.concat([...parts, Buffer.from([0xff, EOI])]);
}

function frameSize(frame: Uint8Array): JpegSize | undefined {
  const [bits, h1 = 0, h2 = 0, w1 = 0, w2 = 0, colours] = frame;
  const [width, height] = [(w1 << 8) | w2, (h1 << 8) | h2];
  if (bits !== 8 || width === 0 || height === 0 || (colours !== 1 && colours !== 3)) return undefined;
  return { width, height };
}

/** The next marker after the coded pixels: 0xFF stands for itself before 0, and restarts belong to them. */
function endOfScan(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0) {
    const next = bytes[at + 1] ?? 0;
    const isCoded = next === 0 || (next >= 0xd0 && next <= 0xd7);
    if (!isCoded && next !== 0xff) return at;
    at = bytes.indexOf(0xff, at + (isCoded ? 2 : 1));
  }
  return bytes.length;
}
