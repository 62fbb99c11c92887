/** Half-way failures of an encrypted store: room, keys, and folders that are in the way. */
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { Hindrance } from '../../../agent/models/outcome.ts';
import { openKeptStore } from '../../../agent/models/sealed-store.ts';
import { packPackage } from '../../../shared/engine/package/archive.ts';
import { createSealer, type Sealer } from '../../../shared/kit/seal.ts';
import { writeBrightPackage } from '../../support/onnx.ts';
import { mayMount } from '../../support/small-disk.ts';
import { tempFolder } from '../../support/temp.ts';
import { tempDisk } from '../../support/temp-disk.ts';
import { hasMemory, tempMemory, withoutMemory } from '../../support/temp-memory.ts';

const MIB = 1024 ** 2;
const keys = () => createSealer(randomBytes(32), []);

async function box(at = tempFolder()) {
  const archive = path.join(tempFolder(), 'package.tar.gz');
  const { digest } = await packPackage(writeBrightPackage(path.join(tempFolder(), 'package')), archive);
  const dataDir = path.join(at, 'data');
  const memoryDir = tempMemory();
  const problems: { code: string; message: string }[] = [];
  const folder = path.join(dataDir, 'models');
  const open = (sealer: Sealer, reserveBytes = 0, memory = memoryDir) =>
    openKeptStore({
      ...{ folder, dataDir, memoryDir: memory, reserveBytes, sealer },
      onProblem: (found) => problems.push(found),
    });
  const install = async (store: ReturnType<typeof open>) => {
    copyFileSync(archive, store.partOf(digest));
    await store.install(digest);
  };
  const sealed = path.join(folder, 'sealed', digest.slice('sha256:'.length));
  return { digest, folder, memoryDir, problems, open, install, sealed };
}

describe.skipIf(!hasMemory)(`with a folder in memory${withoutMemory}`, () => {
  test('back to plain text with the key lost: the package is missing, said, and can be fetched again', async () => {
    const { digest, open, install, sealed, problems } = await box();
    await install(open(keys()));
    // Keys, but none to seal with, and not the one that sealed.
    const plain = open(createSealer(undefined, [randomBytes(32)]));
    expect(await plain.open(digest)).toBeUndefined();
    expect(problems).toEqual([{ code: 'key-lost', message: expect.stringContaining(`${digest} cannot be opened: `) }]);
    expect(existsSync(sealed)).toBe(false);
    await install(plain);
    expect(await plain.open(digest)).toBeDefined();
  });

  test('back to plain text while something is in the way: nothing is lost, and the next start does the rest', async () => {
    const { digest, folder, open, install, sealed, problems } = await box();
    const key = randomBytes(32);
    await install(open(createSealer(key, [])));
    const draft = path.join(folder, 'drafts');
    const back = () => open(createSealer(undefined, [key]));
    mkdirSync(draft, { recursive: true });
    const store = back();
    rmSync(draft, { recursive: true });
    writeFileSync(draft, 'in the way');
    expect(await store.has(digest)).toBe(false);
    expect(problems).toEqual([
      {
        code: 'model-invalid',
        message: expect.stringMatching(/sha256:[0-9a-f]{64} could not be decrypted: .*ENOTDIR/),
      },
    ]);
    expect(readdirSync(sealed)).toContain('files.json');
    rmSync(draft);
    expect(await back().open(digest)).toBeDefined();
    expect(existsSync(sealed)).toBe(false);
  });

  test('without a folder in memory nothing is there and nothing can be stored, by the reason that was told', async () => {
    const { digest, open, problems } = await box();
    const store = open(keys(), 0, '/proc');
    const [{ message } = { message: '' }] = problems;
    expect(await store.has(digest)).toBe(false);
    expect(await store.open(digest)).toBeUndefined();
    expect(await store.collect(() => ({ packages: new Set(), downloads: new Set() }))).toBe(0);
    expect(() => store.partOf(digest)).toThrow(new Hindrance(message));
    for (const hindered of [store.requireRoom(digest, 1), store.install(digest)])
      await expect(hindered).rejects.toEqual(new Hindrance(message));
    expect(problems).toHaveLength(1);
  });

  const noDisk = !mayMount();
  test.skipIf(noDisk)(
    `room on the disk is two and a half times the archive beside the reserve, and not one byte less${noDisk ? ' (skipped: this user may not mount file systems)' : ''}`,
    async () => {
      const disk = tempDisk(16 * MIB);
      const { digest, folder, open, problems } = await box(disk.folder);
      const bytes = 2 * MIB;
      // Of a box that is encrypted from the start nothing lies there yet.
      await open(keys()).requireRoom(digest, 1);
      const { bavail, bsize } = statfsSync(folder);
      const reserve = bavail * bsize - bytes * 2.5;
      const needs = (size: number, reserveBytes: number) => open(keys(), reserveBytes).requireRoom(digest, size);
      await needs(bytes, reserve);
      await expect(needs(bytes, reserve + 1)).rejects.toThrow(/too little room for the model, encrypted/);
      await expect(needs(bytes + 1, reserve)).rejects.toThrow(Hindrance);
      await needs(0, bavail * bsize);
      expect(problems).toEqual([]);
    },
  );
});
