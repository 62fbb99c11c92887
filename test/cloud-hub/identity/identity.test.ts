import { describe, expect, onTestFinished, test } from 'vitest';
import type { Role } from '../../../cloud-hub/contract/identity.ts';
import { CODE_MS, createIdentityService, type Ended, SESSION_MS } from '../../../cloud-hub/identity/identity.ts';
import { digestSecret } from '../../../cloud-hub/identity/secrets.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';

async function setUp() {
  const store = await openStore(tempFolder(), 0);
  onTestFinished(() => store.close());
  const clock = new ManualClock();
  const identity = createIdentityService({ store, clock });
  const root = digestSecret('root');
  const row = await store.tokens.add({ name: 'root', role: 'admin', hash: root, createdAt: 0 });
  const maker = { role: 'admin', name: 'root', token: row?.id ?? 0 } as const;
  const newCode = async (role: Role) => {
    const made = await identity.newCode(role, maker);
    if (!made) throw new Error('no code was made');
    return made;
  };
  const begin = async () => (await identity.signIn({ code: (await newCode('viewer')).code }))?.secret ?? '';
  return { store, clock, identity, maker, newCode, begin };
}

describe('one-time codes', () => {
  test('a code signs in once, with its role', async () => {
    const { identity, store, clock, newCode } = await setUp();
    expect([CODE_MS, SESSION_MS]).toEqual([10 * 60_000, 12 * 3_600_000]);
    const { code, expiresAt } = await newCode('operator');
    expect(expiresAt).toBe(clock.wall() + CODE_MS);
    const session = await identity.signIn({ code });
    expect(session?.identity).toMatchObject({ role: 'operator', name: 'sign-in code of root' });
    expect(await identity.fromSession(session?.secret ?? '')).toMatchObject({
      role: 'operator',
      name: 'sign-in code of root',
    });
    expect(await identity.signIn({ code })).toBeUndefined();
    expect(await identity.signIn({ code: 'never made' })).toBeUndefined();
    // The code is no session, and neither secret is in the database.
    expect(await identity.fromSession(code)).toBeUndefined();
    expect(await store.sessions.byHash(session?.secret ?? '')).toBeUndefined();
    expect((await store.sessions.byHash(digestSecret(session?.secret ?? '')))?.expiresAt).toBe(
      clock.wall() + SESSION_MS,
    );
  });

  test('a code ends exactly after ten minutes; one that came too late is used up', async () => {
    const { identity, clock, newCode } = await setUp();
    const [late, inTime] = [await newCode('viewer'), await newCode('viewer')];
    await clock.advance(CODE_MS - 1);
    expect(await identity.signIn({ code: inTime.code })).toBeDefined();
    await clock.advance(1);
    expect(await identity.signIn({ code: late.code })).toBeUndefined();
    clock.setWall(clock.wall() - CODE_MS);
    expect(await identity.signIn({ code: late.code })).toBeUndefined();
  });
});

describe('sessions', () => {
  test('a session ends exactly after twelve hours, or when signed out', async () => {
    const { identity, clock, maker, begin } = await setUp();
    const first = await begin();
    await clock.advance(SESSION_MS - 1);
    const [second, third] = [await begin(), await begin()];
    expect(await identity.fromSession(first)).toBeDefined();
    await clock.advance(1);
    expect(await identity.fromSession(first)).toBeUndefined();
    expect(await identity.fromSession(second)).toBeDefined();
    await identity.signOut(second, maker);
    expect(await identity.fromSession(second)).toBeUndefined();
    expect(await identity.fromSession(third)).toBeDefined();
  });

  test('what has expired leaves the database when the next session or code is made, and nothing else does', async () => {
    const { store, clock, newCode, begin } = await setUp();
    const old = { session: await begin(), code: (await newCode('viewer')).code };
    await clock.advance(CODE_MS);
    // One millisecond younger than what has just expired.
    clock.setWall(clock.wall() - CODE_MS + 1);
    const young = (await newCode('viewer')).code;
    clock.setWall(clock.wall() + CODE_MS - 1);
    await begin();
    expect(await store.sessions.takeCode(digestSecret(old.code))).toBeUndefined();
    expect(await store.sessions.takeCode(digestSecret(young))).toBeDefined();
    expect(await store.sessions.byHash(digestSecret(old.session))).toBeDefined();

    await clock.advance(SESSION_MS - CODE_MS);
    await newCode('viewer');
    expect(await store.sessions.byHash(digestSecret(old.session))).toBeUndefined();
  });

  test('a clock that is set back ends no session', async () => {
    const { identity, clock, begin } = await setUp();
    const session = await begin();
    clock.setWall(clock.wall() - 30 * 86_400_000);
    expect(await identity.fromSession(session)).toBeDefined();
    await begin();
    expect(await identity.fromSession(session)).toBeDefined();
  });
});

