import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { generateClip } from '../../../../../fixtures/clip/generate.ts';
import { writeClip } from '../../../../support/clip.ts';
import { now, startDecoding } from '../../../../support/decoding.ts';
import { tempFolder } from '../../../../support/temp.ts';
import { until } from '../../../../support/until.ts';

/** One test clip is one second. */
async function clip(file: string, width = 320, height = 240): Promise<Buffer> {
  await generateClip(file, { frames: 10, width, height, fps: 10 });
  return readFileSync(file);
}

function put(content: Buffer | string, name: string): string {
  const file = path.join(tempFolder(), name);
  writeFileSync(file, content);
  return file;
}

function jpeg(width: number, height: number, shade: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: { r: shade, g: shade, b: shade } } })
    .jpeg()
    .toBuffer();
}

const failureOf = async (url: string) => {
  const decoding = startDecoding({ url });
  return { failure: await decoding.ended, decoding };
};

test('a folder of images: in the order of their numbers, others left out, a broken one told', async () => {
  const folder = tempFolder();
  for (const [index, name] of ['10.jpg', '9.png', '100.jpeg'].entries()) {
    writeFileSync(
      path.join(folder, name),
      await sharp(await jpeg(64 + index * 64, 48, 128))
        .toFormat(name.endsWith('png') ? 'png' : 'jpeg')
        .toBuffer(),
    );
  }
  writeFileSync(path.join(folder, '50.jpg'), 'not a picture');
  writeFileSync(path.join(folder, 'notes.txt'), 'no picture');
  mkdirSync(path.join(folder, 'more.jpg'));
  const decoding = startDecoding({ url: folder, fps: 4 });
  expect(await decoding.ended).toBeUndefined();
  expect(decoding.all('frame').map((f) => f.fit.frameWidth)).toEqual([128, 64, 192]);
  expect(decoding.all('frame').map((f) => f.ptsMs)).toEqual([0, 250, 750]);
  expect(decoding.all('problem')).toMatchObject([
    { code: 'frame-undecodable', message: expect.stringContaining('50.jpg') },
  ]);
  expect((await failureOf(path.join(folder, 'more.jpg'))).failure).toMatchObject({ code: 'source-no-video' });
});

test('a clip of two fields a frame, as analogue cameras give, is analysed', async () => {
  const file = path.join(tempFolder(), 'fields.mp4');
  await generateClip(file, { frames: 10, width: 320, height: 240, fps: 10, interlaced: true });
  const decoding = startDecoding({ url: file });
  expect(await decoding.ended).toBeUndefined();
  expect(decoding.all('problem')).toEqual([]);
  expect(decoding.all('frame')).toHaveLength(10);
});

test('a resolution that changes in the middle, and timestamps that jump back', async () => {
  const folder = tempFolder();
  const [small, large] = [
    await clip(path.join(folder, 'a.ts'), 320, 240),
    await clip(path.join(folder, 'b.ts'), 640, 360),
  ];
  const decoding = startDecoding({ url: put(Buffer.concat([small, large]), 'both.ts') });
  expect(await decoding.ended).toBeUndefined();
  const frames = decoding.all('frame');
  expect(frames.length).toBeGreaterThanOrEqual(19);
  const sizes = frames.map((f) => `${f.fit.frameWidth}x${f.fit.frameHeight}`);
  expect([...new Set(sizes)]).toEqual(['320x240', '640x360']);
  expect(decoding.all('opened').map((o) => o.info.width)).toEqual([320, 640]);
  const times = frames.map((f) => f.ptsMs);
  for (const [i, time] of times.entries()) expect(time).toBeGreaterThan(times[i - 1] ?? -1);
  expect(times.at(-1)).toBeLessThan(2500);
});

