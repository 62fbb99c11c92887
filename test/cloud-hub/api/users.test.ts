/** Users by HTTP: from the invitation to the end of the sessions, and guesses that are told to wait, behind a proxy too. */
import { expect, test } from 'vitest';
import { identity, invitation } from '../../../cloud-hub/contract/identity.ts';
import { type TestHub, testHub } from '../support.ts';
import { problemOf } from './problems.ts';

const PASSWORD = 'correct horse battery';

const post = (hub: TestHub, path: string, body: unknown, headers: Record<string, string> = {}) =>
  hub.api(path, {
    method: 'POST',
    token: null,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const cookieOf = (answer: Response) => answer.headers.get('set-cookie')?.split(';')[0] ?? '';
const me = (hub: TestHub, cookie: string) => hub.api('/me', { token: null, headers: { cookie } });

async function joined(hub: TestHub, name: string) {
  const made = invitation.parse(
    await (await hub.post('/users', { name, role: 'viewer', scope: { site: 'x' } })).json(),
  );
  const answer = await post(hub, '/invitations/accept', { invitation: made.invitation, password: PASSWORD });
  expect(answer.status).toBe(200);
  return { made, cookie: cookieOf(answer) };
}

test('a person is invited, chooses a password, signs in, and is gone when he is removed', async () => {
  const hub = await testHub();
  const { made, cookie } = await joined(hub, 'ann');
  expect(made).toMatchObject({ name: 'ann', state: 'invited', invitedUntil: expect.any(String) });
  const who = { name: 'ann', role: 'viewer', scope: { site: 'x' }, user: true };
  expect(identity.parse(await (await me(hub, cookie)).json())).toEqual(who);
  expect((await post(hub, '/invitations/accept', { invitation: made.invitation, password: PASSWORD })).status).toBe(
    401,
  );
  const again = await post(hub, '/sign-in', { name: 'ann', password: PASSWORD });
  expect([again.status, await again.json()]).toEqual([200, who]);
  const { items } = await hub.json<{ items: { name: string; state: string }[] }>('/users');
  const ways = { secondFactor: false, provider: false };
  expect(items).toEqual([
    { name: 'ann', role: 'viewer', scope: { site: 'x' }, createdAt: made.createdAt, state: 'active', ...ways },
  ]);
  const tokens = await hub.json<{ items: { name: string }[] }>('/tokens');
  expect(tokens.items.map(({ name }) => name)).toEqual(['admin']);
  expect((await hub.api('/users/ann', { method: 'DELETE' })).status).toBe(204);
  expect([(await me(hub, cookie)).status, (await me(hub, cookieOf(again))).status]).toEqual([401, 401]);
  expect((await post(hub, '/sign-in', { name: 'ann', password: PASSWORD })).status).toBe(401);
});

test('nobody is named as the hub is in the audit', async () => {
  const hub = await testHub();
  for (const path of ['/users', '/tokens'])
    for (const name of ['hub', 'nobody']) expect((await hub.post(path, { name, role: 'viewer' })).status).toBe(400);
});

test('name and password are refused in the same words, whether there is such a user or not', async () => {
  const hub = await testHub();
  await joined(hub, 'ann');
  await hub.post('/users', { name: 'bob', role: 'viewer' });
  const words = async (name: string) => (await problemOf(await post(hub, '/sign-in', { name, password: 'x' }))).detail;
  expect(new Set([await words('ann'), await words('bob'), await words('nobody'), await words('admin')]).size).toBe(1);
});

test('guesses are told to wait by the real client behind a proxy that is trusted, and by name', async () => {
  const hub = await testHub({ config: { trustProxy: '127.0.0.1' as never, publicUrl: 'http://hub.example' } });
  await joined(hub, 'ann');
  const guess = async (name: string, from: string, password = 'wrong') => {
    const answer = await post(hub, '/sign-in', { name, password }, { 'x-forwarded-for': from });
    return [answer.status, Number(answer.headers.get('retry-after')) > 0];
  };
  for (let n = 0; n < 10; n++) expect(await guess('nobody', '192.0.2.1')).toEqual([401, false]);
  expect(await guess('nobody', '192.0.2.1')).toEqual([429, true]);
  expect(await guess('ann', '192.0.2.1', PASSWORD)).toEqual([429, true]);
  expect(await guess('ann', '192.0.2.2', PASSWORD)).toEqual([200, false]);
  for (let n = 0; n < 10; n++) expect(await guess('ann', `198.51.100.${n}`)).toEqual([401, false]);
  expect(await guess('ann', '198.51.100.99', PASSWORD)).toEqual([429, true]);
  // He has signed in from there before.
  expect(await guess('ann', '192.0.2.2', PASSWORD)).toEqual([200, false]);
}, 60_000);

test('a user changes his password; a token cannot', async () => {
  const hub = await testHub();
  const { cookie } = await joined(hub, 'ann');
  const change = (before: string, after: string) =>
    hub.api('/me/password', {
      method: 'PUT',
      token: null,
      headers: { 'content-type': 'application/json', cookie, origin: hub.url },
      body: JSON.stringify({ before, after }),
    });
  expect((await change('wrong', 'another long password')).status).toBe(403);
  expect((await change(PASSWORD, 'short')).status).toBe(400);
  expect((await change(PASSWORD, 'another long password')).status).toBe(204);
  expect((await post(hub, '/sign-in', { name: 'ann', password: PASSWORD })).status).toBe(401);
  expect((await post(hub, '/sign-in', { name: 'ann', password: 'another long password' })).status).toBe(200);
});
