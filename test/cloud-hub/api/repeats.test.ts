/** Changes that are sent again with their `Idempotency-Key`: each route that the API has, a hub that ended, and misuse. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../../shared/kit/clock.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { type TestHub, testHub } from '../support.ts';
import { problemOf } from './problems.ts';
import { type Call, routes } from './route-table.ts';
import { World } from './world.ts';

const isChange = (route: string) => !/^(GET|HEAD) /.test(route);

const send = (hub: TestHub, method: string, call: Call, key: string, isPublic = false) =>
  fetch(hub.url + call.path, {
    method,
    headers: {
      ...(isPublic ? {} : { authorization: `Bearer ${hub.token}` }),
      'idempotency-key': `"${key}"`,
      ...call.headers,
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(call.bytes
      ? { body: Buffer.from(call.bytes) }
      : call.body === undefined
        ? {}
        : { body: JSON.stringify(call.body) }),
  });

test('each change of the API is done once, and each repeat gets the first answer', async () => {
  // Nothing happens by itself meanwhile.
  const clock = { ...systemClock, every: () => () => undefined };
  const hub = await testHub({ clock });
  const world = await World.of(hub, clock.wall());
  const wrong: string[] = [];
  let repeated = 0;
  for (const [route, entry] of Object.entries(routes).filter(([one]) => isChange(one))) {
    const method = route.split(' ')[0] ?? '';
    const call = await entry.call(world);
    const key = `key-of-${world.fresh('change')}-in-this-test`;
    const first = await send(hub, method, call, key, entry.access === 'public');
    const text = await first.text();
    const head = await hub.json('/audit/head');
    const again = await send(hub, method, call, key, entry.access === 'public');
    const isSame =
      again.status === first.status &&
      (await again.text()) === text &&
      ['content-type', 'set-cookie', 'etag'].every((name) => again.headers.get(name) === first.headers.get(name));
    if (first.status !== entry.status) wrong.push(`${route}: ${first.status} ${text}`);
    if (first.headers.has('idempotency-replayed')) wrong.push(`${route}: the first answer says that it is a repeat`);
    if (!isSame || again.headers.get('idempotency-replayed') !== 'true') wrong.push(`${route}: ${again.status}`);
    if (JSON.stringify(await hub.json('/audit/head')) !== JSON.stringify(head)) wrong.push(`${route} was done twice`);
    for (const condition of ['if-none-match', 'if-match']) {
      const other = await send(hub, method, { ...call, headers: { ...call.headers, [condition]: '"x"' } }, key);
      if (entry.access !== 'public' && other.status !== 422) wrong.push(`${route}, ${condition}: ${other.status}`);
    }
    repeated++;
  }
  expect(wrong).toEqual([]);
  expect(repeated).toBeGreaterThan(30);
}, 120_000);

test('OpenAPI names the key at each change, and at nothing else', async () => {
  const hub = await testHub();
  const operation = z.looseObject({
    parameters: z.looseObject({ in: z.string(), name: z.string() }).array().default([]),
  });
  const { paths } = z
    .object({ paths: z.record(z.string(), z.record(z.string(), operation)) })
    .parse(await hub.json('/openapi.json'));
  for (const [target, methods] of Object.entries(paths))
    for (const [method, { parameters }] of Object.entries(methods)) {
      const names = parameters.filter((one) => one.in === 'header').map(({ name }) => name);
      const route = `${method.toUpperCase()} ${target}`;
      expect(names.includes('Idempotency-Key'), route).toBe(isChange(route) && target.startsWith('/api/v1/'));
    }
});

const KEY = '4f9b1c5e-0a51-4f0e-9a86-6f1f0c1d2e3f';
const add = (hub: TestHub, id: string, key = KEY, token = hub.token) =>
  hub.api('/devices', {
    method: 'POST',
    token,
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify({ id }),
  });

test('another body with a key that was used is refused; another caller may use it, and an ended key is free', async () => {
  const clock = new ManualClock();
  const hub = await testHub({ clock });
  const first = await add(hub, 'cam');
  const made = await first.text();
  expect(first.status).toBe(201);
  const other = await add(hub, 'cam2');
  expect([other.status, (await problemOf(other)).detail]).toEqual([422, expect.stringContaining('another request')]);
  expect((await hub.api('/devices/cam2')).status).toBe(404);
  const { token } = (await (await hub.post('/tokens', { name: 'ann', role: 'admin' })).json()) as { token: string };
  expect((await add(hub, 'cam', KEY, token)).status).toBe(409);
  expect((await add(hub, 'cam2', `"${KEY}x"`, token)).status).toBe(201);
  // With and without quotes it is the same key.
  expect(await (await add(hub, 'cam', `"${KEY}"`)).text()).toBe(made);
  clock.setWall(clock.wall() + 24 * 3600_000);
  expect((await add(hub, 'cam')).status).toBe(409);
});

test('a key that is none is refused, and nothing is done', async () => {
  const hub = await testHub();
  for (const key of [
    '',
    '""',
    'short',
    `"${'x'.repeat(129)}"`,
    `${KEY}, ${KEY}`,
    'white space in the key',
    `"${KEY}"x"`,
  ])
    expect(await problemOf(await add(hub, 'cam', key)), key).toMatchObject({
      status: 400,
      detail: expect.stringMatching(/^Idempotency-Key: must be/),
    });
  expect((await hub.api('/devices/cam')).status).toBe(404);
});

test('of many at once one is at work; a refusal for want of rights uses no key up', async () => {
  const hub = await testHub();
  const { token } = (await (await hub.post('/tokens', { name: 'ann', role: 'viewer' })).json()) as { token: string };
  expect((await add(hub, 'cam', KEY, token)).status).toBe(403);
  const answers = await Promise.all(Array.from({ length: 20 }, () => add(hub, 'cam')));
  const bodies = new Set<string>();
  for (const answer of answers) {
    if (answer.status === 201) bodies.add(await answer.text());
    else {
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(await problemOf(answer)).toMatchObject({ status: 409, detail: expect.stringContaining('at work') });
    }
  }
  expect(bodies.size).toBe(1);
});

test('a hub that was started again knows its answers; of work that ended with it, it says so', async () => {
  const folder = tempFolder();
  const before = await testHub({ folder });
  const first = await add(before, 'cam');
  const made = (await first.json()) as { token: string };
  await before.hub.stop();

  const file = path.join(folder, 'answers.db');
  // Nobody reads a token in it: the copy of a disk or a backup opens no door.
  for (const end of ['', '-wal']) expect(readIfThere(file + end).includes(made.token), `answers.db${end}`).toBe(false);
  const after = await testHub({ folder });
  const again = await add(after, 'cam');
  expect([again.status, again.headers.get('idempotency-replayed'), await again.json()]).toEqual([201, 'true', made]);
  await after.hub.stop();

  const database = openSqlite(file, { synchronous: 'NORMAL' });
  database.exec('UPDATE answers SET answer = NULL');
  database.close();
  const last = await testHub({ folder });
  expect(await problemOf(await add(last, 'cam'))).toMatchObject({
    status: 409,
    detail: expect.stringContaining('look whether it was done'),
  });
});

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