describe('API tokens', () => {
  test('ending a token ends its sessions, and no others, for good', async () => {
    const { identity, maker, begin } = await setUp();
    const other = await identity.newToken('script', { role: 'operator' }, maker);
    const made = await identity.newToken('grafana', { role: 'viewer' }, maker);
    expect(made?.row).toMatchObject({ name: 'grafana', role: 'viewer', hash: digestSecret(made?.token ?? '') });
    expect(await identity.newToken('grafana', { role: 'admin' }, maker)).toBeUndefined();
    const kept = { code: await begin(), token: (await identity.signIn({ token: other?.token ?? '' }))?.secret ?? '' };
    const session = await identity.signIn({ token: made?.token ?? '' });
    expect(session?.identity).toMatchObject({ role: 'viewer', name: 'grafana' });

    expect(await identity.removeToken(maker, made?.row.id ?? 0)).toBe(true);
    expect(await identity.removeToken(maker, made?.row.id ?? 0)).toBe(false);
    expect(await identity.removeToken(maker, 9999)).toBe(false);
    expect(await identity.fromSession(session?.secret ?? '')).toBeUndefined();
    expect(await identity.fromToken(made?.token ?? '')).toBeUndefined();
    expect(await identity.signIn({ token: made?.token ?? '' })).toBeUndefined();
    expect(await identity.fromSession(kept.code)).toBeDefined();
    expect(await identity.fromSession(kept.token)).toMatchObject({ role: 'operator', name: 'script' });
    expect(await identity.fromToken(other?.token ?? '')).toMatchObject({ role: 'operator', name: 'script' });

    // A second token of the name brings neither the first nor its sessions back.
    const again = await identity.newToken('grafana', { role: 'admin' }, maker);
    expect(await identity.fromToken(again?.token ?? '')).toMatchObject({ role: 'admin', name: 'grafana' });
    expect(await identity.fromToken(made?.token ?? '')).toBeUndefined();
    expect(await identity.fromSession(session?.secret ?? '')).toBeUndefined();
  });

  test('what came from a token ends with it at once, by whatever way: sessions, codes, sessions of codes', async () => {
    const reported: Ended[] = [];
    const store = await openStore(tempFolder(), 0);
    onTestFinished(() => store.close());
    const clock = new ManualClock();
    const identity = createIdentityService({ store, clock, ended: (what) => reported.push(what) });
    const people = ['ann', 'bob'].map(async (name) => {
      const made = await identity.newToken(name, { role: 'admin' }, { name: 'root' });
      const caller = await identity.fromToken(made?.token ?? '');
      if (!made || !caller) throw new Error('no token was made');
      const codeOf = async () => (await identity.newCode('admin', caller))?.code ?? '';
      const begun = await Promise.all([
        identity.signIn({ token: made.token }),
        identity.signIn({ code: await codeOf() }),
      ]);
      const unused = await codeOf();
      return { caller, token: made.token, unused, sessions: begun.map((session) => session?.secret ?? '') };
    });
    const [ann, bob] = await Promise.all(people);
    if (!ann || !bob) throw new Error('nobody');
    const works = async (who: typeof ann) => [
      (await identity.fromToken(who.token)) !== undefined,
      ...(await Promise.all(who.sessions.map(async (secret) => (await identity.fromSession(secret)) !== undefined))),
    ];
    expect(await works(ann)).toEqual([true, true, true]);
    // A code that a session of a code made belongs to the same token.
    const second = await identity.fromSession(ann.sessions[1] ?? '');
    if (!second) throw new Error('no session');
    const deep = (await identity.newCode('viewer', second))?.code ?? '';

    expect(await identity.removeToken(bob.caller, ann.caller.token)).toBe(true);
    expect(reported).toEqual([{ token: ann.caller.token }]);
    expect(await works(ann)).toEqual([false, false, false]);
    expect(await identity.signIn({ code: ann.unused })).toBeUndefined();
    expect(await identity.signIn({ code: deep })).toBeUndefined();
    // Somebody who was let in a moment before makes nothing that outlives it.
    expect(await identity.newCode('admin', ann.caller)).toBeUndefined();
    const times = { createdAt: 0, expiresAt: 9e15 };
    const about = { role: 'admin', name: 'ann', token: ann.caller.token, way: 'token', ...times } as const;
    expect(await store.sessions.add('late', about)).toBeUndefined();

    expect(await works(bob)).toEqual([true, true, true]);
    expect(await identity.signIn({ code: bob.unused })).toBeDefined();
    const page = { before: undefined, limit: 9 };
    const left = await identity.sessions(bob.caller, page);
    expect(left.map(({ token }) => token)).toEqual([bob.caller.token, bob.caller.token, bob.caller.token]);
    expect((await store.audit.list({ limit: 1, action: 'token' }))[0]).toMatchObject({
      actor: 'bob',
      action: 'token.remove',
      subject: 'ann',
    });
  });

  test('sessions are listed and ended by whom they belong to, or an admin', async () => {
    const { identity, store, clock, maker, begin } = await setUp();
    const of = async (name: string) => {
      const made = await identity.newToken(name, { role: 'operator' }, maker);
      const begun = await identity.signIn({ token: made?.token ?? '' });
      if (!begun) throw new Error('no session');
      return begun;
    };
    await begin();
    await clock.advance(SESSION_MS);
    const [ann, bob] = [await of('ann'), await of('bob')];
    const page = { before: undefined, limit: 9 };
    const ids = async (caller: typeof ann.identity) => (await identity.sessions(caller, page)).map(({ id }) => id);
    const [annId, bobId] = [ann.identity.session ?? 0, bob.identity.session ?? 0];
    expect(await ids(ann.identity)).toEqual([annId]);
    expect(await ids(maker)).toEqual([bobId, annId]);
    expect((await identity.sessions(maker, { before: bobId, limit: 9 })).map(({ id }) => id)).toEqual([annId]);
    expect(await identity.sessions(maker, { before: undefined, limit: 1 })).toHaveLength(1);

    expect(await identity.endSession(ann.identity, bobId)).toBe(false);
    expect(await identity.fromSession(bob.secret)).toEqual(bob.identity);
    expect(await identity.endSession(ann.identity, annId)).toBe(true);
    expect(await identity.endSession(maker, annId)).toBe(false);
    expect(await identity.fromSession(ann.secret)).toBeUndefined();
    expect(await identity.endSession(maker, bobId)).toBe(true);
    const ends = (await store.audit.list({ limit: 9 })).filter(({ action }) => action === 'session.end');
    expect(ends.map(({ actor, subject }) => [actor, subject])).toEqual([
      ['root', String(bobId)],
      ['ann', String(annId)],
    ]);
    // A number is not given twice.
    expect((await of('cid')).identity.session).toBe(bobId + 1);
  });

  test('a credential of more than 256 characters is not looked at', async () => {
    const { identity, store, clock } = await setUp();
    const [long, longer] = ['a'.repeat(256), 'a'.repeat(257)];
    for (const [n, secret] of [long, longer].entries()) {
      const hash = digestSecret(secret);
      const token = (await store.tokens.add({ name: `t${n}`, role: 'viewer', hash, createdAt: 0 }))?.id ?? 0;
      const times = { createdAt: 0, expiresAt: clock.wall() + 1 };
      await store.sessions.add(hash, { role: 'viewer', name: `t${n}`, token, way: 'token', ...times });
      await store.devices.add(`cam-${n}`, hash, 0);
    }
    expect(await identity.fromToken(long)).toMatchObject({ role: 'viewer', name: 't0' });
    expect(await identity.fromSession(long)).toMatchObject({ role: 'viewer', name: 't0' });
    expect(await identity.isDevice('cam-0', long)).toBe(true);
    expect(await identity.fromToken(longer)).toBeUndefined();
    expect(await identity.signIn({ token: longer })).toBeUndefined();
    expect(await identity.fromSession(longer)).toBeUndefined();
    expect(await identity.isDevice('cam-1', longer)).toBe(false);
  });
});

