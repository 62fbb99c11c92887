/** Signed metadata as people see it: state, warnings in time, the job that keeps it fresh, the audit. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { trustState } from '../../../../cloud-hub/contract/trust.ts';
import { OnlineKeys } from '../../../../cloud-hub/registry/signing/online-keys.ts';
import { Repository } from '../../../../cloud-hub/registry/signing/repository.ts';
import { rootOf, Signing } from '../../../../cloud-hub/registry/signing/signing.ts';
import { openStore } from '../../../../cloud-hub/store/store.ts';
import { createLogger } from '../../../../shared/kit/log.ts';
import { DAY, Forge } from '../../../shared/trust/forge.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { tempFolder } from '../../../support/temp.ts';

const START = Date.UTC(2026, 5, 1);
const HOUR = DAY / 24;
const iso = (ms: number) => new Date(ms).toISOString();
const act = { at: START, actor: 'ann' };

async function bench() {
  const folder = tempFolder();
  const store = await openStore(folder, 0);
  onTestFinished(() => store.close());
  const clock = new ManualClock(START);
  const keys = new OnlineKeys(path.join(folder, 'keys'));
  const metadata = path.join(folder, 'metadata');
  const repository = new Repository(metadata, keys, clock);
  const signing = new Signing({ repository, keys, store, clock, log: createLogger('test', 'silent') });
  onTestFinished(() => signing.stop());
  const forge = new Forge();
  forge.now = START;
  forge.versions = { root: 0, targets: 0, snapshot: 0, timestamp: 0 };
  const publish = (role: 'root' | 'targets') => {
    if (role === 'root') {
      forge.publishRoot(forge.keys.root, { snapshot: [keys.next('snapshot')], timestamp: [keys.next('timestamp')] });
    } else forge.publishTargets();
    return signing.publish(role, forge.file(`${forge.versions[role]}.${role}.json`), act);
  };
  const audit = async () =>
    (await store.audit.list({ limit: 100 })).map(({ action, subject, detail }) => ({ action, subject, detail }));
  return { store, clock, keys, repository, signing, forge, publish, audit, metadata };
}

test('nothing, a root, targets: what is told of each, and who published it', async () => {
  const { signing, keys, forge, publish, audit } = await bench();
  const online = { snapshot: keys.next('snapshot').public, timestamp: keys.next('timestamp').public };
  expect(signing.state()).toEqual({
    online,
    targets: 0,
    warnings: ['nothing is signed yet: devices install no model (`vedette-hub keys init`)'],
  });
  const first = trustState.parse(await publish('root'));
  // What is not there yet has version 0.
  expect(first).toMatchObject({
    online,
    targets: 0,
    warnings: [],
    roles: { root: { version: 1 }, targets: { version: 0 } },
  });
  forge.addTarget('a/1.0.0.tar.gz');
  forge.addTarget('b/1.0.0.tar.gz');
  const state = trustState.parse(await publish('targets'));
  const idsOf = (role: 'root' | 'targets') => forge.keys[role].map((key) => key.id);
  expect(state).toEqual({
    online,
    targets: 2,
    warnings: [],
    roles: {
      root: { version: 1, expiresAt: iso(START + 365 * DAY), threshold: 1, keys: idsOf('root') },
      targets: { version: 1, expiresAt: iso(START + 365 * DAY), threshold: 1, keys: idsOf('targets') },
      snapshot: { version: 1, expiresAt: iso(START + 30 * DAY), threshold: 1, keys: [keys.next('snapshot').id] },
      timestamp: { version: 1, expiresAt: iso(START + 2 * DAY), threshold: 1, keys: [keys.next('timestamp').id] },
    },
  });
  const renewed = await signing.renewKey('timestamp', act);
  expect(renewed.online.timestamp).toEqual(keys.next('timestamp').public);
  expect(renewed.online).not.toEqual(online);
  expect(renewed.roles).toEqual(state.roles);
  await expect(signing.publish('targets', Buffer.from('{}'), act)).rejects.toThrow();
  expect(await audit()).toEqual([
    { action: 'trust.online-key', subject: 'timestamp', detail: { key: keys.next('timestamp').id } },
    { action: 'trust.targets', subject: 'targets.json', detail: { version: 1 } },
    { action: 'trust.root', subject: 'root.json', detail: { version: 1 } },
  ]);
});

test('people are told from sixty days before root or targets expire, and from then on that they have', async () => {
  const { signing, clock, forge, publish } = await bench();
  await publish('root');
  await publish('targets');
  const reported = (ms: number) => {
    clock.setWall(ms);
    return signing.state().warnings;
  };
  const end = START + 365 * DAY;
  expect(reported(end - 60 * DAY - 1)).toEqual([]);
  const soon = (role: string) =>
    `${role}.json expires at ${iso(end)}; sign it anew with \`vedette-hub keys renew ${role}\``;
  expect(reported(end - 60 * DAY)).toEqual([soon('root'), soon('targets')]);
  expect(reported(end - 1)).toEqual([soon('root'), soon('targets')]);
  expect(reported(end)[0]).toBe(
    `root.json has expired at ${iso(end)}: nothing can be installed; sign it anew with \`vedette-hub keys renew root\``,
  );
  forge.now = end - 1;
  clock.setWall(end - 1);
  await publish('targets');
  expect(signing.state().warnings).toEqual([soon('root')]);
});

test('each hour it is looked whether something has to be signed, from the start to the stop', async () => {
  const { signing, clock, repository, publish } = await bench();
  await publish('root');
  await publish('targets');
  const version = () => repository.state?.timestamp?.signed.version;
  signing.start();
  expect(version()).toBe(1);
  await clock.advance(DAY);
  expect(version()).toBe(1);
  await clock.advance(HOUR - 1);
  expect(version()).toBe(1);
  await clock.advance(1);
  expect(version()).toBe(2);
  signing.stop();
  await clock.advance(3 * DAY);
  expect(version()).toBe(2);
  // At the start as well, not an hour later.
  signing.start();
  expect(version()).toBe(3);
});

test('a renewal that fails changes nothing, and is tried again each hour', async () => {
  const { signing, clock, repository, publish, metadata } = await bench();
  await publish('root');
  await publish('targets');
  signing.start();
  // Somebody puts a file where the folder was.
  renameSync(metadata, `${metadata}.away`);
  writeFileSync(metadata, '');
  await clock.advance(30 * HOUR);
  expect(repository.state?.timestamp?.signed.version).toBe(1);
  rmSync(metadata);
  renameSync(`${metadata}.away`, metadata);
  await clock.advance(HOUR);
  expect(repository.state?.timestamp?.signed.version).toBe(2);
});

test('a new device begins with the newest root, byte by byte; before the first there is none', async () => {
  const { signing, forge, publish } = await bench();
  expect(rootOf(signing)).toEqual({});
  for (const version of [1, 2]) {
    await publish('root');
    expect(rootOf(signing)).toEqual({ trustRoot: Buffer.from(forge.file(`${version}.root.json`)).toString('utf8') });
  }
});
