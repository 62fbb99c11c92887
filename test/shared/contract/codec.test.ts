import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CodecError,
  decode,
  decodePicture,
  encode,
  encodePicture,
  encodeText,
  pack,
  unpack,
  unpackedSize,
} from '../../../shared/contract/codec.ts';

describe('messages', () => {
  test('come back as they were, and gzip is used only where it is smaller', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const payload = encode(value);
        const plain = Buffer.from(JSON.stringify(value));
        expect(payload.length).toBeLessThanOrEqual(plain.length);
        expect(decode(payload, 1e6)).toEqual(JSON.parse(plain.toString()));
      }),
    );
    const repetitive = { text: 'vedette '.repeat(500) };
    expect(encode(repetitive).length).toBeLessThan(400);
    expect(decode(encode(repetitive), 1e6)).toEqual(repetitive);
  });

  test('from 512 bytes on it is packed where that is smaller, and told apart by both magic bytes', () => {
    const isPacked = (payload: Buffer) => payload[0] === 0x1f && payload[1] === 0x8b;
    const text = (length: number) => encode('x'.repeat(length - 2));
    expect([511, 512, 513].map((length) => isPacked(text(length)))).toEqual([false, true, true]);
    expect(text(511).length).toBe(511);
    // What gzip cannot make smaller stays as it is.
    const random = Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 7919 * 31 + (i * i) ** 2) % 256)).toString(
      'latin1',
    );
    const noise = encodeText(JSON.stringify(random));
    expect(decode(noise, 1e6)).toBe(random);
    expect(noise.length).toBeLessThanOrEqual(Buffer.byteLength(JSON.stringify(random)));
    for (const half of [Buffer.from([0x1f]), Buffer.from([0x1f, 0x20]), Buffer.from([0x20, 0x8b])])
      expect(() => decode(half, 100)).toThrow(/^JSON: /);
    expect(() => decode(Buffer.from([0x1f, 0x8b]), 100)).toThrow(/^gzip: /);
    expect(() => decode(Buffer.from([0x1f, 0x8b, 1, 2, 3]), 1)).toThrow(/^gzip: /);
  });

  test('a payload of exactly the bound is read, packed or not', () => {
    const value = 'x'.repeat(98);
    expect(decode(encode(value), 100)).toBe(value);
    expect(() => decode(encode(value), 99)).toThrow(new CodecError('payload of 100 bytes exceeds 99'));
    const long = 'x'.repeat(9_998);
    expect(decode(encode(long), 10_000)).toBe(long);
    expect(() => decode(encode(long), 9_999)).toThrow(/^gzip: /);
  });

  test('garbage is a CodecError, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, gzip) => {
        try {
          decode(gzip ? Buffer.concat([Buffer.from([0x1f, 0x8b]), bytes]) : bytes, 100);
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      }),
    );
    expect(() => decode(Buffer.alloc(0), 100)).toThrow(CodecError);
    expect(() => decode(Buffer.from([0x22, 0xff, 0xfe, 0x22]), 100)).toThrow(/JSON/);
  });

  test('the bound holds for what is unpacked', () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000, 0x20));
    expect(bomb.length).toBeLessThan(20_000);
    expect(() => decode(bomb, 1_000_000)).toThrow(/gzip/);
    expect(() => decode(Buffer.from(JSON.stringify('x'.repeat(200))), 100)).toThrow('exceeds 100');
  });
});

