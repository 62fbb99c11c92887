/** Error code × the way to provoke it: each says what is wrong in words, and what to do next in its headers. */

import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../shared/kit/clock.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { mayMount, mountSmallDisk } from '../../support/small-disk.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { archiveOf, upload } from '../registry/package.ts';
import { addDevice, type TestHub, testHub } from '../support.ts';
import { problemOf } from './problems.ts';
import { World } from './world.ts';

const quiet = { ...systemClock, every: () => () => undefined };
const digest = `sha256:${'0'.repeat(64)}`;
const json = (method: string, body: unknown) => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});

/** Status, words, the call. */
type Row = readonly [status: number, detail: string | RegExp, path: string, init?: Parameters<TestHub['api']>[1]];

const rows: readonly Row[] = [
  [400, 'cursor: must be `next` of the page before', '/events?cursor=x'],
  [400, 'cursor: must be `next` of the page before', '/audit?cursor=0'],
  [400, 'the query of the address is not valid', '/events?limit=0'],
  [400, 'the query of the address is not valid', '/events?devcie=cam'],
  [400, 'the query of the address is not valid', '/devices/cam?limit=1'],
  [400, 'the path of the address is not valid', '/devices/A'],
  [400, 'the body is not valid', '/devices', json('POST', {})],
  [404, 'there is no device "none"', '/devices/none'],
  [404, 'there is no device "none"', '/devices/none/sequences'],
  [404, 'there is no device "none"', '/devices/none/desired'],
  [404, 'there is no device "none"', '/devices/none/labels', json('PUT', {})],
  [404, 'there is no device "none"', '/devices/none/token', { method: 'POST' }],
  [404, 'no rollout has asked anything of this device: it runs its own configuration', '/devices/idle/desired'],
  [404, 'there is no event "99"', '/events/99'],
  [404, 'there is no event "x"', '/events/x'],
  [404, 'there is no snapshot "99"', '/snapshots/99'],
  [404, 'there is no snapshot "x"', '/snapshots/x'],
  [404, 'there is no token "99"', '/tokens/99', { method: 'DELETE' }],
  [404, 'there is no token "x"', '/tokens/x', { method: 'DELETE' }],
  [404, 'there is no model bright@9.0.0', '/models/bright/9.0.0'],
  [404, 'there is no model bright@9.0.0', '/models/bright/9.0.0', { method: 'DELETE' }],
  [404, 'there is no model bright@9.0.0', '/models/bright/9.0.0/labels', json('PUT', {})],
  [404, 'there is no model bright@9.0.0', '/models/bright/aliases/x', json('PUT', { version: '9.0.0' })],
  [404, 'there is no alias "none" of a model "bright"', '/models/bright/aliases/none', { method: 'DELETE' }],
  [404, `there is no package ${digest}`, `/delivery/packages/${digest}`],
  [404, 'there is no file "9.root.json" of signed metadata', '/delivery/metadata/9.root.json'],
  [404, 'there is no file "hub.db" of signed metadata', '/delivery/metadata/hub.db'],
  [404, `there is no set of streams ${digest}`, `/stream-sets/${digest}`],
  ...['', '/devices', '/waves', '/history'].map(
    (part): Row => [404, 'there is no rollout "none"', `/rollouts/none${part}`],
  ),
  ...['pause', 'resume', 'abort'].map(
    (verb): Row => [404, 'there is no rollout "none"', `/rollouts/none/${verb}`, { method: 'POST' }],
  ),
  [
    404,
    'there is no model bright@9.0.0',
    '/rollouts',
    json('POST', { target: { kind: 'model', model: 'x', package: 'bright@9.0.0' } }),
  ],
  [
    404,
    `there is no set of streams ${digest}`,
    '/rollouts',
    json('POST', { target: { kind: 'streams', revision: digest } }),
  ],
  [404, 'there is nothing at GET /api/v1/nothing', '/nothing'],
  [404, 'there is nothing at PATCH /api/v1/devices', '/devices', { method: 'PATCH' }],
  [409, 'there is a device "cam" already', '/devices', json('POST', { id: 'cam' })],
  [409, 'there is a token "admin" already', '/tokens', json('POST', { name: 'admin', role: 'viewer' })],
  [
    409,
    /^bright@1\.0\.0 cannot be deleted: the alias "stable" points to it$/,
    '/models/bright/1.0.0',
    { method: 'DELETE' },
  ],
  [409, 'the rollout r1 is running, not paused', '/rollouts/r1/resume', { method: 'POST' }],
  [
    409,
    /^bright@2\.0\.0 is not signed, devices would refuse it: `vedette-hub keys sign bright@2\.0\.0`$/,
    '/rollouts',
    json('POST', { target: { kind: 'model', model: 'x', package: 'bright@2.0.0' } }),
  ],
  [415, /Unsupported Media Type/, '/devices', { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } }],
  [415, /Unsupported Media Type/, '/models', json('POST', {})],
  [415, /Unsupported Media Type/, '/models', { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } }],
  [
    415,
    'send an archive as application/gzip, or an ONNX file as application/octet-stream',
    '/models',
    { method: 'POST' },
  ],
  ...['labels', 'metrics', 'aliases'].map(
    (part): Row => [
      415,
      /Unsupported Media Type/,
      part === 'aliases' ? '/models/bright/aliases/x' : `/models/bright/1.0.0/${part}`,
      { method: 'PUT', body: 'x', headers: { 'content-type': 'application/gzip' } },
    ],
  ),
  [422, /gzip|archive/, '/models', { method: 'POST', body: 'x', headers: { 'content-type': 'application/gzip' } }],
  [422, /root\.json/, '/trust/root', json('PUT', { signed: {}, signatures: [] })],
  [422, 'a stream is not valid', '/stream-sets', json('POST', { name: 'x', streams: { door: {} } })],
  [426, /connect with ws:/, '/live'],
];

