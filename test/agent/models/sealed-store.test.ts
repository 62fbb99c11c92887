/** The store of an encrypted data folder, on a real tmpfs: every file below the data folder is searched for what the model says. */
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { Hindrance } from '../../../agent/models/outcome.ts';
import { openKeptStore } from '../../../agent/models/sealed-store.ts';
import { openStore } from '../../../agent/models/store.ts';
import { packPackage } from '../../../shared/engine/package/archive.ts';
import { createSealer, type Sealer } from '../../../shared/kit/seal.ts';
import { filesWith } from '../../support/files-with.ts';
import { writeBrightPackage } from '../../support/onnx.ts';
import { tempFolder } from '../../support/temp.ts';
import { hasMemory, tempMemory, withoutMemory } from '../../support/temp-memory.ts';

const PLANTED = 'nobody-else-says-this';
const withMemory = (name: string, run: () => Promise<void>) => test.skipIf(!hasMemory)(`${name}${withoutMemory}`, run);

const key = () => randomBytes(32);
const of = (newest: Buffer | undefined, ...old: Buffer[]) => createSealer(newest, old);

async function box() {
  const folder = tempFolder();
  const archive = path.join(folder, 'package.tar.gz');
  const { digest } = await packPackage(
    writeBrightPackage(path.join(folder, 'package'), {}, { labels: [PLANTED] }),
    archive,
  );
  const dataDir = path.join(folder, 'data');
  const memoryDir = tempMemory();
  const problems: { code: string; message: string }[] = [];
  const models = path.join(dataDir, 'models');
  const open = (sealer: Sealer, memory = memoryDir) =>
    openKeptStore({
      ...{ folder: models, dataDir, memoryDir: memory, reserveBytes: 0, sealer },
      onProblem: (found) => problems.push(found),
    });
  const install = async (store: ReturnType<typeof open>) => {
    copyFileSync(archive, store.partOf(digest));
    await store.install(digest);
  };
  /** As after a power cut. */
  const powerCut = () => {
    for (const name of readdirSync(memoryDir)) rmSync(path.join(memoryDir, name), { recursive: true });
  };
  const labelsIn = (dir: string | undefined) =>
    readFileSync(path.join(dir ?? '', 'model.yaml'), 'utf8').includes(PLANTED);
  const sealedFolder = path.join(models, 'sealed', digest.slice('sha256:'.length));
  return { digest, dataDir, memoryDir, models, sealedFolder, problems, open, install, powerCut, labelsIn };
}

withMemory('a package is in no byte of the data folder, and opens again after a power cut', async () => {
  const { digest, dataDir, memoryDir, open, install, powerCut, labelsIn, sealedFolder, problems } = await box();
  const keys = key();
  const store = open(of(keys));
  await install(store);
  const dir = await store.open(digest);
  expect(labelsIn(dir)).toBe(true);
  expect(dir?.startsWith(memoryDir)).toBe(true);
  expect(filesWith(dataDir, PLANTED)).toEqual([]);
  expect(readdirSync(sealedFolder).toSorted()).toEqual(['files.json', 'fp32.onnx', 'model.yaml']);
  powerCut();
  const again = open(of(keys));
  expect(await again.has(digest)).toBe(true);
  expect(labelsIn(await again.open(digest))).toBe(true);
  expect(filesWith(dataDir, PLANTED)).toEqual([]);
  expect(problems).toEqual([]);
});

withMemory(
  'what was plain is sealed by the first start with a key, rotated by a new one, and plain again without',
  async () => {
    const { digest, dataDir, models, open, install, powerCut, labelsIn } = await box();
    await install(openStore(models, 0));
    expect(filesWith(dataDir, PLANTED).length).toBeGreaterThan(0);
    const [first, second] = [key(), key()];
    expect(labelsIn(await open(of(first)).open(digest))).toBe(true);
    expect(filesWith(dataDir, PLANTED)).toEqual([]);
    powerCut();
    expect(labelsIn(await open(of(second, first)).open(digest))).toBe(true);
    powerCut();
    // The first key is not needed any more.
    expect(labelsIn(await open(of(second)).open(digest))).toBe(true);
    powerCut();
    const plain = open(of(undefined, second));
    expect(await plain.open(digest)).toBe(path.join(models, 'packages', digest.slice('sha256:'.length)));
    expect(readdirSync(path.join(models, 'sealed'))).toEqual([]);
  },
);

withMemory('a package of a lost key, or a damaged one, is missing, and that is said', async () => {
  const spoil = [
    (dir: string) => writeFileSync(path.join(dir, 'fp32.onnx'), 'rust'),
    (dir: string) => writeFileSync(path.join(dir, 'model.yaml'), ''),
    (dir: string) => copyFileSync(path.join(dir, 'files.json'), path.join(dir, 'model.yaml')),
    (dir: string) => rmSync(path.join(dir, 'fp32.onnx')),
    (dir: string) => rmSync(path.join(dir, 'files.json')),
  ];
  for (const damage of [undefined, ...spoil]) {
    const { digest, open, install, powerCut, sealedFolder, problems, labelsIn } = await box();
    const keys = key();
    await install(open(of(keys)));
    powerCut();
    damage?.(sealedFolder);
    const store = open(of(damage ? keys : key()));
    expect(await store.open(digest)).toBeUndefined();
    expect(await store.has(digest)).toBe(false);
    expect(problems).toMatchObject([{ code: 'key-lost', message: expect.stringContaining('it is fetched again') }]);
    await install(store);
    expect(labelsIn(await store.open(digest))).toBe(true);
  }
});

withMemory('a memory that cannot be written loses nothing: the package is opened as soon as it can be', async () => {
  const { digest, memoryDir, open, install, powerCut, sealedFolder, problems, labelsIn } = await box();
  const keys = key();
  await install(open(of(keys)));
  powerCut();
  const store = open(of(keys));
  const drafts = path.join(memoryDir, readdirSync(memoryDir)[0] ?? '', 'drafts');
  rmSync(drafts, { recursive: true });
  writeFileSync(drafts, 'in the way');
  await expect(store.open(digest)).rejects.toThrow(/ENOTDIR/);
  expect([existsSync(path.join(sealedFolder, 'files.json')), await store.has(digest), problems]).toEqual([
    true,
    true,
    [],
  ]);
  rmSync(drafts);
  mkdirSync(drafts);
  expect(labelsIn(await store.open(digest))).toBe(true);
});

withMemory('what nobody needs goes from the disk and from memory', async () => {
  const { digest, open, install, sealedFolder } = await box();
  const store = open(of(key()));
  await install(store);
  const dir = (await store.open(digest)) ?? '';
  expect(await store.collect(() => ({ packages: new Set([digest]), downloads: new Set() }))).toBe(0);
  expect([existsSync(dir), existsSync(sealedFolder)]).toEqual([true, true]);
  expect(await store.collect(() => ({ packages: new Set(), downloads: new Set() }))).toBe(1);
  expect([existsSync(dir), existsSync(sealedFolder)]).toEqual([false, false]);
});

withMemory('a folder that is no tmpfs is refused, and nothing is stored', async () => {
  const { digest, dataDir, open, problems } = await box();
  const store = open(of(key()), '/proc');
  expect(problems).toMatchObject([{ code: 'config-invalid', message: expect.stringContaining('lies on a disk') }]);
  await expect(store.requireRoom(digest, 1)).rejects.toThrow(Hindrance);
  expect(await store.open(digest)).toBeUndefined();
  expect(existsSync(dataDir)).toBe(false);
});
