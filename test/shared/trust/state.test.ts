import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTrust } from '../../../shared/trust/trust.ts';
import { tempFolder } from '../../support/temp.ts';
import { Forge } from './forge.ts';

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
  const trust = device(forge, folder);
  expect(trust.target(PATH).bytes).toBe(PATH.length);
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
  const told: string[] = [];
  expect(device(forge, folder, (reason) => told.push(reason)).versions().timestamp).toBeUndefined();
  expect(told).toHaveLength(1);
  expect(readFileSync(`${file}.damaged`, 'utf8')).toBe('{"root":"AAAA"}');
});

test('a state of another repository does not outlive a newly provisioned root', async () => {
  const { folder } = await withState();
  const other = new Forge();
  const told: string[] = [];
  const trust = device(other, folder, (reason) => told.push(reason));
  await trust.refresh();
  expect(told[0]).toMatch(/another repository/);
  expect(() => trust.target(PATH)).toThrow(/not in targets/);
});
