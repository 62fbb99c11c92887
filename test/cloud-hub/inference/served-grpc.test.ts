/** A serving engine answers over gRPC: an independent server of the protocol, with a real ONNX model. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { HubConfig } from '../../../cloud-hub/config.ts';
import type { Hybrid } from '../../../cloud-hub/contract/opinion.ts';
import { openGrpc } from '../../../cloud-hub/inference/served-grpc.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import {
  type GrpcInferenceServer,
  type GrpcServerOptions,
  grpcInferenceServer,
} from '../../support/grpc-inference-server.ts';
import { brightModel } from '../../support/onnx.ts';
import { openssl } from '../../support/openssl.ts';
import { tempFolder } from '../../support/temp.ts';
import { archiveOf, upload } from '../registry/package.ts';
import { testDevice, testHub } from '../support.ts';
import { ask, header, picture } from './asking.ts';

const SIDE = 64;
const engine = (more: Partial<GrpcServerOptions> = {}): Promise<GrpcInferenceServer> =>
  grpcInferenceServer({
    ...{ name: 'bright', onnx: brightModel({ boxCells: 1 }), raw: true },
    input: { name: 'images', shape: [-1, 3, SIDE, SIDE] },
    output: { name: 'output', shape: [-1, (SIDE / 8) ** 2, 6] },
    ...more,
  });

async function hubWith(server: Pick<GrpcInferenceServer, 'url'>, config: Partial<HubConfig> = {}) {
  const hub = await testHub({ config: { secondOpinion: 'bright@1.0.0', secondOpinionUrl: server.url, ...config } });
  // Of the package itself a process would die where it is bright: who answers is the engine.
  expect((await upload(hub, (await archiveOf('1.0.0', {}, { deadly: true })).bytes)).status).toBe(201);
  return { hub, device: await testDevice(hub, 'cam'), state: () => hub.json<Hybrid>('/hybrid') };
}

/** A certificate for localhost that is its own authority, made by OpenSSL. */
async function authority() {
  const folder = tempFolder();
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const made = await openssl([
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=engine', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert],
  ]);
  expect(made).toMatchObject({ ok: true });
  const text = readFileSync(cert, 'utf8');
  return { key: readFileSync(key, 'utf8'), cert: text, ca: text };
}

test.each([
  ['raw', true],
  ['typed', false],
])('confirmed and withdrawn by the engine, with %s contents, and its token', { timeout: 60_000 }, async (_, raw) => {
  const server = await engine({ raw });
  const secondOpinionTokenFile = path.join(tempFolder(), 'token');
  writeFileSync(secondOpinionTokenFile, 'secret\n');
  const { device, state } = await hubWith(server, { secondOpinionTokenFile });
  const host = new URL(server.url).host;
  expect(await ask(device, header(), await picture(true))).toMatchObject({
    ...{ outcome: 'confirmed', label: 'person', model: `bright@1.0.0 (${host})` },
    objects: [{ label: 'person', box: [0.375, 0.375, 0.125, 0.125] }],
  });
  expect(await ask(device, header(), await picture(false))).toMatchObject({ outcome: 'withdrawn', objects: [] });
  expect(server.seen).toEqual(['metadata', 'infer', 'infer']);
  expect(server.tokens).toEqual(['Bearer secret', 'Bearer secret', 'Bearer secret']);
  expect(await state()).toMatchObject({ state: 'ready', model: `bright@1.0.0 at ${server.url}` });
});

test('over TLS by an authority of one’s own, and never to an engine that it did not sign', {
  timeout: 90_000,
}, async () => {
  const own = await authority();
  const server = await engine({ tls: own });
  const secondOpinionCaFile = path.join(tempFolder(), 'ca.pem');
  writeFileSync(secondOpinionCaFile, own.ca);
  const trusted = await hubWith(server, { secondOpinionCaFile });
  expect(await ask(trusted.device, header(), await picture(true))).toMatchObject({ outcome: 'confirmed' });
  const inferences = server.seen.length;
  const other = await hubWith(server);
  expect(await ask(other.device, header(), await picture(true))).toMatchObject({
    ...{ outcome: 'refused', waitS: 60, reason: expect.stringContaining('does not answer: UNAVAILABLE') },
  });
  expect(server.seen.length).toBe(inferences);
});