describe('pictures', () => {
  test('header and bytes come back', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.uint8Array({ maxLength: 500 }), (header, picture) => {
        const back = decodePicture(encodePicture(header, picture));
        expect(back.header).toEqual(JSON.parse(JSON.stringify(header)));
        expect([...back.picture]).toEqual([...picture]);
      }),
    );
  });

  test('four bytes are the least, and a header in another encoding is refused', () => {
    expect(() => decodePicture(Buffer.alloc(3))).toThrow('picture: shorter than its length field');
    expect(() => decodePicture(Buffer.alloc(4))).toThrow(/^picture: header: /);
    expect(decodePicture(Buffer.from([0, 0, 0, 1, 0x37]))).toEqual({ header: 7, picture: Buffer.alloc(0) });
    expect(() => decodePicture(Buffer.from([0, 0, 0, 3, 0x22, 0xff, 0x22]))).toThrow(/^picture: header: /);
    // A view into a larger buffer is read where it lies.
    const payload = encodePicture({ n: 1 }, Buffer.from([9, 8]));
    const inside = Buffer.concat([Buffer.alloc(5, 0xff), payload, Buffer.alloc(5, 0xff)]).subarray(
      5,
      5 + payload.length,
    );
    expect(decodePicture(inside)).toEqual({ header: { n: 1 }, picture: Buffer.from([9, 8]) });
  });

  test('a cut or lying payload is a CodecError', () => {
    const payload = encodePicture({ stream: 'door' }, Buffer.from([1, 2, 3]));
    for (let length = 0; length < payload.length - 3; length++) {
      expect(() => decodePicture(payload.subarray(0, length))).toThrow(CodecError);
    }
    expect(() => decodePicture(Buffer.from([0xff, 0xff, 0xff, 0xff, 1]))).toThrow('header of 4294967295');
    // The length counts the header alone, not the four bytes of the length itself.
    for (const bytes of [2, 3, 4, 5])
      expect(() => decodePicture(Buffer.from([0, 0, 0, bytes, 0x37]))).toThrow(
        new CodecError(`picture: header of ${bytes} bytes in 5`),
      );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          decodePicture(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      }),
    );
  });
});

describe('packed text', () => {
  test('is packed whatever its length, and says how large it was', () => {
    for (const text of ['', 'x', 'y'.repeat(5000)]) {
      const packed = pack(text);
      expect([packed[0], packed[1]]).toEqual([0x1f, 0x8b]);
      expect(Buffer.from(unpack(packed, 5000)).toString()).toBe(text);
      expect(unpackedSize(packed)).toBe(text.length);
      // A view into a larger buffer is read where it lies.
      const inside = Buffer.concat([Buffer.alloc(3, 1), packed, Buffer.alloc(3, 1)]).subarray(3, 3 + packed.length);
      expect(unpackedSize(inside)).toBe(text.length);
    }
  });

  test('what is not packed, or is cut within head and tail, is as large as it lies there', () => {
    expect(unpackedSize(Buffer.alloc(40, 7))).toBe(40);
    const head = Buffer.from([0x1f, 0x8b, ...new Array<number>(20).fill(1)]);
    expect(unpackedSize(head.subarray(0, 17))).toBe(17);
    expect(unpackedSize(head.subarray(0, 18))).toBe(0x01010101);
  });
});

describe('pictures within limits', () => {
  const shape = { maxDepth: 2, maxValues: 4 };
  const picture = Buffer.from([9, 8, 7]);
  const payload = encodePicture({ a: [1] }, picture);
  const headBytes = JSON.stringify({ a: [1] }).length;

  test('a header of exactly the bound is read, and the picture is what follows', () => {
    expect(decodePicture(payload, { maxHeaderBytes: headBytes, shape })).toEqual({ header: { a: [1] }, picture });
  });

  test('a longer header, one nested too deeply, and one that is no JSON are refused', () => {
    expect(() => decodePicture(payload, { maxHeaderBytes: headBytes - 1, shape })).toThrow(
      new CodecError(`picture: header of ${headBytes} bytes is more than ${headBytes - 1}`),
    );
    expect(() => decodePicture(payload, { maxHeaderBytes: 99, shape: { ...shape, maxDepth: 1 } })).toThrow(CodecError);
    expect(() => decodePicture(Buffer.from([0, 0, 0, 1, 0x7b]), { maxHeaderBytes: 99, shape })).toThrow(CodecError);
  });
});
