/** A serving engine answers instead of the hub's own process: an independent server of the protocol, with a real ONNX model. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { HubConfig } from '../../../cloud-hub/config.ts';
import type { Hybrid } from '../../../cloud-hub/contract/opinion.ts';
import { type InferenceServer, type InferenceServerOptions, inferenceServer } from '../../support/inference-server.ts';
import { brightModel } from '../../support/onnx.ts';
import { tempFolder } from '../../support/temp.ts';
import { archiveOf, upload } from '../registry/package.ts';
import { testDevice, testHub } from '../support.ts';
import { ask, header, picture } from './asking.ts';

const SIDE = 64;
const engine = (more: Partial<InferenceServerOptions> = {}): Promise<InferenceServer> =>
  inferenceServer({
    ...{ name: 'bright', onnx: brightModel({ boxCells: 1 }), binary: true },
    input: { name: 'images', shape: [1, 3, SIDE, SIDE] },
    output: { name: 'output', shape: [1, (SIDE / 8) ** 2, 6] },
    ...more,
  });

async function hubWith(server: InferenceServer, config: Partial<HubConfig> = {}) {
  const hub = await testHub({ config: { secondOpinion: 'bright@1.0.0', secondOpinionUrl: server.url, ...config } });
  // Of the package itself a process would die where it is bright: who answers is the engine.
  expect((await upload(hub, (await archiveOf('1.0.0', {}, { deadly: true })).bytes)).status).toBe(201);
  return { hub, device: await testDevice(hub, 'cam'), state: () => hub.json<Hybrid>('/hybrid') };
}

test.each([
  ['binary', true],
  ['json', false],
])('confirmed and withdrawn by the engine, with tensors as %s', { timeout: 60_000 }, async (kind, binary) => {
  const server = await engine({ binary });
  const { device, state } = await hubWith(server);
  const host = new URL(server.url).host;
  expect(await ask(device, header(), await picture(true))).toMatchObject({
    ...{ outcome: 'confirmed', label: 'person', model: `bright@1.0.0 (${host})` },
    objects: [{ label: 'person', box: [0.375, 0.375, 0.125, 0.125] }],
  });
  expect(await ask(device, header(), await picture(false))).toMatchObject({ outcome: 'withdrawn', objects: [] });
  expect(server.seen).toEqual(['metadata', `infer ${kind}`, `infer ${kind}`]);
  expect(server.tokens.every((token) => token === undefined)).toBe(true);
  expect(await state()).toMatchObject({ state: 'ready', model: `bright@1.0.0 at ${server.url}` });
});

test('the token of the file goes with each request, also after it was renewed', { timeout: 60_000 }, async () => {
  const server = await engine();
  const secondOpinionTokenFile = path.join(tempFolder(), 'token');
  writeFileSync(secondOpinionTokenFile, 'first\n');
  const { device } = await hubWith(server, { secondOpinionTokenFile });
  expect(await ask(device, header(), await picture(true))).toMatchObject({ outcome: 'confirmed' });
  expect(new Set(server.tokens)).toEqual(new Set(['Bearer first']));
  writeFileSync(secondOpinionTokenFile, 'second\n');
  expect(await ask(device, header(), await picture(true))).toMatchObject({ outcome: 'confirmed' });
  expect(server.tokens.at(-1)).toBe('Bearer second');
});

test('an engine that has no room, is away, errs or refuses: each device is told to wait, and asks again', {
  timeout: 120_000,
}, async () => {
  const server = await engine();
  const { device, state } = await hubWith(server);
  const jpeg = await picture(true);
  const says = (status: number, error: string, headers = {}) => {
    server.instead = ({ method }, response) => {
      if (method !== 'POST') return false;
      response.writeHead(status, headers).end(JSON.stringify({ error }));
      return true;
    };
  };
  const cases: [number, string, Record<string, string>, number, string, Hybrid['state']][] = [
    [503, 'queue is full', { 'retry-after': '7' }, 7, 'has no room (503): queue is full', 'ready'],
    // Between a second and ten minutes, in whole seconds; anything else is no answer to how long.
    ...[
      ['1', 1],
      ['2.1', 3],
      ['600', 600],
      ['601', 30],
      ['31536000', 30],
      ['0', 30],
      ['-5', 30],
      ['soon', 30],
    ].map(([asked, waitS]): (typeof cases)[number] => [
      ...([503, `busy ${asked}`, { 'retry-after': String(asked) }, Number(waitS)] as const),
      ...([`has no room (503): busy ${asked}`, 'ready'] as const),
    ]),
    [429, 'slow down', {}, 30, 'has no room (429): slow down', 'ready'],
    [500, 'out of memory', {}, 60, 'refuses (500): out of memory', 'failed'],
    [401, 'no token', {}, 600, 'refuses (401): no token; look at --second-opinion-token-file', 'failed'],
    [400, 'wrong shape', {}, 600, 'refuses (400): wrong shape', 'failed'],
  ];
  for (const [status, error, headers, waitS, reason, now] of cases) {
    says(status, error, headers);
    const said = await ask(device, header(), jpeg);
    expect(said).toMatchObject({ outcome: 'refused', waitS, reason: expect.stringContaining(reason) });
    expect(await state()).toMatchObject({ state: now });
    server.instead = undefined;
    expect(await ask(device, header(), jpeg)).toMatchObject({ outcome: 'confirmed' });
  }
  const { port } = new URL(server.url);
  await server.stop();
  expect(await ask(device, header(), jpeg)).toMatchObject({
    ...{ outcome: 'refused', waitS: 60, reason: expect.stringContaining('does not answer') },
  });
  expect(await state()).toMatchObject({ state: 'failed', refused: { busy: 10, engine: 4 } });
  await engine({ port: Number(port) });
  expect(await ask(device, header(), jpeg)).toMatchObject({ outcome: 'confirmed' });
  expect(await state()).toMatchObject({ state: 'ready' });
});

test('an engine whose model is not that of the package is refused, with what each says', {
  timeout: 120_000,
}, async () => {
  const cases: [Partial<InferenceServerOptions>, string][] = [
    [{ name: 'other' }, 'refuses (404)'],
    [{ input: { name: 'data', shape: [1, 3, SIDE, SIDE] } }, 'has no input "images" of the package; it has "data"'],
    [
      { input: { name: 'images', shape: [1, 3, 32, 32] } },
      'input "images" has the shape [1, 3, 32, 32], that of the package [1, 3, 64, 64]',
    ],
    [{ output: { name: 'boxes', shape: [1, 64, 6] } }, 'has no output "output" of the package; it has "boxes"'],
  ];
  for (const [more, reason] of cases) {
    const server = await engine(more);
    const url = server.url.replace(/other$/, 'bright');
    const { device } = await hubWith({ ...server, url });
    const said = await ask(device, header(), await picture(true));
    expect(said).toMatchObject({ outcome: 'refused', waitS: 600, reason: expect.stringContaining(reason) });
    expect(server.seen.filter((one) => one.startsWith('infer'))).toEqual([]);
  }
});

test('a token that cannot be read is told by its setting', { timeout: 60_000 }, async () => {
  const server = await engine();
  const { device } = await hubWith(server, { secondOpinionTokenFile: '/nowhere/token' });
  expect(await ask(device, header(), await picture(true))).toMatchObject({
    ...{ outcome: 'refused', reason: expect.stringContaining('--second-opinion-token-file: ENOENT') },
  });
  expect(server.tokens).toEqual([]);
});
