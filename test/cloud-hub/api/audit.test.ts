/** The audit by HTTP: refusals are in it, with who tried; it is narrowed, and its chain is checked. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { type AuditEntry, auditCheck, auditHead } from '../../../cloud-hub/contract/audit.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { tempFolder } from '../../support/temp.ts';
import { addDevice, type TestHub, testHub } from '../support.ts';

const list = async (hub: TestHub, query = '') =>
  (await hub.json<{ items: AuditEntry[] }>(`/audit?limit=500${query}`)).items;

const signIn = (hub: TestHub, token: string) =>
  hub.api('/sign-in', {
    method: 'POST',
    token: null,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });

test('each refused request is an entry: by whom, of which route, with which answer, and without what it carried', async () => {
  const hub = await testHub();
  const made = await hub.post('/tokens', { name: 'ann', role: 'viewer' });
  const { token } = (await made.json()) as { token: string };
  expect((await hub.api('/devices/secret-name', { method: 'DELETE', token })).status).toBe(403);
  expect((await hub.api('/devices', { token: 'a-wrong-token' })).status).toBe(401);
  expect((await signIn(hub, 'another-wrong-token')).status).toBe(401);
  // No refusal: a page that asks who is signed in, what is not there, and what is not valid.
  expect((await hub.api('/me', { token: null })).status).toBe(401);
  expect((await hub.api('/devices/none', { token })).status).toBe(404);
  expect((await hub.api('/events?limit=x', { token })).status).toBe(400);
  const found = await list(hub, '&action=refused');
  expect(found.map(({ actor, subject, detail, address }) => [actor, subject, detail, address])).toEqual([
    ['nobody', 'POST /api/v1/sign-in', { status: 401 }, '127.0.0.1'],
    ['nobody', 'GET /api/v1/devices', { status: 401 }, '127.0.0.1'],
    ['ann', 'DELETE /api/v1/devices/:device', { status: 403 }, '127.0.0.1'],
  ]);
  expect(JSON.stringify(found)).not.toMatch(/wrong-token|secret-name/);
});

test('a flood of refusals leaves ten entries of an address, and guesses that are told to wait are refusals too', async () => {
  const hub = await testHub();
  for (let n = 0; n < 40; n++) expect([401, 429]).toContain((await signIn(hub, `wrong-${n}`)).status);
  expect(await list(hub, '&action=refused')).toHaveLength(10);
  await hub.hub.stop();
});

test('signing in and out are entries, and so is the first token', async () => {
  const hub = await testHub();
  const cookie = (await signIn(hub, hub.token)).headers.get('set-cookie')?.split(';')[0] ?? '';
  await hub.api('/sign-out', { method: 'POST', token: null, headers: { cookie, origin: hub.url } });
  expect((await list(hub)).map(({ actor, action, subject }) => [actor, action, subject])).toEqual([
    ['admin', 'session.end', '1'],
    ['admin', 'session.begin', '1'],
    ['hub', 'token.add', 'admin'],
  ]);
});

test('the head is the newest entry; a check says which entry was changed, and misses none that a head tells of', async () => {
  const folder = tempFolder();
  const hub = await testHub({ folder });
  for (const id of ['a', 'b', 'c']) await addDevice(hub, id);
  const head = auditHead.parse(await hub.json('/audit/head'));
  expect(head).toEqual({ id: '4', digest: (await list(hub))[0]?.digest });
  const check = async (query = '') => auditCheck.parse(await hub.json(`/audit/check${query}`));
  const kept = `?head=${head.id}:${head.digest}`;
  expect(await check(kept)).toEqual({ entries: 4, head, faulty: 0, faults: [] });
  const database = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL' });
  database.exec("DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'nobody' WHERE subject = 'b'");
  database.close();
  expect(await check(kept)).toMatchObject({ faulty: 1, faults: [{ id: '3' }] });
  expect(await check(`?head=9:${head.digest}`)).toMatchObject({ faulty: 2, faults: [{ id: '3' }, { id: '9' }] });
});