test('what is asked for wrongly is told so, with the thing named', async () => {
  const hub = await testHub({ clock: quiet });
  await World.of(hub, systemClock.wall());
  await addDevice(hub, 'idle');
  await upload(hub, (await archiveOf('2.0.0')).bytes);
  const wrong: string[] = [];
  for (const [status, detail, target, init] of rows) {
    const response = await hub.api(target, init);
    const problem = await problemOf(response);
    const isMatch = typeof detail === 'string' ? problem.detail === detail : detail.test(problem.detail ?? '');
    const what = `${init?.method ?? 'GET'} ${target}`;
    if (response.status !== status || !isMatch) wrong.push(`${what}: ${response.status} ${problem.detail}`);
    expect(response.headers.get('cache-control'), what).toBe('no-store');
    expect(response.headers.get('upgrade'), what).toBe(status === 426 ? 'websocket' : null);
  }
  expect(wrong).toEqual([]);
  const streams = await problemOf(await hub.post('/stream-sets', { name: 'x', streams: { door: { source: 1 } } }));
  expect(streams.errors?.map((error) => Object.keys(error).toSorted())).toContainEqual(['message', 'path']);
});

describe('come back later', () => {
  test('a third upload', async () => {
    const folder = tempFolder();
    const hub = await testHub({ folder });
    const slow = Array.from({ length: 2 }, () => {
      const sent = request(`${hub.url}/api/v1/models`, {
        method: 'POST',
        headers: { authorization: `Bearer ${hub.token}`, 'content-type': 'application/gzip', 'content-length': 1e6 },
      });
      sent.on('error', () => undefined);
      sent.write('x');
      onTestFinished(() => {
        sent.destroy();
      });
      return sent;
    });
    const { bytes } = await archiveOf();
    const response = await until(async () => {
      const found = await upload(hub, bytes);
      return found.status === 429 ? found : undefined;
    }, 'two uploads under way');
    expect(response.headers.get('retry-after')).toBe('5');
    expect((await problemOf(response)).detail).toBe('2 uploads are under way: try again');
    for (const sent of slow) sent.destroy();
    await until(async () => (await upload(hub, bytes)).ok, 'a free place');
  });

  test('a third download of the same device, with no length of what does not come', async () => {
    // A byte in eight seconds, all together.
    const hub = await testHub({ config: { downloadMbps: 1e-6 } });
    const archive = await archiveOf();
    await upload(hub, archive.bytes);
    const abort = new AbortController();
    onTestFinished(() => abort.abort());
    const tokens = { a: await addDevice(hub, 'a'), b: await addDevice(hub, 'b') };
    const get = (id: 'a' | 'b') =>
      fetch(`${hub.url}/api/v1/delivery/packages/${archive.digest}`, {
        headers: { authorization: `Basic ${btoa(`${id}:${tokens[id]}`)}`, range: 'bytes=0-99' },
        signal: abort.signal,
      });
    // The head comes with the first byte: these stay open.
    for (let n = 0; n < 2; n++) get('a').catch(() => undefined);
    const response = await until(async () => {
      const found = await Promise.race([get('a'), new Promise<void>((done) => setTimeout(done, 300))]);
      return found instanceof Response && found.status === 429 ? found : undefined;
    }, 'two downloads under way');
    expect(response.headers.get('retry-after')).toBe('30');
    expect(response.headers.get('content-range')).toBeNull();
    expect(Number(response.headers.get('content-length'))).not.toBe(100);
    expect((await problemOf(response)).detail).toBe('too many downloads at once');
  });

  test('a wrong sign-in after ten others, until a quarter of an hour is over; a right one begins anew', async () => {
    let mono = 0;
    const hub = await testHub({ clock: { ...systemClock, mono: () => mono } });
    const wrong = () => hub.post('/sign-in', { code: 'guess' });
    const guess = async (n: number) => {
      for (let i = 0; i < n; i++) expect((await wrong()).status).toBe(401);
    };
    await guess(9);
    expect((await hub.post('/sign-in', { token: hub.token })).status).toBe(200);
    await guess(10);
    const response = await wrong();
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('900');
    expect((await problemOf(response)).detail).toBe(
      'the token or code is not valid, as many before it: try again in 900 s',
    );
    mono += 899_500;
    expect((await wrong()).headers.get('retry-after')).toBe('1');
    mono += 500;
    await guess(10);
    expect((await hub.post('/sign-in', { token: hub.token })).status).toBe(200);
    await guess(1);
  });
});