test.each([
  ['an address of no kind', 'source-open', () => Promise.resolve('/nowhere/clip.mp4'), /No such file/],
  ['garbage', 'source-open', () => Promise.resolve(put(Buffer.alloc(50_000, 'garbage!'), 'x.mp4')), /Invalid data/],
  ['an empty file', 'source-open', () => Promise.resolve(put('', 'x.mp4')), /cannot open/],
  ['sound only', 'source-no-video', () => Promise.resolve(put(wav(), 'x.wav')), /has no video/],
  [
    'zero frames',
    'source-no-video',
    async () => put(headerOf(await clip(path.join(tempFolder(), 'a.avi'))), 'x.avi'),
    /no frame|no video/,
  ],
  [
    'an unknown codec',
    'source-no-video',
    async () => put(withCodec(await clip(path.join(tempFolder(), 'a.avi')), 'ZQZQ'), 'x.avi'),
    /no decoder|no video/,
  ],
  [
    'a playlist that names an address',
    'source-open',
    () => Promise.resolve(put('#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/x.ts\n', 'x.m3u8')),
    /cannot open/,
  ],
  [
    'a camera that refuses',
    'source-open',
    () => Promise.resolve('rtsp://me:s3cret@127.0.0.1:1/x'),
    /^cannot open rtsp:\/\/127\.0\.0\.1:1\/…: Connection refused$/,
  ],
  ['a device that is not there', 'source-open', () => Promise.resolve('/dev/video99'), /video99: No such file/],
] as const)('%s is %s', async (_what, code, make, message) => {
  const { failure } = await failureOf(await make());
  expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
});

test('a file that was cut off gives what it has, and says so', async () => {
  const whole = await clip(path.join(tempFolder(), 'a.avi'));
  const { failure, decoding } = await failureOf(put(whole.subarray(0, whole.length * 0.6), 'cut.avi'));
  expect(failure).toBeUndefined();
  expect(decoding.all('frame').length).toBeGreaterThan(0);
  expect(decoding.all('problem').map((t) => t.code)).toContain('source-truncated');
});

test('what was trimmed without encoding anew, and what has empty places, is whole', async () => {
  // The edit list shows the second half of the packets.
  const file = await writeClip(tempFolder(), { frames: 60, fps: 10 });
  const trimmed = Buffer.from(readFileSync(file));
  const at = trimmed.indexOf('elst') + 12;
  const [durationMs, ticks] = [trimmed.readUInt32BE(at), 10 * 1024];
  expect(durationMs).toBe(6000);
  trimmed.writeUInt32BE(3000, at);
  trimmed.writeInt32BE(trimmed.readInt32BE(at + 4) + 3 * ticks, at + 4);
  const half = await failureOf(put(trimmed, 'trimmed.mp4'));
  expect(half.failure).toBeUndefined();
  expect(half.decoding.all('frame').length).toBeLessThan(45);
  expect(half.decoding.all('problem')).toEqual([]);
  // An AVI counts the chunks of frames that are not there.
  const sparse = path.join(tempFolder(), 'sparse.avi');
  await generateClip(sparse, { frames: 20, width: 320, height: 240, fps: 10, oneOf: 3 });
  const { failure, decoding } = await failureOf(sparse);
  expect(failure).toBeUndefined();
  expect(decoding.all('frame').length).toBeGreaterThanOrEqual(19);
  expect(decoding.all('problem')).toEqual([]);
});

test('a photo that lies on its side, and a clip that does: the walk gets them upright, pictures too', async () => {
  const folder = tempFolder();
  await sharp(await jpeg(160, 96, 120))
    .withMetadata({ orientation: 6 })
    .toFile(path.join(folder, 'a.jpg'));
  const photo = startDecoding({ url: folder });
  expect(await photo.ended).toBeUndefined();
  expect(photo.all('opened').map(({ info }) => [info.width, info.height])).toEqual([[96, 160]]);
  expect(photo.all('frame').map(({ fit }) => [fit.frameWidth, fit.frameHeight])).toEqual([[96, 160]]);
});

