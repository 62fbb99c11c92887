/** Each attack that the TUF specification (1.5.2 "Goals to protect against specific attacks") names, and theft of keys. */
import { expect, test } from 'vitest';
import { TrustError } from '../../../shared/trust/error.ts';
import { newSigningKey } from '../../../shared/trust/sign.ts';
import { createTrust, type Trust, type TrustOptions } from '../../../shared/trust/trust.ts';
import { tempFolder } from '../../support/temp.ts';
import { DAY, Forge, newKeys } from './forge.ts';

const PATH = 'yolox-nano/1.0.0.tar.gz';

function device(forge: Forge, more: Partial<TrustOptions> = {}): Trust {
  return createTrust({
    folder: tempFolder(),
    root: forge.root,
    fetch: forge.fetch,
    clock: { wall: () => forge.now },
    quality: () => 'synced',
    ...more,
  });
}

async function refused(trust: Trust): Promise<string> {
  const error = await trust.refresh().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TrustError)) throw new Error(`not refused: ${String(error)}`);
  return error.why;
}

async function settled(forge = new Forge()): Promise<{ forge: Forge; trust: Trust }> {
  forge.addTarget(PATH);
  forge.publish();
  const trust = device(forge);
  await trust.refresh();
  return { forge, trust };
}

test('what is signed is trusted, and follows', async () => {
  const { forge, trust } = await settled();
  expect(trust.target(PATH)).toEqual({ path: PATH, digest: `sha256:${forge.targets[PATH]?.hashes.sha256}`, bytes: 23 });
  expect(() => trust.target('other/1.0.0.tar.gz')).toThrow(/not in targets/);
  forge.addTarget('other/1.0.0.tar.gz');
  forge.publish();
  await trust.refresh();
  expect(trust.target('other/1.0.0.tar.gz').bytes).toBe(18);
  expect(() => trust.target('toString')).toThrow(/not in targets/);
});

test('arbitrary installation: a foreign key, a changed byte and a missing signature are refused for every role', async () => {
  for (const role of ['targets', 'snapshot', 'timestamp'] as const) {
    const { forge, trust } = await settled();
    forge.addTarget('evil/1.0.0.tar.gz');
    forge.publish({ [role]: [newSigningKey()] });
    expect(await refused(trust), role).toBe('signature');
    expect(() => trust.target('evil/1.0.0.tar.gz')).toThrow(TrustError);
  }
  const { forge, trust } = await settled();
  forge.publishRoot([newSigningKey()]);
  expect(await refused(trust)).toBe('signature');
});

test('endless data: a file beyond the length that is stated, or the bound, is refused', async () => {
  const { forge, trust } = await settled();
  forge.files.set('timestamp.json', Buffer.alloc(20_000, ' '));
  expect(await refused(trust)).toBe('size');
  forge.publish();
  const name = `${forge.versions.targets}.targets.json`;
  forge.files.set(name, Buffer.concat([forge.file(name), Buffer.alloc(1)]));
  expect(await refused(trust)).toBe('size');
});

test('rollback: an older timestamp, snapshot or targets is refused, also after a restart', async () => {
  const forge = new Forge();
  forge.addTarget(PATH);
  forge.publish();
  const old = new Map(forge.files);
  forge.publish();
  const folder = tempFolder();
  await device(forge, { folder }).refresh();
  const restarted = () => device(forge, { folder });

  forge.files.set('timestamp.json', old.get('timestamp.json') ?? new Uint8Array());
  expect(await refused(restarted())).toBe('rollback');
  // With the timestamp key in hand, an older snapshot can be named; and with both online keys, older targets.
  forge.publishTimestamp(undefined, { meta: { 'snapshot.json': { ...forge.named('snapshot'), version: 1 } } });
  expect(await refused(restarted())).toBe('rollback');
  forge.publishSnapshot(undefined, { meta: { 'targets.json': { ...forge.named('targets'), version: 1 } } });
  forge.publishTimestamp();
  expect(await refused(restarted())).toBe('rollback');
});

