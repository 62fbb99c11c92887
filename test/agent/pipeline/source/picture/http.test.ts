import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import type { PictureWatch } from '../../../../../agent/pipeline/stage.ts';
import { writeClip } from '../../../../support/clip.ts';
import { now, startDecoding } from '../../../../support/decoding.ts';
import { tempFolder } from '../../../../support/temp.ts';
import { until } from '../../../../support/until.ts';

function jpeg(width: number, height: number, shade: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: { r: shade, g: shade, b: shade } } })
    .jpeg()
    .toBuffer();
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const failureOf = async (url: string) => {
  const decoding = startDecoding({ url });
  return { failure: await decoding.ended, decoding };
};

test('MJPEG over HTTP is a camera: its frames come in our time, it ends, is tried again, and comes back', async () => {
  const pictures = await Promise.all([20, 120, 220].map((shade) => jpeg(160, 120, shade)));
  let requests = 0;
  const url = await serve((request, response) => {
    if (request.headers.authorization !== `Basic ${Buffer.from('me:s3cret').toString('base64')}`) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="cam"' }).end();
      return;
    }
    requests++;
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
    let sent = 0;
    const timer = setInterval(() => {
      const picture = pictures[sent % pictures.length];
      response.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture?.length}\r\n\r\n`);
      response.write(picture);
      response.write('\r\n');
      // The second viewer gets nothing more after a while: a stall.
      if (++sent < 8) return;
      clearInterval(timer);
      if (requests === 1) response.end();
    }, 100);
    response.on('close', () => clearInterval(timer));
  });
  const decoding = startDecoding({ url: `${url.replace('//', '//me:s3cret@')}/video` }, { reconnect: true });
  const first = await decoding.next('waiting');
  expect(first.code).toBe('source-ended');
  const frames = decoding.all('frame');
  expect(frames.length).toBeGreaterThanOrEqual(6);
  // The first come at once: FFmpeg has kept them while it looked at the stream.
  expect((frames.at(-1)?.ptsMs ?? 0) - (frames[0]?.ptsMs ?? 0)).toBeGreaterThan(200);
  const back = await decoding.next('frame', first.at);
  console.log(`MJPEG: frames again ${Math.round(back.at - first.at)} ms after the end`);
  const stall = await decoding.next('waiting', first.at);
  expect(stall.code).toBe('source-stalled');
  const refused = await failureOf(`${url.replace('//', '//me:wrong@')}/video`);
  expect(refused.failure).toMatchObject({ code: 'source-auth', message: expect.not.stringMatching(/wrong|me:/) });
});

test.each([
  ['/snap.jpg', { loop: false }],
  ['/snap.cgi?p=1', { loop: false }],
  ['/loop.jpg', { loop: true }],
])(
  '%s gives one picture for each request: it is asked at the rate of the stream, and no more often',
  async (name, rest) => {
    const pictures = await Promise.all([20, 120, 220].map((shade) => jpeg(160, 120, shade)));
    const asked: number[] = [];
    const url = await serve((_request, response) => {
      const picture = pictures[asked.length % pictures.length] ?? Buffer.alloc(0);
      asked.push(now());
      response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': picture.length }).end(picture);
    });
    const decoding = startDecoding({ url: url + name, ...rest }, { fps: 5, reconnect: true });
    await until(() => decoding.all('frame').length >= 11, 'eleven pictures');
    await decoding.close();
    const frames = decoding.all('frame');
    expect(decoding.all('waiting')).toEqual([]);
    // One that was on its way when it was closed.
    expect(asked.length).toBeLessThanOrEqual(frames.length + 1);
    expect((asked[10] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(1950);
    expect(frames[10]?.ptsMs).toBeGreaterThan(1700);
  },
);

test('a picture that cannot be had any more, or is none, is tried again as a camera is', async () => {
  const picture = await jpeg(160, 120, 100);
  let asked = 0;
  const url = await serve((_request, response) => {
    asked++;
    if (asked > 2) return response.writeHead(503).end();
    const body = asked === 1 ? picture : picture.subarray(0, 200);
    return response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': body.length }).end(body);
  });
  const decoding = startDecoding({ url: `${url}/snap.jpg` }, { fps: 10, reconnect: true });
  const broken = await decoding.next('waiting');
  const gone = await decoding.next('waiting', broken.at);
  expect(gone.message).toContain('5XX');
  await decoding.next('waiting', gone.at);
  expect(asked).toBeLessThanOrEqual(5);
});

test('a recording of somebody else that loops is asked for once a second at most', async () => {
  const file = await writeClip(tempFolder(), { frames: 2, fps: 10 });
  let asked = 0;
  const url = await serve((_request, response) => {
    asked++;
    const content = readFileSync(file);
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': content.length }).end(content);
  });
  const began = now();
  const decoding = startDecoding({ url: `${url}/clip.mp4`, loop: true });
  await until(() => decoding.all('frame').length >= 5, 'three rounds');
  // FFmpeg may ask for the end of the file first.
  expect(now() - began).toBeGreaterThan(1900);
  expect(asked).toBeLessThanOrEqual(8);
});

test('a recording over HTTP is played whole, as a file is', async () => {
  const file = await writeClip(tempFolder());
  const url = await serve((_request, response) => {
    const content = readFileSync(file);
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': content.length }).end(content);
  });
  const { failure, decoding } = await failureOf(`${url}/clip.mp4`);
  expect(failure).toBeUndefined();
  expect(decoding.all('frame').map((f) => f.frame)).toEqual(Array.from({ length: 60 }, (_, i) => i));
  expect((await failureOf(`${await serve((_q, r) => r.writeHead(404).end())}/x`)).failure?.message).toContain('404');
});

test('a watch is shown the brightness of what a camera gives; what it finds is said when it changes', async () => {
  const bright = await jpeg(160, 120, 220);
  const url = await serve(
    (_request, response) => void response.writeHead(200, { 'content-type': 'image/jpeg' }).end(bright),
  );
  const shown: number[] = [];
  const watch: PictureWatch = {
    plane: { width: 8, height: 4 },
    due: () => true,
    see(luma) {
      shown.push(luma.length, luma[0] ?? 0);
      return shown.length > 4 ? 'frozen' : undefined;
    },
  };
  const decoding = startDecoding({ url: `${url}/snap.jpg`, loop: true }, { fps: 10, watch });
  await until(() => decoding.all('looks').length > 0, 'something is found');
  const [said] = decoding.all('looks');
  expect(said?.fault).toBe('frozen');
  expect(shown[0]).toBe(32);
  expect(Math.abs((shown[1] ?? 0) - 220)).toBeLessThan(4);
  const { length } = shown;
  await until(() => shown.length > length + 4, 'it looks on');
  expect(decoding.all('looks')).toHaveLength(1);
  await decoding.close();
});