describe('problem of the hub itself', () => {
  test('a failure inside is 500, and tells nothing of the inside', async () => {
    const folder = tempFolder();
    const hub = await testHub({ folder });
    const database = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'NORMAL' });
    database.exec('DROP TABLE events');
    database.close();
    const response = await hub.api('/events');
    expect(response.status).toBe(500);
    expect(await problemOf(response)).toEqual({
      type: 'about:blank',
      title: 'Internal Server Error',
      status: 500,
      detail: 'the hub failed to answer; its log says why',
    });
  });

  test('readyz says which part does not answer, and healthz that the process lives', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    taken.close();
    const hub = await testHub({ config: { mqttUrl: `mqtt://127.0.0.1:${port}` } });
    const ready = await fetch(`${hub.url}/readyz`);
    expect(ready.status).toBe(503);
    expect((await problemOf(ready)).detail).toBe('not ready: broker: there is no connection to the MQTT broker');
    expect((await fetch(`${hub.url}/healthz`)).status).toBe(200);
  });

  test.skipIf(!mayMount())('an upload that would fill the disk is 507', async () => {
    const disk = mountSmallDisk(200 * 1024 ** 2);
    onTestFinished(() => disk.unmount());
    const hub = await testHub({ folder: disk.folder });
    const response = await upload(hub, (await archiveOf()).bytes);
    expect(response.status).toBe(507);
    expect((await problemOf(response)).detail).toMatch(/^the disk of the hub has only \d+ MB left$/);
  });
});
