/** The steps of the workflow at their edges, and what a refresh fetches and keeps. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readFile } from '../../../shared/trust/file.ts';
import { maxBytesOf } from '../../../shared/trust/schema.ts';
import { newSigningKey, signMetadata } from '../../../shared/trust/sign.ts';
import { checkRoot, createTrust, type FetchMetadata } from '../../../shared/trust/trust.ts';
import {
  chainOf,
  isNamed,
  requireFresh,
  type Trusted,
  takeRoot,
  takeSnapshot,
  takeTargets,
  takeTimestamp,
  trustRoot,
} from '../../../shared/trust/workflow.ts';
import { tempFolder } from '../../support/temp.ts';
import { DAY, Forge, newKeys, START } from './forge.ts';

const PATH = 'm/1.0.0.tar.gz';

/** All that the forge publishes now, taken in order. */
function taken(forge: Forge): Trusted {
  const timestamp = takeTimestamp(trustRoot(forge.root), forge.file('timestamp.json'));
  const snapshot = takeSnapshot(timestamp, forge.file(`${forge.versions.snapshot}.snapshot.json`));
  return takeTargets(snapshot, forge.file(`${forge.versions.targets}.targets.json`));
}

function device(forge: Forge, folder = tempFolder()) {
  const fetched: string[] = [];
  const fetch: FetchMetadata = async (file, maxBytes) => {
    fetched.push(`${file} ${maxBytes}`);
    return forge.fetch(file, maxBytes);
  };
  const trust = createTrust({
    folder,
    root: forge.root,
    fetch,
    clock: { wall: () => forge.now },
    quality: () => 'synced',
  });
  return { trust, fetched, file: path.join(folder, 'trusted.json') };
}

test('each file needs the one above it', () => {
  const forge = new Forge();
  const root = trustRoot(forge.root);
  expect(() => takeSnapshot(root, forge.file('1.snapshot.json'))).toThrow(expect.objectContaining({ why: 'missing' }));
  const timestamp = takeTimestamp(root, forge.file('timestamp.json'));
  expect(() => takeTargets(timestamp, forge.file('1.targets.json'))).toThrow(
    expect.objectContaining({ why: 'missing' }),
  );
  const whole = taken(forge);
  for (const without of ['timestamp', 'snapshot', 'targets'] as const) {
    const { [without]: _, ...rest } = whole;
    expect(() => chainOf(rest), without).toThrow(expect.objectContaining({ why: 'missing' }));
  }
  expect(chainOf(whole)).toEqual(whole);
});

test('the same version of a timestamp again changes nothing, even with another content', () => {
  const forge = new Forge();
  const before = taken(forge);
  forge.versions.timestamp -= 1;
  forge.publishTimestamp(undefined, { x_signed_at: new Date(START + DAY).toISOString() });
  expect(takeTimestamp(before, forge.file('timestamp.json'))).toBe(before);
  forge.versions.timestamp = 0;
  forge.publish();
  forge.publishTimestamp(undefined, { version: before.timestamp?.signed.version ?? 0 });
  expect(takeTimestamp(before, forge.file('timestamp.json'))).toBe(before);
});

test('equal versions below are no rollback, older ones are', () => {
  const forge = new Forge();
  forge.publish();
  const before = taken(forge);
  // A newer timestamp over the same snapshot, a newer snapshot over the same targets.
  forge.publishTimestamp();
  expect(takeTimestamp(before, forge.file('timestamp.json')).timestamp?.signed.version).toBe(3);
  forge.publishSnapshot();
  forge.publishTimestamp();
  const after = takeTimestamp(before, forge.file('timestamp.json'));
  expect(takeSnapshot(after, forge.file('3.snapshot.json')).snapshot?.signed.version).toBe(3);
  forge.publishTimestamp(undefined, { meta: { 'snapshot.json': { ...forge.named('snapshot'), version: 1 } } });
  expect(() => takeTimestamp(before, forge.file('timestamp.json'))).toThrow(
    'snapshot.json named by timestamp.json: version 1 is older than the 2 known',
  );
  forge.publishSnapshot(undefined, { meta: { 'targets.json': { ...forge.named('targets'), version: 1 } } });
  forge.publishTimestamp();
  const newer = takeTimestamp(before, forge.file('timestamp.json'));
  expect(() => takeSnapshot(newer, forge.file('4.snapshot.json'))).toThrow(
    'targets.json named by snapshot.json: version 1 is older than the 2 known',
  );
});