test('rollback of the root: a version left out, or the same again, is refused', async () => {
  const { forge, trust } = await settled();
  forge.versions.root = 2;
  forge.publishRoot(forge.keys.root);
  forge.files.set('2.root.json', forge.file('3.root.json'));
  expect(await refused(trust)).toBe('rollback');
  forge.files.set('2.root.json', forge.root);
  expect(await refused(trust)).toBe('rollback');
});

test('indefinite freeze: files that nobody vouches for any more are refused, and so is what they name', async () => {
  const { forge, trust } = await settled();
  forge.now += 3 * DAY;
  expect(await refused(trust)).toBe('expired');
  expect(() => trust.target(PATH)).toThrow(/timestamp.json 2 has expired/);
  forge.publishTimestamp();
  await trust.refresh();
  expect(trust.target(PATH)).toBeDefined();
});

test.each(['root', 'snapshot', 'targets'] as const)('an expired %s is refused', async (role) => {
  const { forge, trust } = await settled();
  const expires = new Date(forge.now - 1).toISOString();
  if (role === 'root') forge.publishRoot(forge.keys.root, {}, { expires });
  forge.publishTargets(undefined, role === 'targets' ? { expires } : {});
  forge.publishSnapshot(undefined, role === 'snapshot' ? { expires } : {});
  forge.publishTimestamp();
  expect(await refused(trust)).toBe('expired');
});

test('mix and match: files of different times do not go together', async () => {
  const { forge, trust } = await settled();
  const old = forge.file(`${forge.versions.targets}.targets.json`);
  forge.addTarget('other/1.0.0.tar.gz');
  forge.publish();
  const name = `${forge.versions.targets}.targets.json`;
  const right = forge.file(name);
  forge.files.set(name, old);
  expect(await refused(trust)).toBe('mismatch');
  // Half of a refresh is nothing that a target could be taken from.
  expect(() => trust.target(PATH)).toThrow(/not the file that is named/);
  forge.files.set(name, right);
  await trust.refresh();
  expect(trust.target('other/1.0.0.tar.gz')).toBeDefined();
});

test('malicious mirror: what it withholds or garbles changes nothing', async () => {
  const { forge, trust } = await settled();
  const before = trust.versions();
  for (const garbage of [
    '',
    '{}',
    'null',
    '[]',
    '{"signed":{},"signatures":[]}',
    '{"signed":{"_type":"timestamp"',
    '\xff',
  ]) {
    forge.files.set('timestamp.json', Buffer.from(garbage, 'latin1'));
    expect(await refused(trust)).toBe('malformed');
  }
  forge.files.delete('timestamp.json');
  expect(await refused(trust)).toBe('missing');
  expect(trust.versions()).toEqual(before);
  expect(trust.target(PATH)).toBeDefined();
});

test('wrong software: a target of another name is not the one that was asked for', async () => {
  const { forge, trust } = await settled();
  forge.addTarget('other/1.0.0.tar.gz');
  forge.publish();
  await trust.refresh();
  expect(trust.target(PATH).digest).not.toBe(trust.target('other/1.0.0.tar.gz').digest);
});

test('fast-forward: versions that a thief drove up fall again when root takes the keys away', async () => {
  const { forge, trust } = await settled();
  const before = { ...forge.versions };
  forge.versions.timestamp = 2_000_000_000;
  forge.versions.snapshot = 2_000_000_000;
  forge.publishSnapshot();
  forge.publishTimestamp();
  await trust.refresh();

  forge.versions = { ...before };
  forge.publish();
  expect(await refused(trust)).toBe('rollback');
  forge.keys = { ...forge.keys, snapshot: [newSigningKey()], timestamp: [newSigningKey()] };
  forge.publishRoot(forge.keys.root);
  forge.publish();
  await trust.refresh();
  expect(trust.versions()).toMatchObject({ root: 2, snapshot: before.snapshot + 2, timestamp: before.timestamp + 2 });
  expect(trust.target(PATH)).toBeDefined();
});