test('each status says for how long it is no use to ask again; then it answers as before', {
  timeout: 120_000,
}, async () => {
  const server = await engine();
  const { device, state } = await hubWith(server);
  const jpeg = await picture(true);
  const cases: [number, number, string, Hybrid['state']][] = [
    [8, 30, 'has no room (RESOURCE_EXHAUSTED: told)', 'ready'],
    [14, 60, 'does not answer: UNAVAILABLE: told', 'failed'],
    [4, 60, 'does not answer: it took longer than', 'failed'],
    [13, 60, 'refuses (INTERNAL: told)', 'failed'],
    [16, 600, 'refuses (UNAUTHENTICATED: told); look at --second-opinion-token-file', 'failed'],
    [7, 600, 'refuses (PERMISSION_DENIED: told); look at --second-opinion-token-file', 'failed'],
    [3, 600, 'refuses (INVALID_ARGUMENT: told)', 'failed'],
    [12, 600, 'refuses (UNIMPLEMENTED: told)', 'failed'],
  ];
  for (const [code, waitS, reason, now] of cases) {
    server.instead = { code, details: 'told' };
    const said = await ask(device, header(), jpeg);
    expect(said).toMatchObject({ outcome: 'refused', waitS, reason: expect.stringContaining(reason) });
    expect(await state()).toMatchObject({ state: now });
    server.instead = undefined;
    expect(await ask(device, header(), jpeg)).toMatchObject({ outcome: 'confirmed' });
  }
});

test('an engine whose model is not that of the package is refused, with what each says', {
  timeout: 120_000,
}, async () => {
  const cases: [Partial<GrpcServerOptions>, string][] = [
    [{ name: 'other' }, 'refuses (NOT_FOUND: unknown model bright)'],
    [{ input: { name: 'data', shape: [1, 3, SIDE, SIDE] } }, 'has no input "images" of the package; it has "data"'],
    [{ input: { name: 'images', shape: [1, 3, 32, 32] } }, 'has the shape [1, 3, 32, 32], that of the package'],
    [{ output: { name: 'boxes', shape: [1, 64, 6] } }, 'has no output "output" of the package; it has "boxes"'],
  ];
  for (const [more, reason] of cases) {
    const server = await engine(more);
    const { device } = await hubWith({ url: server.url.replace(/other$/, 'bright') });
    const said = await ask(device, header(), await picture(true));
    expect(said).toMatchObject({ outcome: 'refused', waitS: 600, reason: expect.stringContaining(reason) });
    expect(server.seen.filter((one) => one.startsWith('infer'))).toEqual([]);
  }
});

const graph = {
  inputs: [{ name: 'images', type: 'float32', shape: [1, 3, SIDE, SIDE] }],
  outputs: [{ name: 'output', type: 'float32', shape: [1, 64, 6] }],
};
const limits = { inferMs: 1000, metadataMs: 1000, maxBytes: 20_000 };

test('what an engine must not answer is refused with what is wrong, in bounded time and memory', {
  timeout: 60_000,
}, async () => {
  const server = await engine();
  const session = await openGrpc(
    { url: server.url },
    { graph, outputs: ['output'], constants: [], limits },
    systemClock,
  );
  const run = () => session.run(new Float32Array(3 * SIDE * SIDE), [1, 3, SIDE, SIDE]);
  const about = { name: 'output', datatype: 'FP32', shape: [1, 2] };
  const answers: [object, string][] = [
    [{ outputs: [] }, 'output "output" is missing'],
    [{ outputs: [about], raw_output_contents: [] }, 'has not the 2 numbers of its shape [1, 2]'],
    [{ outputs: [about], raw_output_contents: [Buffer.alloc(7)] }, 'has not the 2 numbers of its shape [1, 2]'],
    [{ outputs: [about], raw_output_contents: [Buffer.alloc(8), Buffer.alloc(8)] }, '2 raw contents for 1 outputs'],
    [{ outputs: [{ ...about, datatype: 'BYTES' }] }, 'output "output" is BYTES, which is not supported'],
    [{ outputs: [{ ...about, shape: [-7] }] }, 'outputs.0.shape.0'],
    [{ outputs: [about], raw_output_contents: [Buffer.alloc(30_000)] }, 'larger than max'],
  ];
  for (const [answer, reason] of answers) {
    server.instead = { answer };
    await expect(run()).rejects.toThrow(reason);
  }
  server.instead = 'nothing';
  await expect(run()).rejects.toThrow('it took longer than 1 s');
  // Typed contents of other types become floats.
  const typed = { ...about, datatype: 'INT64', contents: { int64_contents: [-7, 9] } };
  server.instead = { answer: { outputs: [typed] } };
  await expect(run()).resolves.toEqual([{ name: 'output', data: new Float32Array([-7, 9]), shape: [1, 2] }]);
  server.instead = undefined;
  expect((await run())[0]?.shape).toEqual([1, 64, 6]);
  await session.close();
});