test('a file is the one that is named only with its version, its length and its hash', () => {
  const forge = new Forge();
  const { snapshot } = taken(forge);
  if (!snapshot) throw new Error('no snapshot');
  const named = forge.named('snapshot');
  expect(isNamed(snapshot, named)).toBe(true);
  expect(isNamed(snapshot, { ...named, version: 2 })).toBe(false);
  expect(isNamed(snapshot, { ...named, length: named.length + 1 })).toBe(false);
  expect(isNamed(snapshot, { ...named, hashes: { sha256: '0'.repeat(64) } })).toBe(false);
});

test('what a new root leaves of the files below: everything, the targets only if they still count, nothing after a rotation', () => {
  for (const [role, kept] of [
    ['root', ['root', 'timestamp', 'snapshot', 'targets']],
    ['targets', ['root', 'timestamp', 'snapshot']],
    ['snapshot', ['root']],
    ['timestamp', ['root']],
  ] as const) {
    const forge = new Forge();
    const before = taken(forge);
    const signers = forge.keys.root;
    forge.keys = { ...forge.keys, [role]: [newSigningKey()] };
    forge.publishRoot([...signers, ...forge.keys.root]);
    expect(Object.keys(takeRoot(before, forge.file('2.root.json'))).toSorted(), role).toEqual(kept.toSorted());
  }
  // One more key beside the old ones, or the same in another order: of which only the first is a rotation.
  const forge = new Forge(newKeys({ snapshot: 2 }));
  const before = taken(forge);
  forge.keys = { ...forge.keys, snapshot: forge.keys.snapshot.toReversed() };
  forge.publishRoot(forge.keys.root);
  const turned = takeRoot(before, forge.file('2.root.json'));
  expect(turned.snapshot).toBe(before.snapshot);
  forge.keys = { ...forge.keys, snapshot: [...forge.keys.snapshot, newSigningKey()] };
  forge.publishRoot(forge.keys.root);
  expect(takeRoot(turned, forge.file('3.root.json'))).toEqual({ root: expect.objectContaining({ role: 'root' }) });
});

test('targets that the new root asks more signatures of no longer count; as many as it asks for do', () => {
  for (const [threshold, stays] of [
    [2, true],
    [3, false],
  ] as const) {
    const forge = new Forge(newKeys({ targets: 3 }), { targets: 2 });
    forge.publish({ targets: forge.keys.targets.slice(0, 2) });
    const before = taken(forge);
    forge.thresholds.targets = threshold;
    forge.publishRoot(forge.keys.root);
    expect(takeRoot(before, forge.file('2.root.json')).targets !== undefined).toBe(stays);
  }
});

test('a file holds until the very moment in which it expires', () => {
  const roles = ['root', 'timestamp', 'snapshot', 'targets'] as const;
  const forge = new Forge();
  const chain = chainOf(taken(forge));
  const ends = Math.min(...roles.map((role) => Date.parse(chain[role].signed.expires)));
  expect(ends).toBe(START + 2 * DAY);
  expect(() => requireFresh(chain, ends - 1)).not.toThrow();
  expect(() => requireFresh(chain, ends)).toThrow(
    'timestamp.json 1 has expired at 2026-06-03T00:00:00.000Z, and it is 2026-06-03T00:00:00.000Z',
  );
  for (const role of roles) {
    const late = {
      ...chain,
      [role]: { ...chain[role], signed: { ...chain[role].signed, expires: new Date(START).toISOString() } },
    };
    expect(() => requireFresh(late, START), role).toThrow(`${role}.json 1 has expired`);
    expect(() => requireFresh(late, START - 1), role).not.toThrow();
  }
});

test('a refresh fetches what is new and nothing else, within the lengths that are stated', async () => {
  const forge = new Forge();
  forge.addTarget(PATH);
  forge.publish();
  const { trust, fetched, file } = device(forge);
  await Promise.all([trust.refresh(), trust.refresh()]);
  const length = (role: 'snapshot' | 'targets') => forge.named(role).length;
  expect(fetched).toEqual([
    `2.root.json ${maxBytesOf.root}`,
    `timestamp.json ${maxBytesOf.timestamp}`,
    `2.snapshot.json ${length('snapshot')}`,
    `2.targets.json ${length('targets')}`,
  ]);
  expect(trust.versions()).toEqual({ root: 1, timestamp: 2, snapshot: 2, targets: 2 });

  // Nothing is written where nothing has changed.
  writeFileSync(file, 'as it was');
  fetched.length = 0;
  await trust.refresh();
  expect(fetched.map((line) => line.split(' ')[0])).toEqual(['2.root.json', 'timestamp.json']);
  expect(readFileSync(file, 'utf8')).toBe('as it was');

  fetched.length = 0;
  forge.publishSnapshot();
  forge.publishTimestamp();
  await trust.refresh();
  expect(fetched.map((line) => line.split(' ')[0])).toEqual(['2.root.json', 'timestamp.json', '3.snapshot.json']);
  expect(device(forge, path.dirname(file)).trust.versions()).toEqual(trust.versions());
});

