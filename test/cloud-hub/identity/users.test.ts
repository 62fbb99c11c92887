/** People: invitation, password, sessions; guessing is slowed by network and by name, and locks nobody out. */
import { expect, onTestFinished, test } from 'vitest';
import { FailedAttempts } from '../../../cloud-hub/identity/attempts.ts';
import { createIdentityService, type Ended } from '../../../cloud-hub/identity/identity.ts';
import { createPasswords } from '../../../cloud-hub/identity/passwords.ts';
import { sealingWith } from '../../../cloud-hub/identity/sealing.ts';
import { createSecondFactors } from '../../../cloud-hub/identity/second-factor.ts';
import { createUsers, INVITATION_MS } from '../../../cloud-hub/identity/users.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';

const ann = '192.0.2.1';
const eve = '198.51.100.1';
const PASSWORD = 'correct horse battery';

async function setUp() {
  const clock = new ManualClock();
  const store = await openStore(tempFolder(), 0);
  onTestFinished(() => store.close());
  const over: Ended[] = [];
  const ended = (what: Ended) => over.push(what);
  const identity = createIdentityService({ store, clock, ended });
  const factors = createSecondFactors({
    ...{ store, clock, sealing: sealingWith(), wrong: new FailedAttempts(clock, 3) },
    log: createLogger('test', 'silent'),
  });
  const users = createUsers({
    ...{ store, clock, ended, factors, passwords: createPasswords(), begin: identity.begin },
    ...{ byName: new FailedAttempts(clock, 3), byAddress: new FailedAttempts(clock, 3) },
  });
  const maker = { role: 'admin', name: 'root', token: 1 } as const;
  const joined = async (name = 'ann') => {
    const made = await users.add(name, { role: 'viewer', scope: { site: 'berlin' } }, maker);
    const session = await users.join({ invitation: made?.invitation ?? '', password: PASSWORD }, ann);
    if (!made || !session || 'waitMs' in session) throw new Error('the invitation did not work');
    return { ...made, session };
  };
  const signIn = async (name: string, password: string, address: string) => {
    const found = await users.signIn({ name, password }, address);
    return 'waitMs' in found ? found.waitMs : found.identity.name;
  };
  return { clock, store, identity, users, maker, joined, signIn, over };
}

test('an invitation works once, within seven days, and only the newest of a user', async () => {
  const { clock, users, maker } = await setUp();
  const made = await users.add('ann', { role: 'viewer' }, maker);
  expect(await users.add('ann', { role: 'admin' }, maker)).toBeUndefined();
  const newer = await users.invite('ann', maker);
  expect(await users.join({ invitation: made?.invitation ?? '', password: PASSWORD }, ann)).toBeUndefined();
  await clock.advance(INVITATION_MS - 1);
  expect(await users.join({ invitation: newer?.invitation ?? '', password: PASSWORD }, ann)).toBeDefined();
  expect(await users.join({ invitation: newer?.invitation ?? '', password: PASSWORD }, ann)).toBeUndefined();
  const late = await users.invite('ann', maker);
  await clock.advance(INVITATION_MS);
  expect(await users.join({ invitation: late?.invitation ?? '', password: PASSWORD }, ann)).toBeUndefined();
  expect(await users.invite('nobody', maker)).toBeUndefined();
});

test('a user signs in by name and password, sees his devices, and is no token', async () => {
  const { identity, store, users, joined, maker } = await setUp();
  const { session, row } = await joined();
  const caller = await identity.fromSession(session.secret);
  expect(caller).toMatchObject({ role: 'viewer', name: 'ann', scope: { site: 'berlin' }, user: true });
  const again = await users.signIn({ name: 'ann', password: PASSWORD }, ann);
  expect(again).toMatchObject({ identity: { name: 'ann', token: row.id } });
  await identity.newToken('grafana', { role: 'viewer' }, maker);
  expect(await users.signIn({ name: 'grafana', password: PASSWORD }, ann)).toEqual({ waitMs: 0 });
  const actions = (await store.audit.list({ limit: 9 })).map(({ action, actor, address }) => [action, actor, address]);
  expect(actions).toEqual([
    ['token.add', 'root', undefined],
    ['session.begin', 'ann', ann],
    ['session.begin', 'ann', ann],
    ['user.join', 'ann', ann],
    ['user.add', 'root', undefined],
  ]);
});

test('guessing is slowed by network and by name; whoever signed in from his network before is not locked out', async () => {
  const { clock, joined, signIn } = await setUp();
  await joined();
  await joined('bob');
  for (let n = 0; n < 3; n++) expect(await signIn('ann', 'wrong', eve)).toBe(0);
  // Of the network: for other names too, and for the right password.
  expect(await signIn('bob', PASSWORD, eve)).toBeGreaterThan(0);
  expect(await signIn('ann', PASSWORD, eve)).toBeGreaterThan(0);
  // Of the name: from another network, which has done nothing.
  expect(await signIn('ann', PASSWORD, '203.0.113.1')).toBeGreaterThan(0);
  // He has signed in from there before.
  expect(await signIn('ann', PASSWORD, ann)).toBe('ann');
  await clock.advance(15 * 60_000);
  expect(await signIn('bob', PASSWORD, eve)).toBe('bob');
});

