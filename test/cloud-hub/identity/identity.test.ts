import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ensureAdminToken } from '../../../cloud-hub/identity/admin-token.ts';
import { FailedAttempts } from '../../../cloud-hub/identity/attempts.ts';
import { CODE_MS, createIdentityService, SESSION_MS } from '../../../cloud-hub/identity/identity.ts';
import { digestSecret, matchesDigest, newSecret } from '../../../cloud-hub/identity/secrets.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';

async function setUp() {
  const folder = tempFolder();
  const store = await openStore(folder, 0);
  onTestFinished(() => store.close());
  const clock = new ManualClock();
  return { folder, store, clock, identity: createIdentityService({ store, clock }) };
}

test('a secret matches its own digest only', () => {
  const secret = newSecret();
  expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  expect(matchesDigest(secret, digestSecret(secret))).toBe(true);
  expect(matchesDigest(secret, digestSecret(newSecret()))).toBe(false);
  for (const digest of ['', 'zz', digestSecret(secret).slice(0, 60), `${digestSecret(secret)}00`]) {
    expect(matchesDigest(secret, digest)).toBe(digest.length === 66);
  }
});

describe('admin.token', () => {
  test('is made once, readable by its owner only, and stays', async () => {
    const { folder, store, identity } = await setUp();
    const first = await ensureAdminToken(folder, store, 0);
    expect(statSync(first.file).mode & 0o777).toBe(0o600);
    expect(readFileSync(first.file, 'utf8').trim()).toBe(first.created);
    expect(await identity.fromToken(first.created ?? '')).toEqual({ role: 'admin', name: 'admin' });
    expect(await ensureAdminToken(folder, store, 0)).toMatchObject({ created: undefined, mismatch: false });
  });

  test('deleting it gives a new one, and ends the old one and its sessions', async () => {
    const { folder, store, identity } = await setUp();
    const first = await ensureAdminToken(folder, store, 0);
    const session = await identity.signIn({ token: first.created ?? '' });
    rmSync(first.file);
    const second = await ensureAdminToken(folder, store, 0);
    expect(second.created).not.toBe(first.created);
    expect(existsSync(second.file)).toBe(true);
    expect(await identity.fromToken(first.created ?? '')).toBeUndefined();
    expect(await identity.fromSession(session?.secret ?? '')).toBeUndefined();
    expect(await identity.fromToken(second.created ?? '')).toBeDefined();
  });

  test('a file with another token is told, not believed', async () => {
    const { folder, store, identity } = await setUp();
    const { file } = await ensureAdminToken(folder, store, 0);
    writeFileSync(file, 'hunter2\n');
    expect(await ensureAdminToken(folder, store, 0)).toMatchObject({ created: undefined, mismatch: true });
    expect(await identity.fromToken('hunter2')).toBeUndefined();
  });
});

describe('sessions and codes', () => {
  test('a code signs in once', async () => {
    const { identity } = await setUp();
    const { code } = await identity.newCode('operator');
    expect((await identity.signIn({ code }))?.identity.role).toBe('operator');
    expect(await identity.signIn({ code })).toBeUndefined();
  });

  test('a code ends after ten minutes', async () => {
    const { identity, clock } = await setUp();
    const { code } = await identity.newCode('viewer');
    await clock.advance(CODE_MS);
    expect(await identity.signIn({ code })).toBeUndefined();
  });

  test('a session ends after twelve hours, or when signed out', async () => {
    const { identity, clock } = await setUp();
    const begin = async () => (await identity.signIn({ code: (await identity.newCode('viewer')).code }))?.secret ?? '';
    const first = await begin();
    await clock.advance(SESSION_MS - 1);
    const second = await begin();
    expect(await identity.fromSession(first)).toBeDefined();
    await clock.advance(1);
    expect(await identity.fromSession(first)).toBeUndefined();
    expect(await identity.fromSession(second)).toBeDefined();
    await identity.signOut(second);
    expect(await identity.fromSession(second)).toBeUndefined();
  });

  test('ending a token ends its sessions', async () => {
    const { identity } = await setUp();
    const made = await identity.newToken('grafana', 'viewer');
    expect(await identity.newToken('grafana', 'admin')).toBeUndefined();
    const session = await identity.signIn({ token: made?.token ?? '' });
    expect(session?.identity).toEqual({ role: 'viewer', name: 'grafana' });
    expect(await identity.removeToken(made?.row.id ?? 0)).toBe(true);
    expect(await identity.fromSession(session?.secret ?? '')).toBeUndefined();
    expect(await identity.fromToken(made?.token ?? '')).toBeUndefined();
  });
});

test('failed attempts: after ten an address waits for the end of the window', async () => {
  const clock = new ManualClock();
  const attempts = new FailedAttempts(clock, 10, 60_000);
  for (let n = 0; n < 10; n++) {
    expect(attempts.waitMs('a')).toBe(0);
    attempts.failed('a');
  }
  await clock.advance(20_000);
  expect(attempts.waitMs('a')).toBe(40_000);
  expect(attempts.waitMs('b')).toBe(0);
  await clock.advance(40_000);
  expect(attempts.waitMs('a')).toBe(0);
});