test('a stated length never asks for more than the bound of its role', async () => {
  const forge = new Forge();
  const tooLong = { ...forge.named('snapshot'), length: maxBytesOf.snapshot * 10 };
  forge.publishTimestamp(undefined, { meta: { 'snapshot.json': tooLong } });
  const { trust, fetched } = device(forge);
  await expect(trust.refresh()).rejects.toMatchObject({ why: 'mismatch' });
  expect(fetched.at(-1)).toBe(`1.snapshot.json ${maxBytesOf.snapshot}`);
});

test('a fetcher that gives more than it was asked for is not believed; the bound itself is', async () => {
  const forge = new Forge();
  const padded = (bytes: Uint8Array, length: number) =>
    Buffer.concat([bytes, Buffer.alloc(length - bytes.length, ' ')]);
  const timestamp = forge.file('timestamp.json');
  forge.files.set('timestamp.json', padded(timestamp, maxBytesOf.timestamp + 1));
  const { trust } = device(forge);
  await expect(trust.refresh()).rejects.toMatchObject({
    why: 'size',
    message: `timestamp.json: more than ${maxBytesOf.timestamp} bytes`,
  });
  forge.files.set('timestamp.json', padded(timestamp, maxBytesOf.timestamp));
  await trust.refresh();
  expect(trust.versions().timestamp).toBe(1);
});

test('what is missing is named, and what came before it stays over a restart', async () => {
  const forge = new Forge();
  const folder = tempFolder();
  const targets = forge.file('1.targets.json');
  forge.files.delete('1.targets.json');
  await expect(device(forge, folder).trust.refresh()).rejects.toMatchObject({
    why: 'missing',
    message: 'the hub has no 1.targets.json',
  });
  forge.files.set('1.targets.json', targets);
  const { trust, fetched } = device(forge, folder);
  expect(trust.versions()).toEqual({ root: 1, timestamp: 1, snapshot: 1, targets: undefined });
  expect(() => trust.target(PATH)).toThrow('no complete set of signed metadata has been received yet');
  await trust.refresh();
  expect(fetched.map((line) => line.split(' ')[0])).toEqual(['2.root.json', 'timestamp.json', '1.targets.json']);
});

test('one refresh follows 64 new roots at most; the next goes on', async () => {
  const forge = new Forge();
  for (let count = 0; count < 70; count++) forge.publishRoot(forge.keys.root);
  const { trust } = device(forge);
  await trust.refresh();
  expect(trust.versions().root).toBe(65);
  await trust.refresh();
  expect(trust.versions().root).toBe(71);
});

test('a timestamp that does not say when it was signed sets no floor', async () => {
  const forge = new Forge();
  forge.addTarget(PATH);
  forge.publishTargets();
  forge.publishSnapshot();
  forge.publishTimestamp();
  const { x_signed_at: _, ...silent } = readFile('timestamp', forge.file('timestamp.json')).signed;
  forge.put('timestamp.json', signMetadata<'timestamp'>(silent, forge.keys.timestamp));
  const { trust } = device(forge);
  await trust.refresh();
  expect(trust.target(PATH).bytes).toBe(PATH.length);
});

test('a root out of its turn is told with the version that should come', () => {
  const forge = new Forge();
  const before = trustRoot(forge.root);
  forge.versions.root = 4;
  forge.publishRoot(forge.keys.root);
  expect(() => takeRoot(before, forge.file('5.root.json'))).toThrow('root.json 5: 2 should come next');
});

test('a root is checked by itself for those who install it', () => {
  const forge = new Forge();
  expect(checkRoot(forge.root)).toEqual({ version: 1, expires: new Date(START + 365 * DAY).toISOString() });
  forge.publishRoot([newSigningKey()]);
  expect(() => checkRoot(forge.file('2.root.json'))).toThrow(expect.objectContaining({ why: 'signature' }));
});
