import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodecError, decode, decodePicture, encode, encodePicture } from '../../../shared/contract/codec.ts';

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

  test('a cut or lying payload is a CodecError', () => {
    const payload = encodePicture({ stream: 'door' }, Buffer.from([1, 2, 3]));
    for (let length = 0; length < payload.length - 3; length++) {
      expect(() => decodePicture(payload.subarray(0, length))).toThrow(CodecError);
    }
    expect(() => decodePicture(Buffer.from([0xff, 0xff, 0xff, 0xff, 1]))).toThrow('header of 4294967295');
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
