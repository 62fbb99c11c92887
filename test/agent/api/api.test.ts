import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { latest, outbox, streamList } from '../../../agent/api/schemas.ts';
import { problemDocument } from '../../../shared/contract/problem-document.ts';
import { writeClip, writeWalkerPackage } from '../../support/clip.ts';
import { type Started, startProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

const logLine = z.looseObject({ level: z.number(), msg: z.string(), url: z.string().optional() });
const logOf = (agent: Started) =>
  agent
    .stderr()
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [logLine.parse(JSON.parse(line))] : []));

interface Handle {
  readonly agent: Started;
  readonly url: string;
  get(route: string, headers?: Record<string, string>): Promise<Response>;
}

async function startAgent(api: object): Promise<Handle> {
  const folder = tempFolder();
  const file = path.join(folder, 'agent.yaml');
  const walker = {
    source: { url: await writeClip(folder, { fps: 20 }), loop: true },
    model: 'walker',
    summaryS: 1,
    rules: [{ kind: 'line', name: 'door', points: [[0.5, 0], [0.5, 1]] }], // biome-ignore format: two points
  };
  const config = { device: 'box', models: { walker: writeWalkerPackage(folder) }, streams: { walker }, api };
  writeFileSync(file, JSON.stringify(config));
  const agent = startProgram('agent/main.js', ['run', '-c', file]);
  const url = await until(() => logOf(agent).find((l) => l.url)?.url, 'the local API listens');
  return { agent, url, get: (route, headers = {}) => fetch(`${url}${route}`, { headers }) };
}

const metric = (text: string, name: string) =>
  Number(
    text
      .split('\n')
      .find((l) => l.startsWith(`${name} `))
      ?.split(' ')[1],
  );

test('streams, latest results, an annotated picture, outbox, health and metrics of a running agent', async () => {
  const { get, agent } = await startAgent({ port: 0 });
  expect((await get('/healthz')).status).toBe(200);
  await until(async () => (await get('/readyz')).ok, 'ready');
  const [stream] = await until(async () => {
    const { items } = streamList.parse(await (await get('/api/v1/streams')).json());
    // How fast a busy machine is, is not the matter here.
    return items[0]?.latencyMs && items[0].frames.inferred > 5 ? items : undefined;
  }, 'summaries of some frames');
  expect(stream).toMatchObject({ id: 'walker', state: 'running', model: { name: 'bright' }, width: 320, height: 240 });
  expect(stream?.fps).toBeGreaterThan(0);
  expect(stream?.fps).toBeLessThan(30);
  expect(stream?.frames.inferred).toBeGreaterThan(5);

  const seen = await until(async () => {
    const found = latest.parse(await (await get('/api/v1/streams/walker/latest')).json());
    return found.outcome.task === 'detect' && found.outcome.detections.length > 0 ? found : undefined;
  }, 'the walker is seen');
  expect(seen).toMatchObject({ outcome: { detections: [{ label: 'person', track: expect.any(Number) }] } });
  // Of the result, and not of the stream or the machine.
  expect(seen.ageMs).toBeLessThan(10_000);

  const picture = await get('/api/v1/streams/walker/picture.jpg?width=320');
  expect(picture.headers.get('content-type')).toBe('image/jpeg');
  expect(await sharp(await picture.arrayBuffer()).metadata()).toMatchObject({
    format: 'jpeg',
    width: 320,
    height: 240,
  });

  expect(outbox.parse(await (await get('/api/v1/outbox')).json())).toMatchObject({
    waiting: expect.any(Number),
    hub: { configured: false, connected: false },
  });
  const metrics = await (await get('/metrics')).text();
  expect(metric(metrics, 'vedette_stream_frames_total{stream="walker",fate="inferred"}')).toBeGreaterThan(5);
  expect(metric(metrics, 'vedette_stream_state{stream="walker",state="running"}')).toBe(1);
  expect(metric(metrics, 'vedette_runners')).toBe(1);
  expect(await (await get('/')).text()).toContain('/api/v1/streams/walker/live.mjpeg');

  agent.process.kill('SIGINT');
  expect((await agent.ended).code).toBe(0);
});

/** Reads pictures of an MJPEG stream until `count` are there, then hangs up. */
function readPictures(url: string, count: number): Promise<{ type: string; pictures: Buffer[] }> {
  return new Promise((resolve, reject) => {
    const call = request(url, (response) => {
      const type = response.headers['content-type'] ?? '';
      const pictures: Buffer[] = [];
      let rest = Buffer.alloc(0);
      response.on('data', (chunk: Buffer) => {
        rest = Buffer.concat([rest, chunk]);
        for (;;) {
          const body = rest.indexOf('\r\n\r\n') + 4;
          const length = Number(/Content-Length: (\d+)/i.exec(rest.subarray(0, body).toString('latin1'))?.[1]);
          if (body < 4 || rest.length < body + length) return;
          pictures.push(rest.subarray(body, body + length));
          rest = rest.subarray(body + length);
          if (pictures.length < count) continue;
          call.destroy();
          resolve({ type, pictures });
          return;
        }
      });
    });
    call.on('error', reject);
    call.end();
  });
}

