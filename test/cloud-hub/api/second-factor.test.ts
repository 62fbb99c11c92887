/** Second factors by HTTP: set up, signed in with, replayed, guessed, lost, reset, and kept over a restart. */
import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { URI } from 'otpauth';
import { expect, test } from 'vitest';
import type { HubConfig } from '../../../cloud-hub/config.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { tempFolder } from '../../support/temp.ts';
import { type TestHub, testHub } from '../support.ts';
import { problemOf } from './problems.ts';

const PASSWORD = 'correct horse battery';

/** A hub whose wall clock tests move, and what a browser does with it. */
async function setUp(config: Partial<HubConfig> = {}, folder = tempFolder()) {
  let ahead = 0;
  const wall = () => systemClock.wall() + ahead;
  const hub = await testHub({ folder, config, clock: { ...systemClock, wall } });
  const post = (path: string, body: unknown, cookie = '', from?: string) =>
    hub.api(path, {
      method: 'POST',
      token: null,
      headers: {
        ...{ 'content-type': 'application/json', origin: hub.url, cookie },
        ...(from === undefined ? {} : { 'x-forwarded-for': from }),
      },
      body: JSON.stringify(body),
    });
  const invited = async (name: string, role: string) =>
    ((await (await hub.post('/users', { name, role })).json()) as { invitation: string }).invitation;
  const joined = async (name: string, role = 'operator') =>
    cookieOf(await post('/invitations/accept', { invitation: await invited(name, role), password: PASSWORD }));
  /** Codes of an authenticator app. */
  const app = (uri: string) => {
    const totp = URI.parse(uri);
    return {
      now: (stepsAhead = 0) => ('period' in totp ? totp.generate({ timestamp: wall() + stepsAhead * 30_000 }) : ''),
    };
  };
  const enrolled = async (cookie: string) => {
    const begun = await post('/me/second-factor', { password: PASSWORD }, cookie);
    const { uri, secret } = (await begun.json()) as { uri: string; secret: string };
    const phone = app(uri);
    const confirmed = await post('/me/second-factor/confirm', { code: phone.now() }, cookie);
    const { recoveryCodes } = (await confirmed.json()) as { recoveryCodes: string[] };
    return { phone, recoveryCodes, uri, secret };
  };
  const signIn = (name: string, code?: string, from?: string) =>
    post('/sign-in', { name, password: PASSWORD, ...(code === undefined ? {} : { code }) }, '', from);
  const move = (ms: number) => {
    ahead += ms;
  };
  return { hub, folder, post, invited, joined, enrolled, signIn, app, move };
}
const cookieOf = (answer: Response) => answer.headers.get('set-cookie')?.split(';')[0] ?? '';
const me = async (hub: TestHub, cookie: string) => (await hub.api('/me', { token: null, headers: { cookie } })).status;
const NEEDED = { status: 401, errors: [{ path: 'body.code' }] };

test('a factor counts from its first code on; password and code sign in, each code once, also after a restart', async () => {
  const one = await setUp();
  const cookie = await one.joined('ann');
  const other = cookieOf(await one.signIn('ann'));
  expect((await one.post('/me/second-factor', { password: 'wrong' }, cookie)).status).toBe(403);
  await one.post('/me/second-factor', { password: PASSWORD }, cookie);
  // Begun, but not confirmed.
  expect((await one.post('/me/second-factor/confirm', { code: '000000' }, cookie)).status).toBe(403);
  expect((await one.signIn('ann')).status).toBe(200);
  const { phone, recoveryCodes, secret } = await one.enrolled(cookie);
  expect([recoveryCodes.length, new Set(recoveryCodes).size]).toEqual([10, 10]);
  expect([await me(one.hub, cookie), await me(one.hub, other)]).toEqual([200, 401]);
  expect(await problemOf(await one.signIn('ann'))).toMatchObject(NEEDED);
  // The code that confirmed it was used.
  expect(await problemOf(await one.signIn('ann', phone.now()))).toMatchObject(NEEDED);
  one.move(30_000);
  const code = phone.now();
  expect((await one.signIn('ann', ` ${code.slice(0, 3)} ${code.slice(3)}`)).status).toBe(200);
  expect((await one.signIn('ann', code)).status).toBe(401);
  await one.hub.hub.stop();

  const two = await setUp({}, one.folder);
  two.move(30_000);
  expect((await two.signIn('ann', code)).status).toBe(401);
  expect((await two.signIn('ann', phone.now(1))).status).toBe(200);
  // Nor does an older one work that was never used.
  expect((await two.signIn('ann', phone.now(-2))).status).toBe(401);
  const text = readFileSync(path.join(one.folder, 'hub.db')).toString('latin1');
  const codes = [secret, ...recoveryCodes, ...recoveryCodes.map((one) => one.replaceAll('-', ''))];
  expect(codes.filter((one) => text.includes(one))).toEqual([]);
}, 60_000);

