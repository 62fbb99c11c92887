/** Role × route: who is let in, who is not, and that a refusal changes nothing. */
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { session } from '../../../cloud-hub/contract/identity.ts';
import { page } from '../../../cloud-hub/contract/page.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';
import { addDevice, connect, type TestHub, testHub } from '../support.ts';
import { problemOf } from './problems.ts';
import { type Access, type Call, routes } from './route-table.ts';
import { watchWrites } from './watch-writes.ts';
import { World } from './world.ts';

const rank = { viewer: 1, operator: 2, admin: 3 } as const;
type Role = keyof typeof rank;

/** Somebody who calls: his credentials, and what they are worth. */
interface Caller {
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly role?: Role;
  /** The token that he has, or that his session came from. */
  readonly token?: string;
  /** The name in the audit. */
  readonly actor?: string;
  readonly isDevice?: true;
  /** Signs in by cookie; where the page comes from. */
  readonly origin?: 'own' | 'foreign' | 'none';
}

async function signIn(hub: TestHub, token: string): Promise<string> {
  const answer = await hub.api('/sign-in', {
    method: 'POST',
    token: null,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
}

async function callers(hub: TestHub, device: { id: string; token: string }): Promise<Caller[]> {
  const tokenOf = async (name: string, role: Role) => {
    const made = (await (await hub.post('/tokens', { name, role })).json()) as { id: string; token: string };
    return made;
  };
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const basic = (user: string, password: string) => ({ authorization: `Basic ${btoa(`${user}:${password}`)}` });
  const found: Caller[] = [
    { name: 'nobody', headers: {} },
    { name: 'a wrong token', headers: bearer('x'.repeat(43)) },
    { name: 'an empty token', headers: { authorization: 'Bearer' } },
    { name: "an admin's token as a password", headers: basic('admin', hub.token) },
    { name: "an admin's token as a cookie", headers: { cookie: `vedette_session=${hub.token}`, origin: hub.url } },
    { name: "a device's token as a bearer token", headers: bearer(device.token) },
    { name: 'a device with a wrong token', headers: basic(device.id, 'x') },
    { name: "a device with another's name", headers: basic('other', device.token) },
    { name: 'a device', headers: basic(device.id, device.token), isDevice: true },
  ];
  const gone = await tokenOf('gone', 'admin');
  const goneCookie = await signIn(hub, gone.token);
  expect((await hub.api(`/tokens/${gone.id}`, { method: 'DELETE' })).status).toBe(204);
  found.push({ name: 'a token that was taken away', headers: bearer(gone.token) });
  found.push({ name: 'a session of a token that was taken away', headers: { cookie: goneCookie, origin: hub.url } });
  for (const role of ['viewer', 'operator', 'admin'] as const) {
    const { token } = await tokenOf(`the-${role}`, role);
    const actor = `the-${role}`;
    const cookie = await signIn(hub, token);
    found.push({ name: role, headers: bearer(token), role, actor, token });
    found.push({ name: `session of ${role}`, headers: { cookie, origin: hub.url }, role, actor, token, origin: 'own' });
    const foreign = { cookie, origin: 'https://evil.example' };
    found.push({ name: `session of ${role}, foreign page`, headers: foreign, role, actor, origin: 'foreign' });
    found.push({ name: `session of ${role}, no origin`, headers: { cookie }, role, actor, origin: 'none' });
    found.push({ name: `session of ${role} as a bearer token`, headers: bearer(cookie.split('=')[1] ?? '') });
  }
  return found;
}

/** 0: let in; else the status of the refusal. */
function refusalOf(caller: Caller, access: Access, method: string): number {
  const isRead = method === 'GET' || method === 'HEAD';
  // A foreign page must not sign its reader in either.
  if (access === 'public') return isRead || !caller.headers.origin || caller.origin !== 'foreign' ? 0 : 403;
  if (caller.isDevice) return access === 'device' ? 0 : 401;
  if (!caller.role) return 401;
  if (!isRead && (caller.origin === 'foreign' || caller.origin === 'none')) return 403;
  return rank[caller.role] >= rank[access === 'device' ? 'viewer' : access] ? 0 : 403;
}

const send = (hub: TestHub, method: string, { path: target, body, bytes, headers }: Call, caller: Caller) =>
  fetch(hub.url + target, {
    method,
    headers: {
      ...caller.headers,
      ...headers,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(bytes ? { body: Buffer.from(bytes) } : body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const documented = async (hub: TestHub) =>
  z
    .object({
      paths: z.record(
        z.string(),
        z.record(z.string(), z.looseObject({ security: z.record(z.string(), z.unknown()).array().optional() })),
      ),
    })
    .parse(await hub.json('/openapi.json')).paths;

test('each route lets in whom it is for; a refusal says why and changes nothing, and a change is in the audit', async () => {
  const folder = tempFolder();
  // Nothing happens by itself meanwhile.
  const clock = { ...systemClock, every: () => () => undefined };
  const hub = await testHub({ folder, clock });
  const world = await World.of(hub, clock.wall());
  await addDevice(hub, 'other');
  const everybody = await callers(hub, world.cam);

  const found = Object.entries(await documented(hub)).flatMap(([target, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({ route: `${method.toUpperCase()} ${target}`, security })),
  );
  expect(found.map(({ route }) => route).toSorted()).toEqual(Object.keys(routes).toSorted());
  for (const { route, security } of found) {
    const access = routes[route]?.access;
    const expected =
      access === 'public' ? [] : access === 'device' ? ['device', 'token', 'session'] : ['token', 'session'];
    // Of the metrics it depends on where one asks from.
    if (route !== 'GET /metrics')
      expect(
        security?.flatMap((s) => Object.keys(s)),
        route,
      ).toEqual(expected);
  }

  const hasWritten = watchWrites(folder);
  const wrong: string[] = [];
  for (const [route, entry] of Object.entries(routes)) {
    const method = route.split(' ')[0] ?? '';
    let call = await entry.call(world);
    hasWritten();
    const refused = everybody.filter((caller) => refusalOf(caller, entry.access, method) > 0);
    for (const caller of refused) {
      const response = await send(hub, method, call, caller);
      const status = refusalOf(caller, entry.access, method);
      if (response.status !== status) wrong.push(`${route} by ${caller.name}: ${response.status}, not ${status}`);
      else if (method !== 'HEAD') await problemOf(response);
      if (status === 401) expect(response.headers.get('www-authenticate'), route).toBe('Bearer realm="vedette"');
      if (hasWritten()) wrong.push(`${route} by ${caller.name} was refused and changed something`);
    }
    for (const caller of everybody.filter((one) => !refused.includes(one))) {
      // Each session ends with it.
      if (route === 'POST /api/v1/sign-out' && caller.origin) continue;
      if (entry.own) call = await entry.own(world, caller.token ?? '');
      const response = await send(hub, method, call, caller);
      const text = await response.text();
      if (response.status !== entry.status) {
        wrong.push(`${route} by ${caller.name}: ${response.status}, not ${entry.status}: ${text}`);
      }
      const isRead = method === 'GET' || method === 'HEAD';
      if (isRead && hasWritten()) wrong.push(`${route} by ${caller.name} changed something`);
      if (!isRead && entry.audit !== undefined) {
        const { items } = await hub.json<{ items: unknown[] }>('/audit?limit=1');
        const action = expect.stringMatching(`^${entry.audit}`);
        expect(items, route).toMatchObject([{ action, actor: caller.actor, address: '127.0.0.1' }]);
      }
      if (!isRead) call = await entry.call(world);
    }
  }
  expect(wrong).toEqual([]);

  for (const caller of everybody) {
    const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/api/v1/live`, { headers: { ...caller.headers } });
    onTestFinished(() => socket.terminate());
    socket.on('error', () => undefined);
    const status = await Promise.race([
      once(socket, 'open').then(() => 0),
      once(socket, 'unexpected-response').then(([, response]) => response.statusCode),
    ]);
    // An upgrade is no read: a foreign page could listen.
    expect(status, `live feed for ${caller.name}`).toBe(refusalOf(caller, 'viewer', 'UPGRADE'));
    socket.close();
  }
}, 240_000);

test('nobody ends what is of another: sessions, tokens, connections of devices', async () => {
  const hub = await testHub();
  const made = async (name: string) =>
    (await (await hub.post('/tokens', { name, role: 'viewer' })).json()) as { id: string; token: string };
  const [ann, bob] = [await made('ann'), await made('bob')];
  const cookies = {
    ann: await signIn(hub, ann.token),
    annToo: await signIn(hub, ann.token),
    bob: await signIn(hub, bob.token),
  };
  const statusOf = async (cookie: string) => (await hub.api('/me', { token: null, headers: { cookie } })).status;
  const signOut = (headers: Record<string, string>, token: string | null) =>
    hub.api('/sign-out', { method: 'POST', token, headers: { origin: hub.url, ...headers } });

  const out = await signOut({ cookie: cookies.ann }, null);
  expect(out.status).toBe(204);
  expect(out.headers.get('set-cookie')).toBe('vedette_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict');
  expect([await statusOf(cookies.ann), await statusOf(cookies.annToo), await statusOf(cookies.bob)]).toEqual([
    401, 200, 200,
  ]);
  // A token is no session: nothing ends with it.
  expect((await signOut({}, ann.token)).status).toBe(204);
  expect(await statusOf(cookies.annToo)).toBe(200);
  expect((await hub.api(`/tokens/${ann.id}`, { method: 'DELETE' })).status).toBe(204);
  expect([await statusOf(cookies.annToo), await statusOf(cookies.bob)]).toEqual([401, 200]);
  expect((await hub.api('/me', { token: ann.token })).status).toBe(401);
  expect((await hub.api('/me', { token: bob.token })).status).toBe(200);

  const tokens = { a: await addDevice(hub, 'a'), b: await addDevice(hub, 'b') };
  const lines = await Promise.all(
    (['a', 'b'] as const).map((id) => connect(hub, { username: id, password: tokens[id], clientId: id })),
  );
  const ended = lines.map((line) => {
    const seen = { closed: false };
    line.on('close', () => {
      seen.closed = true;
    });
    return seen;
  });
  const renewed = await hub.post('/devices/a/token');
  expect(renewed.status).toBe(201);
  const { token } = (await renewed.json()) as { token: string };
  await until(() => ended[0]?.closed, "the end of a's connection");
  expect(ended[1]?.closed).toBe(false);
  await expect(connect(hub, { username: 'a', password: tokens.a, clientId: 'a' })).rejects.toThrow();
  await connect(hub, { username: 'a', password: token, clientId: 'a' });
  await connect(hub, { username: 'b', password: tokens.b, clientId: 'b2' });
});

test('sessions are listed with whose they are; a viewer sees and ends only those of his token', async () => {
  const hub = await testHub();
  const made = async (name: string) =>
    (await (await hub.post('/tokens', { name, role: 'viewer' })).json()) as { id: string; token: string };
  const [ann, bob] = [await made('ann'), await made('bob')];
  const [cookie, bobs] = [await signIn(hub, ann.token), await signIn(hub, bob.token)];
  const list = async (init: Parameters<TestHub['api']>[1]) =>
    page(session).parse(await (await hub.api('/sessions', init)).json()).items;
  const all = await list({});
  expect(all.map(({ name, token, role, current }) => [name, token, role, current])).toEqual([
    ['bob', bob.id, 'viewer', false],
    ['ann', ann.id, 'viewer', false],
  ]);
  expect(all.map((one) => Date.parse(one.expiresAt) - Date.parse(one.createdAt))).toEqual([43_200_000, 43_200_000]);
  expect(await list({ token: null, headers: { cookie } })).toEqual([{ ...all[1], current: true }]);
  expect(await list({ token: bob.token })).toEqual([all[0]]);
  const end = async (id: string | undefined, token: string) =>
    (await hub.api(`/sessions/${id}`, { method: 'DELETE', token })).status;
  expect(await end(all[0]?.id, ann.token)).toBe(404);
  expect((await hub.api('/me', { token: null, headers: { cookie: bobs } })).status).toBe(200);
  expect(await end(all[1]?.id, ann.token)).toBe(204);
  expect(await end(all[0]?.id, hub.token)).toBe(204);
  for (const gone of [cookie, bobs])
    expect((await hub.api('/me', { token: null, headers: { cookie: gone } })).status).toBe(401);
});
