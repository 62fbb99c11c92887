/** What `vedette-agent doctor` says of a device that was enrolled: identity, certificate, TLS, acceptance, outbox. */
import { chmodSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../agent/config.ts';
import { lookAtHubSide } from '../../../agent/doctor/hub.ts';
import { examineIdentity } from '../../../agent/doctor/identity.ts';
import { examineOutbox, outboxWords } from '../../../agent/doctor/outbox.ts';
import { enrol, filesOf } from '../../../agent/identity/enrol.ts';
import { readIdentity, writeIdentity } from '../../../agent/identity/file.ts';
import { type Clock, systemClock } from '../../../shared/kit/clock.ts';
import { openSqlite } from '../../../shared/kit/sqlite.ts';
import { keyPem, newKey } from '../../../shared/pki/keys.ts';
import { exactTime } from '../../../shared/pki/time.ts';
import { newClaim, secureHub } from '../../support/secure-hub.ts';
import { tempFolder } from '../../support/temp.ts';

const DAY_MS = 86_400_000;

async function device() {
  const hub = await secureHub();
  const folder = tempFolder();
  await enrol({
    ...{ hub: hub.url, claim: await newClaim(hub), device: 'gate', folder },
    ...{ reaches: async () => true, print: () => undefined, signal: new AbortController().signal },
    ...{ clock: systemClock, isSynced: () => true },
  });
  const files = filesOf(folder);
  const look = async ({ busy = false, clock = systemClock as Clock } = {}) =>
    lookAtHubSide(loadConfig(files.config), busy, clock);
  return { hub, folder, files, look };
}

const short = (findings: Awaited<ReturnType<typeof lookAtHubSide>>) =>
  findings.map(({ subject, level }) => `${subject} ${level}`);

test('an enrolled device: its certificate, the root, who answers, and that it is taken', async () => {
  const { look } = await device();
  const found = await look();
  expect(short(found)).toEqual(['certificate ok', 'root of the hub ok', 'TLS ok', 'hub ok']);
  expect(found.at(-1)?.text).toMatch(/accepts "gate"/);
  // While the agent runs nobody connects under its name; who answers is looked at all the same.
  const busy = await look({ busy: true });
  expect([short(busy), busy.at(-1)?.text]).toEqual([short(found), expect.stringContaining('not tried')]);
});

test('with a clock at 1970 all is as with a right one', async () => {
  const { look } = await device();
  const found = await look({ clock: { ...systemClock, wall: () => 0 } });
  expect(short(found)).toEqual(['certificate ok', 'root of the hub ok', 'TLS ok', 'hub ok']);
});

test('a hub with another root is told with what to compare; one that is gone, with what to look at', async () => {
  const { hub, files, look } = await device();
  const other = await secureHub();
  const identity = readIdentity(files.identity);
  writeIdentity(files.identity, { ...identity, roots: other.authority.roots().join('\n') });
  expect((await look()).filter(({ subject }) => subject === 'TLS')).toMatchObject([
    {
      level: 'broken',
      text: expect.stringContaining('not signed by an authority'),
      advice: expect.stringContaining('vedette-hub ca show'),
    },
  ]);
  await hub.hub.stop();
  expect((await look()).filter(({ subject }) => subject === 'TLS')).toMatchObject([
    { level: 'broken', advice: expect.stringContaining('firewall') },
  ]);
});

test('a certificate that is late, ended, or was revoked', async () => {
  const { hub, files, look } = await device();
  const at = (days: number) => examineIdentity(files.identity, exactTime(systemClock.wall() + days * DAY_MS))[0];
  expect([at(10)?.level, at(26)?.level, at(31)?.level]).toEqual(['ok', 'note', 'broken']);
  expect(at(26)?.advice).toMatch(/can it reach the hub/);
  expect(at(31)?.advice).toMatch(/grace/);
  await hub.request('/api/v1/devices/gate/revoke', { body: { reason: 'stolen' } });
  expect((await look()).at(-1)).toMatchObject({
    subject: 'hub',
    level: 'broken',
    advice: expect.stringContaining('enroll'),
  });
});

test("an identity that is cut, another box's, readable for all, gone, or not finished; a renewal on its way", async () => {
  const { files } = await device();
  const time = exactTime(systemClock.wall());
  const look = () => examineIdentity(files.identity, time);
  chmodSync(files.identity, 0o644);
  expect(look()[0]).toMatchObject({ level: 'note', advice: `chmod o-rwx ${files.identity}` });
  chmodSync(files.identity, 0o600);
  const good = readIdentity(files.identity);
  writeIdentity(files.identity, { ...good, next: { key: keyPem(newKey()) } });
  expect(short(look())).toEqual(['certificate ok', 'renewal note', 'root of the hub ok']);
  writeIdentity(files.identity, { ...good, current: { ...good.current, key: keyPem(newKey()) } });
  expect(look()).toMatchObject([{ level: 'broken', text: expect.stringContaining('not one of the key') }]);
  truncateSync(files.identity, 100);
  expect(look()).toMatchObject([{ level: 'broken', text: expect.stringContaining('not JSON') }]);
  rmSync(files.identity);
  expect(look()).toMatchObject([{ level: 'broken', advice: expect.stringContaining('enroll') }]);
  writeFileSync(files.pending, '{}');
  expect(look()).toMatchObject([{ level: 'broken', advice: expect.stringContaining('the claim counts once') }]);
});

test('the outbox: not there, whole, damaged, of the future', () => {
  const folder = tempFolder();
  expect(examineOutbox(folder)).toMatchObject({ level: 'ok' });
  const file = path.join(folder, 'outbox.db');
  const database = openSqlite(file, { synchronous: 'NORMAL' });
  database.exec('CREATE TABLE meta (only INTEGER, state TEXT); PRAGMA user_version = 99');
  database.close();
  expect(examineOutbox(folder)).toMatchObject({ level: 'broken', text: expect.stringContaining('format 99') });
  writeFileSync(file, 'x'.repeat(5000));
  expect(examineOutbox(folder)).toMatchObject({ level: 'broken', advice: expect.stringContaining('start the agent') });
  const tally = (records: number) => ({ records, bytes: records * 1000 });
  const meta = {
    ...{
      epoch: 'e',
      nextSeq: 9,
      refused: 1,
      givenUp: 2,
      starts: [],
      earlier: [],
      inDoubt: [],
      secure: true,
      keys: [],
      plain: true,
    },
    held: [tally(1), tally(2), tally(3), tally(4)] as [
      ReturnType<typeof tally>,
      ReturnType<typeof tally>,
      ReturnType<typeof tally>,
      ReturnType<typeof tally>,
    ],
  };
  expect(outboxWords({ format: 2, meta })).toEqual({ text: '10 records (0.0 MB) wait; 1 refused, 2 given up so far' });
  expect(outboxWords({ format: 2, meta: undefined }).wrong?.level).toBe('note');
});