test('test patterns, and frames that stand alone are not decoded when nobody wants them', async () => {
  const decoding = startDecoding({ url: 'test:testsrc2?size=160x120&fps=20&seconds=2' }, { fps: 5 });
  expect(await decoding.ended).toBeUndefined();
  expect(decoding.all('frame').map((f) => f.ptsMs)).toEqual(Array.from({ length: 10 }, (_, i) => i * 200));
  expect(decoding.all('frame').at(-1)?.frame).toBe(36);
});

test('hardware that is not there: software, said once, as a note', async () => {
  const file = await writeClip(tempFolder());
  const decoding = startDecoding({ url: file, loop: true, decode: { hardware: 'cuda' } });
  await decoding.next('frame');
  await decoding.next('frame', decoding.all('frame').at(-1)?.at);
  await decoding.close();
  expect(decoding.all('note').length).toBeLessThanOrEqual(1);
  expect(decoding.all('problem')).toEqual([]);
});

test('pace pts: frames come at their time, and the newest wins while the walk is busy', async () => {
  const file = await writeClip(tempFolder(), { frames: 20, fps: 20 });
  const started = now();
  const paced = startDecoding({ url: file, pace: 'pts' });
  expect(await paced.ended).toBeUndefined();
  expect(now() - started).toBeGreaterThan(900);
  expect(paced.all('frame')).toHaveLength(20);
  const busy = startDecoding({ url: file, pace: 'pts' }, { slow: true });
  await until(() => busy.all('frame').length === 3, 'all tensors are with the walk');
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(busy.all('frame').map((f) => f.frame)).toEqual([0, 1, 2]);
  await busy.close();
});

/** A quarter of a second of silence. */
function wav(): Buffer {
  const data = Buffer.alloc(4000);
  const header = Buffer.alloc(44);
  header.write('RIFF');
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(8000, 24);
  header.writeUInt32LE(16_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}

function headerOf(avi: Buffer): Buffer {
  return avi.subarray(0, avi.indexOf('movi') + 4);
}

function withCodec(avi: Buffer, name: string): Buffer {
  const changed = Buffer.from(avi);
  for (let at = changed.indexOf('H264'); at >= 0; at = changed.indexOf('H264', at)) changed.write(name, at);
  return changed;
}

test('a source that shall finish reads no more, and ends when what it handed over is back', async () => {
  const decoding = startDecoding({ url: await writeClip(tempFolder(), { frames: 60 }), loop: true }, { slow: true });
  await until(() => decoding.all('frame').length === 3, 'three frames on their way');
  decoding.finish();
  let over = false;
  void decoding.ended.then(() => {
    over = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(over).toBe(false);
  // The one that waited for a tensor goes the same way.
  await until(() => {
    decoding.release();
    return over;
  }, 'its end');
  expect(decoding.all('frame').map((f) => f.frame)).toEqual([0, 1, 2, 3]);
  expect(decoding.all('ended')).toHaveLength(1);
});

test('a gate that is owed what came of a frame is not asked about the next, and no frame of a recording is lost', async () => {
  const file = path.join(tempFolder(), 'clip.mp4');
  await clip(file);
  let isDue = false;
  let askedTooEarly = false;
  const received: number[] = [];
  const decoding = startDecoding(
    { url: file },
    {
      gate: {
        plane: undefined,
        decide({ ptsMs }) {
          askedTooEarly ||= isDue;
          if (ptsMs % 300 > 0) return 'coast';
          isDue = true;
          return 'analyse';
        },
        ready: () => !isDue,
        feedBack(quietMs) {
          received.push(quietMs);
          isDue = false;
        },
      },
    },
  );
  expect(await decoding.ended).toBeUndefined();
  expect(askedTooEarly).toBe(false);
  expect(received).toEqual([0, 0, 0, 0]);
  const frames = decoding.all('frame');
  expect(frames.map((f) => f.frame)).toEqual(Array.from({ length: 10 }, (_, i) => i));
  expect(frames.map((f) => f.gated ?? 'analyse')).toEqual(
    Array.from({ length: 10 }, (_, i) => (i % 3 === 0 ? 'analyse' : 'coast')),
  );
});
