import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_PICTURE_BYTES, parsePicture } from '../../../../cloud-hub/dashboard/hub/picture.ts';
import { encodePicture } from '../../../../shared/contract/codec.ts';

const header = {
  device: 'gate',
  stream: 'door',
  frame: 7,
  ptsMs: 280,
  wall: 1,
  width: 768,
  height: 576,
  detections: [{ label: 'Müller <b>', score: 0.5, box: [0, 0, 1, 1], track: 3 }],
};
const bytes = (buffer: Buffer) => new Uint8Array(buffer);

test('what the hub encodes is what the dashboard reads', () => {
  const jpeg = fc.uint8Array({ maxLength: 2000 }).map((tail) => new Uint8Array([0xff, 0xd8, ...tail]));
  fc.assert(
    fc.property(jpeg, fc.nat(100_000), (picture, frame) => {
      const parsed = parsePicture(bytes(encodePicture({ ...header, frame }, picture)));
      expect(parsed.header).toEqual({ ...header, frame });
      expect(parsed.jpeg).toEqual(picture);
    }),
  );
});

test('any other bytes are refused with a reason, never misread', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      expect(() => parsePicture(new Uint8Array(noise))).toThrow(Error);
    }),
  );
  expect(() => parsePicture(new Uint8Array([0, 0, 1]))).toThrow('shorter than its length field');
  expect(() => parsePicture(new Uint8Array([0, 0, 1, 0, 1]))).toThrow('header of 256 bytes in 5');
  expect(() =>
    parsePicture(bytes(encodePicture({ ...header, detections: 1 }, new Uint8Array([0xff, 0xd8])))),
  ).toThrow();
  expect(() => parsePicture(bytes(encodePicture(header, new Uint8Array([1, 2]))))).toThrow('no JPEG');
  expect(() => parsePicture(new Uint8Array(MAX_PICTURE_BYTES + 1))).toThrow('exceeds');
});

test('the bounds: a header alone, a picture as large as may be', () => {
  const empty = bytes(encodePicture(header, new Uint8Array([])));
  expect(() => parsePicture(empty)).toThrow('no JPEG after the header');
  expect(() => parsePicture(new Uint8Array([0, 0, 0, 0]))).toThrow(SyntaxError);
  expect(() => parsePicture(new Uint8Array([0, 0, 0, 1]))).toThrow('header of 1 bytes in 4');
  expect(() => parsePicture(bytes(encodePicture(header, new Uint8Array([0xff, 0xd9]))))).toThrow('no JPEG');
  expect(() => parsePicture(bytes(encodePicture(header, new Uint8Array([0xfe, 0xd8]))))).toThrow('no JPEG');
  const room = MAX_PICTURE_BYTES - empty.length;
  const jpeg = new Uint8Array(room);
  jpeg.set([0xff, 0xd8]);
  expect(parsePicture(bytes(encodePicture(header, jpeg))).jpeg).toHaveLength(room);
  // As part of a larger buffer, as a WebSocket may hand it over.
  const frame = encodePicture(header, new Uint8Array([0xff, 0xd8, 7]));
  const large = new Uint8Array(frame.length + 10);
  large.set(frame, 5);
  expect([...parsePicture(large.subarray(5, 5 + frame.length)).jpeg]).toEqual([0xff, 0xd8, 7]);
});
