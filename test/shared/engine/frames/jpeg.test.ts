import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { bareJpeg, jpegSize } from '../../../../shared/engine/frames/jpeg.ts';

const noise = (width: number, height: number) =>
  sharp(Buffer.from(Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 256)), {
    raw: { width, height, channels: 3 },
  });

test('real pictures have their size: baseline, progressive, grey, with restarts and metadata', async () => {
  const size = { width: 70, height: 30 };
  expect(jpegSize(await noise(70, 30).jpeg().toBuffer())).toEqual(size);
  expect(jpegSize(await noise(70, 30).jpeg({ progressive: true }).toBuffer())).toEqual(size);
  expect(jpegSize(await noise(70, 30).greyscale().jpeg().toBuffer())).toEqual(size);
  expect(
    jpegSize(
      await noise(70, 30)
        .jpeg()
        .withExif({ IFD0: { Copyright: 'x' } })
        .toBuffer(),
    ),
  ).toEqual(size);
});

test('what is no picture, or more than one, is named', async () => {
  const good = await noise(16, 16).jpeg().toBuffer();
  expect(jpegSize(Buffer.alloc(0))).toBe('is no JPEG');
  expect(jpegSize(await noise(16, 16).png().toBuffer())).toBe('is no JPEG');
  expect(jpegSize(Buffer.from([0xff, 0xd8, 0xff, 0xd9]))).toBe('is a JPEG without a picture');
  expect(jpegSize(Buffer.concat([good, good]))).toBe(`is a JPEG with ${good.length} more bytes behind it`);
  expect(jpegSize(good.subarray(0, good.length - 1))).toBe('is a damaged JPEG, or cut off');
  const comments = Buffer.concat(Array.from({ length: 600 }, () => Buffer.from([0xff, 0xfe, 0, 2])));
  expect(jpegSize(Buffer.concat([good.subarray(0, 2), comments, good.subarray(2)]))).toBe(
    'is a JPEG of more than 512 segments',
  );
});

test('whatever the bytes are, there is an answer, and it never reads beyond them', async () => {
  const good = await noise(24, 24).jpeg().toBuffer();
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 400 }).map((tail) => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), tail])),
    fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 }).map((changes) => {
      const bytes = Buffer.from(good);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    }),
  );
  fc.assert(
    fc.property(hostile, (bytes) => {
      const said = jpegSize(bytes);
      if (typeof said === 'string') return said.startsWith('is ');
      return said.width > 0 && said.height > 0 && bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9;
    }),
    { numRuns: 1000 },
  );
});

test('a bare picture has the same pixels, and nothing that was put beside them', async () => {
  const kinds = [noise(70, 30).jpeg(), noise(70, 30).jpeg({ progressive: true }), noise(70, 30).greyscale().jpeg()];
  for (const kind of kinds) {
    const plain = await kind.withExif({ IFD0: { Copyright: 'planted' } }).toBuffer();
    const comment = Buffer.from([0xff, 0xff, 0xff, 0xfe, 0, 9, ...Buffer.from('planted')]);
    const full = Buffer.concat([plain.subarray(0, 2), comment, plain.subarray(2)]);
    expect(full.includes('planted')).toBe(true);
    const bare = Buffer.from(bareJpeg(full));
    expect(bare.includes('planted')).toBe(false);
    expect(jpegSize(bare)).toEqual({ width: 70, height: 30 });
    const pixels = (jpeg: Buffer) => sharp(jpeg).raw().toBuffer();
    expect((await pixels(bare)).equals(await pixels(full))).toBe(true);
  }
});