describe('devices', () => {
  test('a device is known by its id and its newest token', async () => {
    const { identity, store, clock } = await setUp();
    const act = { at: clock.wall(), actor: 'ann' };
    const token = (await identity.addDevice('cam', act)) ?? '';
    const otherToken = (await identity.addDevice('other', act)) ?? '';
    expect(await identity.addDevice('cam', act)).toBeUndefined();
    expect(Date.parse((await store.devices.get('cam'))?.createdAt ?? '')).toBe(clock.wall());
    const known = () =>
      [
        ['cam', token],
        ['other', otherToken],
        ['cam', otherToken],
        ['cam', ''],
        ['cam', digestSecret(token)],
        ['nobody', token],
        ['nobody', ''],
      ].map(([id = '', secret = '']) => identity.isDevice(id, secret));
    expect(await Promise.all(known())).toEqual([true, true, false, false, false, false, false]);

    const renewed = (await identity.renewDeviceToken('cam', act)) ?? '';
    expect(renewed).not.toBe(token);
    expect(await Promise.all(known())).toEqual([false, true, false, false, false, false, false]);
    expect(await identity.isDevice('cam', renewed)).toBe(true);
    expect(await identity.renewDeviceToken('nobody', act)).toBeUndefined();
    expect(await identity.isDevice('nobody', '')).toBe(false);
    // A device's token is no token of the API.
    expect(await identity.fromToken(renewed)).toBeUndefined();
    const entries = await store.audit.list({ limit: 10 });
    expect(entries.map(({ actor, action, subject }) => [actor, action, subject])).toEqual([
      ['ann', 'device.token', 'cam'],
      ['ann', 'device.add', 'other'],
      ['ann', 'device.add', 'cam'],
    ]);
  });
});
