import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf } from '../../../shared/kit/digest.ts';
import { type RoleName, roleNames } from '../../../shared/trust/schema.ts';
import { newSigningKey } from '../../../shared/trust/sign.ts';
import { loadTrusted, saveTrusted } from '../../../shared/trust/state.ts';
import { createTrust } from '../../../shared/trust/trust.ts';
import { tempFolder } from '../../support/temp.ts';
import { Forge, newKeys } from './forge.ts';

const PATH = 'm/1.0.0.tar.gz';

function device(forge: Forge, folder: string, onDamaged?: (reason: string) => void) {
  return createTrust({
    folder,
    root: forge.root,
    fetch: forge.fetch,
    clock: { wall: () => forge.now },
    quality: () => 'synced',
    ...(onDamaged ? { onDamaged } : {}),
  });
}

async function withState() {
  const forge = new Forge();
  forge.addTarget(PATH);
  forge.publish();
  const folder = path.join(tempFolder(), 'trust');
  await device(forge, folder).refresh();
  return { forge, folder, file: path.join(folder, 'trusted.json') };
}

test('what was trusted is trusted after a restart, without the hub', async () => {
  const { forge, folder, file } = await withState();
  const reported: string[] = [];
  const trust = device(forge, folder, (reason) => reported.push(reason));
  expect(trust.target(PATH).bytes).toBe(PATH.length);
  expect(reported).toEqual([]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['trusted.json']);
});

test('a damaged state begins anew from the root of the device, whatever the damage', async () => {
  const { forge, folder, file } = await withState();
  const whole = readFileSync(file);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(whole.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      async (at, flip, cut) => {
        const bytes = cut ? whole.subarray(0, at) : Buffer.from(whole);
        if (!cut) bytes[at] = (bytes[at] ?? 0) ^ flip;
        writeFileSync(file, bytes);
        const trust = device(forge, folder);
        // Either the damage did not matter or all begins anew; never is something trusted that was not signed.
        expect([2, undefined]).toContain(trust.versions().targets);
        await trust.refresh();
        expect(trust.target(PATH).bytes).toBe(PATH.length);
      },
    ),
    { numRuns: 60 },
  );
});

test('the damage is told, and the file kept', async () => {
  const { forge, folder, file } = await withState();
  writeFileSync(file, '{"root":"AAAA"}');
  const reported: string[] = [];
  expect(device(forge, folder, (reason) => reported.push(reason)).versions().timestamp).toBeUndefined();
  expect(reported).toHaveLength(1);
  expect(readFileSync(`${file}.damaged`, 'utf8')).toBe('{"root":"AAAA"}');
});

test('a state of another repository does not outlive a newly provisioned root', async () => {
  const { folder } = await withState();
  const other = new Forge();
  const reported: string[] = [];
  const trust = device(other, folder, (reason) => reported.push(reason));
  await trust.refresh();
  expect(reported[0]).toMatch(/another repository/);
  expect(() => trust.target(PATH)).toThrow(/not in targets/);
});

/** A state as the forge publishes it now, written by hand: nobody has verified it. */
function writeState(
  forge: Forge,
  folder: string,
  change: Partial<Record<RoleName, Uint8Array | undefined>> = {},
): string {
  const bytes: Partial<Record<RoleName, Uint8Array | undefined>> = {
    root: forge.root,
    timestamp: forge.file('timestamp.json'),
    snapshot: forge.file(`${forge.versions.snapshot}.snapshot.json`),
    targets: forge.file(`${forge.versions.targets}.targets.json`),
    ...change,
  };
  const texts = roleNames.map((role) => [role, bytes[role] && Buffer.from(bytes[role]).toString('base64')]);
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'trusted.json');
  writeFileSync(file, JSON.stringify({ provisioned: digestOf(forge.root), ...Object.fromEntries(texts) }));
  return file;
}

const signedFiles = (['timestamp', 'snapshot', 'targets'] as const).map((role) => [role] as const);

test.each(signedFiles)('the signature of the kept %s is checked again when it is loaded', (role) => {
  const forge = new Forge(newKeys({ [role]: 2 }), { [role]: 2 });
  forge.addTarget(PATH);
  forge.publish();
  const good = path.join(tempFolder(), 'good');
  writeState(forge, good);
  expect(loadTrusted(good, forge.root)).toMatchObject({ trusted: { [role]: { signed: { version: 2 } } } });
  expect(loadTrusted(good, forge.root).damaged).toBeUndefined();

  const [first] = forge.keys[role];
  if (!first) throw new Error('no key');
  for (const signers of [[newSigningKey(), newSigningKey()], [first], []]) {
    forge.publish({ [role]: signers });
    const folder = path.join(tempFolder(), 'bad');
    const file = writeState(forge, folder);
    const loaded = loadTrusted(folder, forge.root);
    expect(loaded.damaged).toMatch(
      new RegExp(
        `${role}\\.json \\d+: ${Math.min(1, signers.length && Number(signers[0] === first))} valid signatures of 2`,
      ),
    );
    expect(loaded.trusted).toEqual({ root: loaded.trusted.root });
    expect(loaded.trusted.root.signed.version).toBe(1);
    expect(readdirSync(path.dirname(file))).toEqual(['trusted.json.damaged']);
  }
});

test('the kept root is checked against its own keys, and another version of it holds', () => {
  const forge = new Forge();
  forge.publishRoot([newSigningKey()]);
  const folder = tempFolder();
  writeState(forge, folder, { root: forge.file('2.root.json') });
  expect(loadTrusted(folder, forge.root).damaged).toMatch(/root\.json 2: 0 valid signatures of 1/);
  forge.versions.root = 1;
  forge.publishRoot(forge.keys.root);
  writeState(forge, folder, { root: forge.file('2.root.json') });
  expect(loadTrusted(folder, forge.root).trusted.root.signed.version).toBe(2);
});

test('a state that lacks files is what it is: each part comes back or stays away', () => {
  const forge = new Forge();
  const folder = tempFolder();
  writeState(forge, folder);
  const whole = loadTrusted(folder, forge.root).trusted;
  expect(Object.keys(whole).toSorted()).toEqual(roleNames.toSorted());
  for (const kept of [
    ['root'],
    ['root', 'timestamp'],
    ['root', 'timestamp', 'snapshot'],
    [...roleNames],
  ] as RoleName[][]) {
    const part = { root: whole.root, ...Object.fromEntries(kept.map((role) => [role, whole[role]])) };
    saveTrusted(folder, forge.root, part);
    const back = loadTrusted(folder, forge.root);
    expect(Object.keys(back.trusted).toSorted()).toEqual(kept.toSorted());
    expect(back.damaged).toBeUndefined();
    for (const role of kept) expect(back.trusted[role]?.bytes).toEqual(Buffer.from(whole[role]?.bytes ?? ''));
  }
});

test('a state that cannot be read at all is told and left where it is', () => {
  const forge = new Forge();
  const folder = tempFolder();
  mkdirSync(path.join(folder, 'trusted.json'));
  const loaded = loadTrusted(folder, forge.root);
  expect(loaded.damaged).toMatch(/EISDIR/);
  expect(loaded.trusted.root.signed.version).toBe(1);
  expect(readdirSync(folder)).toEqual(['trusted.json']);
  expect(loadTrusted(path.join(folder, 'nowhere'), forge.root)).toEqual({ trusted: loaded.trusted });
});