test('a live stream: one JPEG after the other, for as long as somebody watches', async () => {
  const { url, get } = await startAgent({ port: 0 });
  await until(async () => (await get('/readyz')).ok, 'ready');
  const { type, pictures } = await readPictures(`${url}/api/v1/streams/walker/live.mjpeg?fps=10&width=320`, 5);
  expect(type).toMatch(/^multipart\/x-mixed-replace; boundary=/);
  for (const picture of pictures) expect((await sharp(picture).metadata()).format).toBe('jpeg');
  expect(new Set(pictures.map((p) => p.toString('base64'))).size).toBeGreaterThan(2);
  const metrics = async () => (await get('/metrics')).text();
  await until(async () => metric(await metrics(), 'vedette_api_viewers') === 0, 'nobody watches');
  // Whatever was on its way has come; then the runner makes no more pictures, while it goes on analysing.
  const inferred = 'vedette_stream_frames_total{stream="walker",fate="inferred"}';
  const summed = metric(await metrics(), inferred);
  await until(async () => metric(await metrics(), inferred) > summed, 'a summary');
  const before = await metrics();
  await until(async () => metric(await metrics(), inferred) > metric(before, inferred) + 10, 'another summary');
  expect(metric(await metrics(), 'vedette_previews_total')).toBe(metric(before, 'vedette_previews_total'));
  expect(metric(before, 'vedette_previews_total')).toBeGreaterThanOrEqual(5);
  expect((await fetch(`${url}/api/v1/streams/walker/live.mjpeg`, { method: 'HEAD' })).status).toBe(404);
  const bounds = await get('/api/v1/streams/walker/live.mjpeg?fps=100');
  expect(problemDocument.parse(await bounds.json())).toMatchObject({
    status: 400,
    errors: [{ path: 'querystring.fps' }],
  });
});

test('with a token: without it or with a wrong one a 401 problem; health stays open', async () => {
  const folder = tempFolder();
  const tokenFile = path.join(folder, 'api.token');
  writeFileSync(tokenFile, 'a-token-of-some-length\n');
  const { get, agent } = await startAgent({ host: '0.0.0.0', port: 0, tokenFile });
  expect((await get('/healthz')).status).toBe(200);
  for (const authorization of [undefined, 'Bearer wrong', 'Basic a-token-of-some-length', 'Bearer ']) {
    const refused = await get('/api/v1/streams', authorization === undefined ? {} : { authorization });
    expect(refused.headers.get('content-type')).toMatch('application/problem+json');
    expect(refused.headers.get('www-authenticate')).toMatch('Bearer');
    expect(problemDocument.parse(await refused.json())).toMatchObject({ status: 401, title: 'Unauthorized' });
  }
  expect((await get('/metrics')).status).toBe(401);
  expect((await get('/nothing-here')).status).toBe(401);
  const allowed = await get('/api/v1/streams', { authorization: 'Bearer a-token-of-some-length' });
  expect(streamList.parse(await allowed.json()).items).toHaveLength(1);
  expect(agent.stderr()).not.toContain('a-token-of-some-length');
});

test('without a token only requests addressed to loopback by name are answered; unknown things are 404 problems', async () => {
  const { url, get } = await startAgent({ port: 0 });
  const foreign = await new Promise<number | undefined>((resolve) => {
    request(`${url}/api/v1/streams`, { headers: { host: 'rebound.example' } }, (r) => resolve(r.statusCode)).end();
  });
  expect(foreign).toBe(403);
  expect(problemDocument.parse(await (await get('/api/v1/streams/nobody/latest')).json())).toMatchObject({
    status: 404,
    detail: 'there is no stream "nobody"; there are: walker',
  });
  expect((await get('/api/v1/streams/Not%20A%20Name/latest')).status).toBe(400);
  expect(problemDocument.parse(await (await get('/api/v1/nothing')).json()).status).toBe(404);
  expect(problemDocument.parse(await (await get('/api/v1/streams/walker/picture.jpg?widht=320')).json())).toMatchObject(
    {
      status: 400,
      errors: [{ path: 'querystring.widht', message: expect.stringContaining('is no parameter here') }],
    },
  );
});

test('a taken port, a missing token: a line that says what to do, and the agent runs', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const folder = tempFolder();
  mkdirSync(path.join(folder, 'd'));
  const start = async (api: object) => {
    const file = path.join(tempFolder(), 'agent.yaml');
    writeFileSync(file, JSON.stringify({ device: 'box', models: {}, streams: {}, api, log: 'warn' }));
    const agent = startProgram('agent/main.js', ['run', '-c', file]);
    const [output] = await until(() => (logOf(agent).length > 0 ? logOf(agent) : undefined), 'a line');
    await until(() => agent.stdout().includes('device box'), 'the agent runs');
    agent.process.kill('SIGINT');
    expect((await agent.ended).code).toBe(0);
    return output;
  };
  expect(await start({ port })).toMatchObject({
    level: 50,
    msg: expect.stringMatching(new RegExp(`port 127\\.0\\.0\\.1:${port} is taken.*choose another with`)),
  });
  expect(await start({ port: 0, tokenFile: './none' })).toMatchObject({
    level: 40,
    msg: expect.stringMatching(/api\.tokenFile: ENOENT.*openssl rand/),
  });
  writeFileSync(path.join(folder, 'short'), 'short');
  expect(await start({ port: 0, tokenFile: path.join(folder, 'short') })).toMatchObject({
    msg: expect.stringMatching(/must be one word of at least 16/),
  });
});

test('hundreds of connections that say nothing lock nobody out', async () => {
  const { get, url } = await startAgent({ port: 0 });
  const idle = Array.from({ length: 300 }, () => connect(Number(new URL(url).port), '127.0.0.1'));
  onTestFinished(() => {
    for (const socket of idle) socket.destroy();
  });
  for (const socket of idle) socket.on('error', () => undefined);
  await until(() => idle.filter((socket) => socket.destroyed).length >= 200, 'the oldest make room');
  expect((await get('/healthz')).status).toBe(200);
});
