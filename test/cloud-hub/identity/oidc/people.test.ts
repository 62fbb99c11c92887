/** Who comes in by the identity provider, as whom, and what he may do: against a real provider. */
import { expect, test } from 'vitest';
import { auditEntry } from '../../../../cloud-hub/contract/audit.ts';
import { signInThere } from '../../../support/identity-provider.ts';
import { type Bench, cookieOf, failed, HOME, oidcBench } from './bench.ts';

const PASSWORD = 'correct horse battery';
const RULES = `
role: { claim: groups, values: { chiefs: admin, ops: operator, staff: viewer } }
scope: { claim: sites, label: site }
newPeople: { domains: [plant.example], values: [ops] }
`;

async function audit({ hub }: Bench, query = '') {
  const { items } = await hub.json<{ items: unknown[] }>(`/audit?limit=100${query}`);
  return items.map((item) => auditEntry.parse(item));
}
const invite = async ({ hub }: Bench, name: string, more: Record<string, unknown> = {}) =>
  ((await (await hub.post('/users', { name, role: 'viewer', ...more })).json()) as { invitation: string }).invitation;

test('nobody comes in who was not invited; an invitation connects an account for good, by its subject', async () => {
  const bench = await oidcBench();
  const { there, hub, signIn, me } = bench;
  // He calls himself as another does.
  there.people.set('s-1', { preferred_username: 'ann', email: 'ann@plant.example', email_verified: true });
  const invitation = await invite(bench, 'ann', { scope: { site: 'oslo' } });
  expect(await signIn('s-1')).toEqual(failed('not-invited'));
  const joined = await signIn('s-1', { invitation, back: '/vedette/devices/cam?stream=door' });
  expect(joined.to).toBe(`${HOME}devices/cam?stream=door`);
  const ann = { name: 'ann', role: 'viewer', scope: { site: 'oslo' }, user: true, provider: true };
  expect(await me(joined.session)).toEqual(ann);
  expect(await signIn('s-1', { invitation })).toEqual(failed('no-invitation'));
  // Another name and address there: it is the subject that counts.
  there.people.set('s-1', { preferred_username: 'bob' });
  there.people.set('s-2', { preferred_username: 'ann', email: 'ann@plant.example', email_verified: true });
  const again = await signIn('s-1');
  expect([again.to, await me(again.session)]).toEqual([HOME, ann]);
  expect(await signIn('s-2')).toEqual(failed('not-invited'));
  // The account is one user's.
  expect(await signIn('s-1', { invitation: await invite(bench, 'carl') })).toEqual(failed('taken'));
  const { items } = await hub.json<{ items: { name: string; state: string; provider: boolean }[] }>('/users');
  expect(items.map(({ name, state, provider }) => [name, state, provider])).toEqual([
    ['ann', 'active', true],
    ['carl', 'invited', false],
  ]);
  const begun = (await audit(bench, '&action=session.begin'))[0];
  expect(begun).toMatchObject({ actor: 'ann', detail: { by: 'provider', issuer: there.issuer, subject: 's-1' } });
  expect((await hub.api('/users/ann/provider', { method: 'DELETE' })).status).toBe(204);
  expect(await me(again.session)).toMatchObject({ status: 401 });
  expect(await signIn('s-1')).toEqual(failed('not-invited'));
}, 60_000);

test('claims give role and devices at each sign-in, and let in whom the rules name', async () => {
  const bench = await oidcBench(RULES);
  const { there, signIn, me } = bench;
  there.people.set('s-1', { groups: ['guests'], email: 'ann@plant.example', email_verified: true });
  expect(await signIn('s-1')).toEqual(failed('no-role'));
  const ann = { preferred_username: 'Ann.Lee', groups: ['guests', 'staff'], email: 'ann@plant.example' };
  there.people.set('s-1', { ...ann, sites: 'oslo', email_verified: false });
  expect(await signIn('s-1')).toEqual(failed('not-invited'));
  there.people.set('s-1', { ...ann, sites: ['oslo', 'berlin'], email_verified: true });
  expect(await signIn('s-1')).toEqual(failed('no-scope'));
  there.people.set('s-1', { ...ann, sites: ['oslo'], email_verified: true });
  const first = await signIn('s-1');
  const who = { name: 'ann-lee', role: 'viewer', scope: { site: 'oslo' }, user: true, provider: true };
  expect(await me(first.session)).toEqual(who);
  // A namesake is another person.
  there.people.set('s-2', { preferred_username: 'ann.lee', groups: ['ops', 'chiefs'] });
  const chief = await signIn('s-2');
  expect(await me(chief.session)).toEqual({ name: 'ann-lee-2', role: 'admin', user: true, provider: true });
  // Who may do less now has no session left that may do more.
  there.people.set('s-2', { groups: ['staff'], sites: 'berlin' });
  const less = await signIn('s-2');
  expect(await me(less.session)).toMatchObject({ name: 'ann-lee-2', role: 'viewer', scope: { site: 'berlin' } });
  expect(await me(chief.session)).toMatchObject({ status: 401 });
  expect((await audit(bench, '&action=user.set'))[0]).toMatchObject({
    subject: 'ann-lee-2',
    detail: { role: 'viewer', by: 'provider' },
  });
  there.people.set('s-2', { groups: [] });
  expect(await signIn('s-2')).toEqual(failed('no-role'));
}, 60_000);

test('who is signed in connects his own account with his password; a session that has ended connects nothing', async () => {
  const bench = await oidcBench();
  const { there, hub, signIn, me, finish } = bench;
  there.people.set('s-1', {});
  const invitation = await invite(bench, 'ann');
  const origin = new URL(HOME).origin;
  const post = (path: string, body: unknown, cookie = '') =>
    hub.api(path, {
      method: 'POST',
      token: null,
      headers: { 'content-type': 'application/json', origin, cookie },
      body: JSON.stringify(body),
    });
  const session = cookieOf(await post('/invitations/accept', { invitation, password: PASSWORD }), 'vedette_session');
  expect((await post('/me/provider', { password: 'wrong' }, session)).status).toBe(403);
  const begin = async () => {
    const answer = await post('/me/provider', { password: PASSWORD, back: '/vedette/sessions' }, session);
    const { location } = (await answer.json()) as { location: string };
    return { callback: await signInThere(location, 's-1'), cookie: cookieOf(answer, 'vedette_login') };
  };
  const late = await begin();
  const connected = await begin();
  expect(await finish(connected.callback, connected.cookie)).toEqual({ to: `${HOME}sessions`, session: '' });
  expect(await me((await signIn('s-1')).session)).toMatchObject({ name: 'ann', provider: true });
  await post('/sign-out', {}, session);
  expect(await finish(late.callback, late.cookie)).toEqual(failed('signed-out'));
}, 60_000);

test('signing out here ends the session here; the page of the provider ends the one there', async () => {
  const bench = await oidcBench();
  const { there, hub, me, signIn } = bench;
  there.people.set('s-1', {});
  const { session } = await signIn('s-1', { invitation: await invite(bench, 'ann') });
  const headers = { cookie: session, origin: new URL(HOME).origin };
  expect((await hub.api('/sign-out', { method: 'POST', token: null, headers })).status).toBe(204);
  expect(await me(session)).toMatchObject({ status: 401 });
  const there2 = await hub.api('/sign-in/provider/sign-out', { token: null, redirect: 'manual' });
  const to = new URL(there2.headers.get('location') ?? '');
  expect([to.origin, to.searchParams.get('post_logout_redirect_uri')]).toEqual([there.issuer, HOME]);
  expect((await fetch(to)).status).toBe(200);
}, 60_000);