test('a colleague on the same network gets no more guesses by signing in himself in between', async () => {
  const { joined, signIn } = await setUp();
  await joined();
  await joined('bob');
  for (let n = 0; n < 3; n++) {
    expect(await signIn('ann', 'wrong', ann)).toBe(0);
    expect(await signIn('bob', PASSWORD, ann)).toBe('bob');
  }
  expect(await signIn('ann', 'wrong', ann)).toBeGreaterThan(0);
  expect(await signIn('bob', PASSWORD, ann)).toBe('bob');
});

test('many guesses at once get no more tries than one after another', async () => {
  const { joined, signIn } = await setUp();
  await joined();
  const tries = await Promise.all(Array.from({ length: 20 }, (_, n) => signIn('ann', `wrong-${n}`, eve)));
  expect(tries.filter((one) => one === 0)).toHaveLength(3);
});

test('changed rights, a new password by a link, and removal end the sessions; what is open is told', async () => {
  const { identity, users, maker, joined, over, signIn } = await setUp();
  const { session, row } = await joined();
  expect(await users.setRights('ann', { role: 'operator' }, maker)).toMatchObject({ role: 'operator' });
  expect(await identity.fromSession(session.secret)).toBeUndefined();
  const second = await users.signIn({ name: 'ann', password: PASSWORD }, ann);
  expect(second).toMatchObject({ identity: { role: 'operator' } });
  expect(second).not.toHaveProperty('identity.scope');
  const link = await users.invite('ann', maker);
  await users.join({ invitation: link?.invitation ?? '', password: 'another long password' }, ann);
  expect('secret' in second ? await identity.fromSession(second.secret) : '').toBeUndefined();
  expect(await signIn('ann', PASSWORD, ann)).toBe(0);
  expect(await signIn('ann', 'another long password', ann)).toBe('ann');
  over.length = 0;
  expect(await users.remove('ann', maker)).toBe(true);
  expect(over).toEqual([{ token: row.id }]);
  expect([await users.remove('ann', maker), await users.setRights('ann', { role: 'viewer' }, maker)]).toEqual([
    false,
    undefined,
  ]);
  expect(await signIn('ann', 'another long password', ann)).toBe(0);
});

test('a user changes his password with the one before; his other sessions end, this one stays', async () => {
  const { identity, users, joined, over } = await setUp();
  const { session } = await joined();
  const other = await users.signIn({ name: 'ann', password: PASSWORD }, ann);
  const caller = session.identity;
  expect(await users.changePassword(caller, 'wrong', 'a new long password')).toEqual({ waitMs: 0 });
  over.length = 0;
  expect(await users.changePassword(caller, PASSWORD, 'a new long password')).toBe(true);
  expect(await identity.fromSession(session.secret)).toBeDefined();
  expect('secret' in other ? await identity.fromSession(other.secret) : '').toBeUndefined();
  expect(over).toHaveLength(1);
  for (let n = 0; n < 3; n++) await users.changePassword(caller, 'wrong', 'a new long password');
  expect(await users.changePassword(caller, 'a new long password', PASSWORD)).toMatchObject({
    waitMs: expect.any(Number),
  });
});

test('a token with an end is refused from then on, with its sessions', async () => {
  const { clock, identity, maker } = await setUp();
  const made = await identity.newToken('ci', { role: 'operator', expiresAt: clock.wall() + 1000 }, maker);
  const session = await identity.signIn({ token: made?.token ?? '' });
  await clock.advance(999);
  expect(await identity.fromToken(made?.token ?? '')).toBeDefined();
  await clock.advance(1);
  expect(await identity.fromToken(made?.token ?? '')).toBeUndefined();
  expect(await identity.fromSession(session?.secret ?? '')).toBeUndefined();
});

test('who may do less now has no more by a code that he made before, nor by a sign-in that was under way', async () => {
  const { identity, users, joined, maker } = await setUp();
  const { row } = await joined();
  await users.setRights('ann', { role: 'admin' }, maker);
  const code = await identity.newCode('admin', { role: 'admin', name: 'ann', token: row.id, user: true });
  const underWay = users.signIn({ name: 'ann', password: PASSWORD }, ann);
  // His row was read, and his password is looked at.
  await new Promise((resolve) => setTimeout(resolve, 5));
  await users.setRights('ann', { role: 'viewer' }, maker);
  expect(await identity.signIn({ code: code?.code ?? '' })).toBeUndefined();
  const session = await underWay;
  expect(await identity.fromSession('secret' in session ? session.secret : '')).toMatchObject({ role: 'viewer' });
});
