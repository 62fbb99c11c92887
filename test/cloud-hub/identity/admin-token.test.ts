import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ensureAdminToken } from '../../../cloud-hub/identity/admin-token.ts';
import { createIdentityService } from '../../../cloud-hub/identity/identity.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';

async function setUp() {
  const folder = tempFolder();
  const store = await openStore(folder, 0);
  onTestFinished(() => store.close());
  return { folder, store, identity: createIdentityService({ store, clock: new ManualClock() }) };
}

test('is made once, readable by its owner only, and stays', async () => {
  const { folder, store, identity } = await setUp();
  const first = await ensureAdminToken(folder, store, 77);
  expect(first.file).toBe(path.join(folder, 'admin.token'));
  expect(first.mismatch).toBe(false);
  expect(statSync(first.file).mode & 0o777).toBe(0o600);
  expect(readFileSync(first.file, 'utf8')).toBe(`${first.created}\n`);
  expect(await identity.fromToken(first.created ?? '')).toMatchObject({ role: 'admin', name: 'admin' });
  expect(await ensureAdminToken(folder, store, 78)).toEqual({ file: first.file, created: undefined, mismatch: false });
  expect(readFileSync(first.file, 'utf8')).toBe(`${first.created}\n`);
  expect(await store.tokens.list()).toMatchObject([{ name: 'admin', role: 'admin', createdAt: 77 }]);
  expect(existsSync(`${first.file}.new`)).toBe(false);
});

test('deleting it gives a new one, and ends the old one and its sessions, but nobody else', async () => {
  const { folder, store, identity } = await setUp();
  const first = await ensureAdminToken(folder, store, 0);
  const session = await identity.signIn({ token: first.created ?? '' });
  const other = await identity.newToken('grafana', { role: 'viewer' }, { name: 'admin' });
  const otherSession = await identity.signIn({ token: other?.token ?? '' });
  rmSync(first.file);
  const second = await ensureAdminToken(folder, store, 0);
  expect(second.created).not.toBe(first.created);
  expect(second.mismatch).toBe(false);
  expect(existsSync(second.file)).toBe(true);
  expect(await identity.fromToken(first.created ?? '')).toBeUndefined();
  expect(await identity.fromSession(session?.secret ?? '')).toBeUndefined();
  expect(await identity.fromToken(second.created ?? '')).toMatchObject({ role: 'admin', name: 'admin' });
  expect(await identity.fromToken(other?.token ?? '')).toMatchObject({ role: 'viewer', name: 'grafana' });
  expect(await identity.fromSession(otherSession?.secret ?? '')).toBeDefined();
});

test('a file with another token is told, not believed', async () => {
  const { folder, store, identity } = await setUp();
  const { file, created } = await ensureAdminToken(folder, store, 0);
  writeFileSync(file, 'hunter2\n');
  expect(await ensureAdminToken(folder, store, 0)).toEqual({ file, created: undefined, mismatch: true });
  expect(await identity.fromToken('hunter2')).toBeUndefined();
  expect(await identity.fromToken(created ?? '')).toBeDefined();
});

test('a start that broke off before the database knew the token makes a new one, for its owner only', async () => {
  const { folder, store, identity } = await setUp();
  writeFileSync(path.join(folder, 'admin.token'), 'of a start that broke off\n');
  writeFileSync(path.join(folder, 'admin.token.new'), 'of another one\n', { mode: 0o644 });
  const { file, created } = await ensureAdminToken(folder, store, 0);
  expect(readFileSync(file, 'utf8').trim()).toBe(created);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await identity.fromToken(created ?? '')).toBeDefined();
  expect(await identity.fromToken('of a start that broke off')).toBeUndefined();
});