test('a recovery code works once; new ones end the old ones; the factor ends with password and code', async () => {
  const { hub, post, joined, enrolled, signIn, move } = await setUp();
  const cookie = await joined('ann');
  const { phone, recoveryCodes } = await enrolled(cookie);
  const [first = '', second = ''] = recoveryCodes;
  expect((await signIn('ann', first)).status).toBe(200);
  expect((await signIn('ann', first)).status).toBe(401);
  const left = async () =>
    (await (await hub.api('/me/sign-in', { token: null, headers: { cookie } })).json()) as Record<string, unknown>;
  expect(await left()).toEqual({ password: true, secondFactor: true, recoveryCodes: 9, provider: false });
  move(30_000);
  const renewed = await post('/me/second-factor/recovery-codes', { password: PASSWORD, code: phone.now() }, cookie);
  const { recoveryCodes: newer } = (await renewed.json()) as { recoveryCodes: string[] };
  expect((await signIn('ann', second)).status).toBe(401);
  expect((await signIn('ann', newer[0]?.toLowerCase())).status).toBe(200);
  const end = { password: PASSWORD, code: newer[1] };
  expect((await post('/me/second-factor/remove', { ...end, password: 'wrong' }, cookie)).status).toBe(403);
  expect((await post('/me/second-factor/remove', end, cookie)).status).toBe(204);
  expect((await signIn('ann')).status).toBe(200);
  const { items } = await hub.json<{ items: { action: string; detail: { by?: string } }[] }>('/audit?actor=ann');
  const own = items.filter(({ action }) => action !== 'refused');
  expect(new Set(own.map(({ action, detail }) => `${action} ${detail.by ?? ''}`.trim()))).toEqual(
    new Set([
      ...['session.begin password', 'second-factor.remove', 'session.begin recovery-code', 'second-factor.refuse'],
      ...['second-factor.codes', 'second-factor.add', 'session.begin invitation', 'user.join'],
    ]),
  );
}, 60_000);

test('guesses at codes are counted by name and client, are told to the audit, and lock nobody out of his own network', async () => {
  const { hub, joined, enrolled, signIn, move } = await setUp({
    trustProxy: '127.0.0.1' as never,
  });
  const { phone } = await enrolled(await joined('ann'));
  move(30_000);
  expect((await signIn('ann', phone.now(), '192.0.2.1')).status).toBe(200);
  move(30_000);
  for (let n = 0; n < 5; n++) expect((await signIn('ann', '000000', `198.51.100.${n}`)).status).toBe(401);
  // From any network, and for the right code.
  expect((await signIn('ann', phone.now(), '203.0.113.9')).status).toBe(429);
  // He has signed in from there before.
  expect((await signIn('ann', phone.now(), '192.0.2.1')).status).toBe(200);
  const { items } = await hub.json<{ items: { address: string }[] }>('/audit?action=second-factor.refuse');
  expect(items.map(({ address }) => address)).toEqual([4, 3, 2, 1, 0].map((n) => `198.51.100.${n}`));
}, 60_000);

test('whose role needs a factor can do nothing else before; tokens go on; an admin resets what was lost', async () => {
  const { hub, post, joined, enrolled, signIn, invited, move } = await setUp({ secondFactor: 'admins' });
  const boss = await joined('boss', 'admin');
  const get = async (path: string, cookie: string) =>
    (await hub.api(path, { token: null, headers: { cookie } })).status;
  expect([await get('/me', boss), await get('/devices', boss), await get('/users', boss)]).toEqual([200, 403, 403]);
  expect((await post('/sign-in-codes', {}, boss)).status).toBe(403);
  const { phone } = await enrolled(boss);
  expect([await get('/devices', boss), await get('/users', boss)]).toEqual([200, 200]);
  expect(await get('/devices', await joined('ann'))).toBe(200);
  expect((await hub.api('/devices')).status).toBe(200);
  // A new link to choose a password does not go round it.
  const again = await hub.post('/users/boss/invitation', {});
  const { invitation } = (await again.json()) as { invitation: string };
  const accept = (code?: string) =>
    post('/invitations/accept', { invitation, password: PASSWORD, ...(code === undefined ? {} : { code }) });
  expect(await problemOf(await accept())).toMatchObject(NEEDED);
  move(30_000);
  const joinedAgain = await accept(phone.now());
  expect([joinedAgain.status, await get('/users', cookieOf(joinedAgain))]).toEqual([200, 200]);
  expect((await hub.api('/users/boss/second-factor', { method: 'DELETE' })).status).toBe(204);
  expect((await hub.api('/users/boss/second-factor', { method: 'DELETE' })).status).toBe(404);
  expect(await get('/me', cookieOf(joinedAgain))).toBe(401);
  const back = await signIn('boss');
  expect([back.status, await get('/users', cookieOf(back))]).toEqual([200, 403]);
  expect(await invited('carl', 'viewer')).not.toBe('');
}, 60_000);

test('a copy of the database without its key gives no code, and tells what to do', async () => {
  const { folder, hub, joined, enrolled } = await setUp();
  const { phone, recoveryCodes } = await enrolled(await joined('ann'));
  await hub.hub.stop();
  const copy = tempFolder();
  const database = openSqlite(path.join(folder, 'hub.db'), { synchronous: 'FULL' });
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
  copyFileSync(path.join(folder, 'hub.db'), path.join(copy, 'hub.db'));
  const other = await setUp({}, copy);
  other.move(60_000);
  expect((await other.signIn('ann', phone.now(2))).status).toBe(401);
  expect((await other.signIn('ann', recoveryCodes[0])).status).toBe(200);
}, 60_000);
