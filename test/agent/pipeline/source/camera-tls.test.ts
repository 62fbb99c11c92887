/** Cameras with TLS: whom `caFile` lets in, and what those who are not hear of the password. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import { createServer as createTls } from 'node:tls';
import sharp from 'sharp';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSoundSource } from '../../../../agent/pipeline/source/series/sound.ts';
import { audioSource } from '../../../../shared/contract/config/sensor.ts';
import { systemClock } from '../../../../shared/kit/clock.ts';
import { writeClip } from '../../../support/clip.ts';
import { startDecoding } from '../../../support/decoding.ts';
import { plantCertificates } from '../../../support/plant-certificates.ts';
import { hasRtspServer, startRtspCamera } from '../../../support/rtsp-camera.ts';
import { tempFolder } from '../../../support/temp.ts';

const picture = await sharp({ create: { width: 160, height: 120, channels: 3, background: 'red' } })
  .jpeg()
  .toBuffer();

interface Listening {
  listen(port: number, host: string, ready: () => void): unknown;
  address(): AddressInfo | string | null;
  close(): unknown;
}

async function portOf(server: Listening): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** An authority, and a camera with a certificate of it. */
async function plant(names?: string) {
  const folder = path.join(tempFolder(), 'plant');
  mkdirSync(folder);
  const at = await plantCertificates(folder, names);
  const own = { key: readFileSync(at('broker.key')), cert: readFileSync(at('broker.pem')) };
  return { ca: at('ca.pem'), own, at };
}

const mjpeg: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
  const part = Buffer.concat([
    Buffer.from(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`),
    picture,
    Buffer.from('\r\n'),
  ]);
  const timer = setInterval(() => response.write(part), 50);
  response.on('close', () => clearInterval(timer));
};

async function httpsCamera(own: { key: Buffer; cert: Buffer }, listener = mjpeg) {
  const asked: (string | undefined)[] = [];
  const server = createServer(own, (request, response) => {
    asked.push(request.headers.authorization);
    listener(request, response);
  });
  onTestFinished(() => server.closeAllConnections());
  return { port: await portOf(server), asked };
}

function password(): string {
  const file = path.join(tempFolder(), 'password');
  writeFileSync(file, 's3cret');
  return file;
}

describe('https://', () => {
  test('a camera whose certificate the authority signed gives frames, by address and by name', async () => {
    const { ca, own } = await plant();
    const { port } = await httpsCamera(own);
    for (const host of ['127.0.0.1', 'localhost'])
      await startDecoding({ url: `https://${host}:${port}/video`, caFile: ca }).next('frame');
  });

  test('the certificate of a camera that nobody signed but itself can be the file', async () => {
    const { ca, at } = await plant();
    const self = { key: readFileSync(at('ca.key')), cert: readFileSync(ca) };
    const { port } = await httpsCamera(self);
    await startDecoding({ url: `https://127.0.0.1:${port}/video`, caFile: ca }).next('frame');
  });

  test('who has a certificate of another authority, or of another name, is named and never hears the password', async () => {
    const [camera, stranger] = [await plant('DNS:camera.example'), await plant()];
    const [named, strange] = [await httpsCamera(camera.own), await httpsCamera(stranger.own)];
    const failureOf = (port: number) =>
      startDecoding({
        url: `https://localhost:${port}/video`,
        user: 'viewer',
        passwordFile: password(),
        caFile: camera.ca,
      }).ended;
    expect(await failureOf(strange.port)).toMatchObject({
      code: 'source-open',
      message: expect.stringMatching(
        /^https:\/\/localhost:\d+\/…: its certificate is not trusted by caFile: unable to verify/,
      ),
    });
    expect((await failureOf(named.port))?.message).toMatch(/not trusted by caFile: .*localhost.*camera\.example/);
    expect([strange.asked, named.asked]).toEqual([[], []]);
  });

  test('a camera that sends its viewers to a place without TLS is not followed', async () => {
    const { ca, own } = await plant();
    let visits = 0;
    const open = createHttp((_request, response) => {
      visits++;
      response.end(picture);
    });
    const location = `http://127.0.0.1:${await portOf(open)}/picture.jpg`;
    const { port } = await httpsCamera(own, (_request, response) => void response.writeHead(302, { location }).end());
    const failure = await startDecoding({ url: `https://127.0.0.1:${port}/x`, caFile: ca }).ended;
    expect([failure?.code, visits]).toEqual(['source-open', 0]);
  });

  test('a file that is not there, or holds no certificate, is named', async () => {
    const missing = path.join(tempFolder(), 'none.pem');
    const failureOf = async (caFile: string) =>
      (await startDecoding({ url: 'https://127.0.0.1:1/x', caFile }).ended)?.message;
    expect(await failureOf(missing)).toMatch(/caFile: ENOENT/);
    expect(await failureOf(password())).toMatch(/caFile: there is no certificate in PEM form/);
  });

  test('without caFile any certificate is taken, as the documents say', async () => {
    const { own } = await plant('DNS:camera.example');
    const { port } = await httpsCamera(own);
    await startDecoding({ url: `https://127.0.0.1:${port}/video` }).next('frame');
  });
});

/** TLS in front of a real RTSP server. */
async function rtspsCamera(own: { key: Buffer; cert: Buffer }) {
  const camera = await startRtspCamera(await writeClip(tempFolder()), 10, { user: 'viewer', password: 's3cret' });
  let heard = '';
  const server = createTls(own, (near) => {
    const far = connect(camera.port, '127.0.0.1');
    near.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
    });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
    onTestFinished(() => void near.destroy());
  });
  server.on('tlsClientError', () => undefined);
  return { port: await portOf(server), heard: () => heard };
}

describe.skipIf(!hasRtspServer)('rtsps://', () => {
  test('a camera gives frames to who trusts its authority; to a stranger nothing is said', async () => {
    const [camera, stranger] = [await plant(), await plant()];
    const [good, bad] = [await rtspsCamera(camera.own), await rtspsCamera(stranger.own)];
    const source = (port: number, what: string) => ({
      url: `rtsps://127.0.0.1:${port}/${what}`,
      user: 'viewer',
      passwordFile: password(),
      caFile: camera.ca,
    });
    await startDecoding(source(good.port, 'live')).next('frame');
    const failure = await startDecoding(source(bad.port, 'live')).ended;
    expect(failure?.message).toMatch(/not trusted by caFile/);
    const ended = await new Promise<string | undefined>((resolve) => {
      const sound = openSoundSource(audioSource.parse(source(bad.port, 'audio')), 16_000, systemClock, {
        onOpened: () => resolve('opened'),
        onSound: async () => undefined,
        onProblem: () => undefined,
        onEnd: (end) => resolve(end?.message),
      });
      onTestFinished(() => sound.close());
    });
    expect(ended).toMatch(/not trusted by caFile/);
    expect(bad.heard()).toBe('');
    expect(good.heard()).toContain('Authorization: Basic');
  });
});
