import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../support/temp.ts';
import { addDevice, type TestHub, testHub } from '../support.ts';
import { problemOf } from './problems.ts';

async function tokenOf(hub: TestHub, role: string): Promise<string> {
  const answer = await hub.post('/tokens', { name: `t-${role}`, role });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { token: string }).token;
}

async function cookieOf(hub: TestHub, credential: object): Promise<string> {
  const answer = await hub.api('/sign-in', {
    method: 'POST',
    token: null,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(credential),
  });
  expect(answer.status).toBe(200);
  const header = answer.headers.get('set-cookie') ?? '';
  expect(header).toMatch(/^vedette_session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
  return header.split(';')[0] ?? '';
}

describe('problems', () => {
  test('401 without credentials, or with wrong ones', async () => {
    const hub = await testHub();
    for (const token of [null, 'wrong', '']) {
      const response = await hub.api('/devices', { token });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
      await problemOf(response);
    }
  });

  test('403 for a role that does not suffice', async () => {
    const hub = await testHub();
    for (const role of ['viewer', 'operator']) {
      const token = await tokenOf(hub, role);
      expect((await hub.api('/devices', { token })).status).toBe(200);
      for (const [method, target] of [
        ['POST', '/devices'],
        ['POST', '/sign-in-codes'],
        ['GET', '/tokens'],
      ] as const) {
        const response = await hub.api(target, { method, token });
        expect(response.status).toBe(403);
        expect((await problemOf(response)).detail).toMatch(/needs the role admin/);
      }
    }
  });

  test('404 for what is not there', async () => {
    const hub = await testHub();
    for (const target of [
      '/devices/none',
      '/devices/none/sequences',
      '/events/7',
      '/events/x',
      '/snapshots/1',
      '/nothing',
      '/events/-1',
    ]) {
      const response = await hub.api(target);
      expect(response.status).toBe(404);
      await problemOf(response);
    }
  });

  test('400 names the field', async () => {
    const hub = await testHub();
    const bad = await hub.post('/devices', { id: 'Not A Name' });
    expect(bad.status).toBe(400);
    expect((await problemOf(bad)).errors).toEqual([{ path: 'body.id', message: expect.stringContaining('1 to 64') }]);
    for (const query of ['limit=0', 'limit=501', 'since=yesterday', 'cursor=x', 'device=A']) {
      const response = await hub.api(`/events?${query}`);
      expect(response.status).toBe(400);
      const problem = await problemOf(response);
      expect(JSON.stringify(problem)).toContain(query.split('=')[0]);
    }
  });

  test('400, 413 and 415 for bodies that cannot be taken', async () => {
    const hub = await testHub();
    const post = (type: string, body: string) =>
      hub.api('/devices', { method: 'POST', headers: { 'content-type': type }, body });
    for (const [status, type, body] of [
      [400, 'application/json', '{"id":'],
      [400, 'application/json', '{"__proto__":{"id":"x"}}'],
      [413, 'application/json', JSON.stringify({ id: 'x'.repeat(100_000) })],
      [415, 'text/plain', 'x'],
      [415, 'application/xml', '<x/>'],
    ] as const) {
      const response = await post(type, body);
      expect(response.status).toBe(status);
      await problemOf(response);
    }
  });

  test('a path that is no URL is a problem as well', async () => {
    const hub = await testHub();
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request({ port: hub.hub.httpPort, host: '127.0.0.1', path: '/api/v1/%zz' }, (response) => {
        expect(response.headers['content-type']).toMatch(/problem\+json/);
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(400);
  });

  test('409 for a device that is there', async () => {
    const hub = await testHub();
    await addDevice(hub, 'cam');
    const again = await hub.post('/devices', { id: 'cam' });
    expect(again.status).toBe(409);
    await problemOf(again);
  });
});

describe('signing in', () => {
  test('a session works as a token does, also after a restart, until it is signed out', async () => {
    const folder = tempFolder();
    const first = await testHub({ folder });
    const code = ((await (await first.post('/sign-in-codes')).json()) as { code: string }).code;
    const cookie = await cookieOf(first, { code });
    await first.hub.stop();
    const hub = await testHub({ folder });
    const me = () => hub.api('/me', { token: null, headers: { cookie } });
    expect(await (await me()).json()).toEqual({ role: 'admin', name: 'sign-in code of admin' });
    const out = await hub.api('/sign-out', { method: 'POST', token: null, headers: { cookie, origin: hub.url } });
    expect(out.status).toBe(204);
    expect((await me()).status).toBe(401);
  });

  test('a change with a session must come from a page of the hub', async () => {
    const hub = await testHub();
    const cookie = await cookieOf(hub, { token: hub.token });
    const add = (id: string, origin: Record<string, string>) =>
      hub.api('/devices', {
        method: 'POST',
        token: null,
        headers: { cookie, 'content-type': 'application/json', ...origin },
        body: JSON.stringify({ id }),
      });
    expect((await add('a', {})).status).toBe(403);
    expect((await add('b', { origin: 'https://evil.example' })).status).toBe(403);
    expect((await add('c', { origin: 'null' })).status).toBe(403);
    expect((await add('d', { origin: hub.url })).status).toBe(201);
    expect((await hub.json<{ items: unknown[] }>('/devices')).items).toHaveLength(1);
  });

  test('a foreign page cannot sign its reader in', async () => {
    const hub = await testHub();
    const response = await hub.post('/sign-in', { token: hub.token }, { origin: 'https://evil.example' });
    expect(response.status).toBe(403);
  });

  test('who guesses is told to wait, and nobody else: each valid credential passes from the same address', async () => {
    const hub = await testHub();
    const codes = await Promise.all(
      [1, 2, 3].map(async () => ((await (await hub.post('/sign-in-codes')).json()) as { code: string }).code),
    );
    const [used = '', fresh = '', freshToo = ''] = codes;
    const cookie = await cookieOf(hub, { code: used });
    const statusOf = async (credential: object) => (await hub.post('/sign-in', credential)).status;
    const guess = async (n: number) => statusOf(n % 2 === 0 ? { token: `guess${n}` } : { code: `guess${n}` });
    for (let n = 0; n < 10; n++) expect(await guess(n)).toBe(401);
    for (let n = 10; n < 30; n++) expect(await guess(n)).toBe(429);
    // A code that is used up is a wrong one.
    const response = await hub.post('/sign-in', { code: used });
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    await problemOf(response);

    expect((await hub.api('/me')).status).toBe(200);
    expect((await hub.api('/me', { token: null, headers: { cookie } })).status).toBe(200);
    expect(await statusOf({ code: fresh })).toBe(200);
    // Whoever has signed in from there may mistype again.
    for (let n = 0; n < 10; n++) expect(await guess(n)).toBe(401);
    expect(await guess(11)).toBe(429);
    expect(await statusOf({ token: hub.token })).toBe(200);
    for (let n = 0; n < 11; n++) await guess(n);
    expect(await statusOf({ code: freshToo })).toBe(200);
  });
});

test('the audit has the address that a trusted proxy says, cut to the length of one', async () => {
  const hub = await testHub({ config: { trustProxy: '127.0.0.1' as unknown as string[] } });
  const add = (id: string, forwarded: string) => hub.post('/devices', { id }, { 'x-forwarded-for': forwarded });
  for (const [id, forwarded] of [
    ['a', '198.51.100.7'],
    ['b', 'x'.repeat(5000)],
  ] as const)
    expect((await add(id, forwarded)).status).toBe(201);
  const { items } = await hub.json<{ items: { address: string }[] }>('/audit?limit=2');
  expect(items.map(({ address }) => address)).toEqual(['x'.repeat(64), '198.51.100.7']);
});