test('fast-forward of the snapshot alone is undone by rotating its key alone', async () => {
  const { forge, trust } = await settled();
  const before = { ...forge.versions };
  forge.versions.snapshot = 2_000_000_000;
  forge.publishSnapshot();
  forge.publishTimestamp();
  await trust.refresh();
  forge.versions.snapshot = before.snapshot;
  forge.keys = { ...forge.keys, snapshot: [newSigningKey()] };
  forge.publishRoot(forge.keys.root);
  forge.publishSnapshot();
  forge.publishTimestamp();
  await trust.refresh();
  expect(trust.versions().snapshot).toBe(before.snapshot + 1);
});

test('theft of all online keys installs nothing', async () => {
  const { forge, trust } = await settled();
  const thief = [...forge.keys.snapshot, ...forge.keys.timestamp];
  forge.addTarget('evil/1.0.0.tar.gz');
  forge.publish({ targets: thief });
  expect(await refused(trust)).toBe('signature');
  expect(() => trust.target('evil/1.0.0.tar.gz')).toThrow(TrustError);
  // Nor can it give itself the right to: a root needs root keys.
  forge.keys = { ...forge.keys, targets: thief };
  forge.publishRoot(thief);
  expect(await refused(trust)).toBe('signature');
});

test('key compromise below the threshold: one of two targets keys, twice, under two ids, is one', async () => {
  const forge = new Forge(newKeys({ targets: 3 }), { targets: 2 });
  const { trust } = await settled(forge);
  const [stolen] = forge.keys.targets;
  if (!stolen) throw new Error('no key');
  forge.addTarget('evil/1.0.0.tar.gz');
  forge.publish({ targets: [stolen] });
  expect(await refused(trust)).toBe('signature');
  forge.publish({ targets: [stolen, stolen, newSigningKey()] });
  expect(await refused(trust)).toBe('signature');
  forge.publish({ targets: forge.keys.targets.slice(1) });
  await trust.refresh();
  expect(trust.target('evil/1.0.0.tar.gz')).toBeDefined();
});

test('a key listed under an id that is not its own does not count', async () => {
  const forge = new Forge(newKeys(), { targets: 2 });
  const [key] = forge.keys.targets;
  if (!key) throw new Error('no key');
  const alias = { ...key, id: 'ab'.repeat(32) };
  forge.keys = { ...forge.keys, targets: [key, alias] };
  forge.publishRoot(forge.keys.root);
  forge.publish({ targets: [key, alias] });
  expect(await refused(device(forge))).toBe('signature');
});

test('rotation of the root goes through every version, and old keys are worth nothing afterwards', async () => {
  const { forge, trust } = await settled();
  const first = forge.keys.root;
  for (let count = 0; count < 5; count++) {
    const before = forge.keys.root;
    forge.keys = { ...forge.keys, root: [newSigningKey()] };
    forge.publishRoot([...before, ...forge.keys.root]);
  }
  await trust.refresh();
  expect(trust.versions().root).toBe(6);
  forge.publishRoot(first);
  expect(await refused(trust)).toBe('signature');
});

test('a new root whose own threshold is not met is refused', async () => {
  const { forge, trust } = await settled();
  const before = forge.keys.root;
  forge.keys = { ...forge.keys, root: [newSigningKey()] };
  forge.publishRoot(before);
  expect(await refused(trust)).toBe('signature');
});

test('targets keys that are rotated out no longer vouch for what they have signed', async () => {
  const { forge, trust } = await settled();
  forge.keys = { ...forge.keys, targets: [newSigningKey()] };
  forge.publishRoot(forge.keys.root);
  expect(await refused(trust)).toBe('signature');
  expect(() => trust.target(PATH)).toThrow(TrustError);
  forge.publish();
  await trust.refresh();
  expect(trust.target(PATH)).toBeDefined();
});
