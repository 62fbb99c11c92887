import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { Hindrance } from '../../../agent/models/outcome.ts';
import { openStore } from '../../../agent/models/store.ts';
import { packPackage } from '../../../shared/engine/package/archive.ts';
import { digestOf } from '../../../shared/kit/digest.ts';
import { writeBrightPackage } from '../../support/onnx.ts';
import { tempFolder } from '../../support/temp.ts';

async function stored() {
  const folder = tempFolder();
  const archive = path.join(folder, 'package.tar.gz');
  const { digest } = await packPackage(writeBrightPackage(path.join(folder, 'package')), archive);
  const dir = path.join(folder, 'models');
  const store = openStore(dir, 0);
  copyFileSync(archive, store.partOf(digest));
  return { store, digest, dir, archive };
}

test('an archive becomes a package in one step, and goes itself', async () => {
  const { store, digest, dir } = await stored();
  expect(await store.has(digest)).toBe(false);
  await store.install(digest);
  const opened = await store.open(digest);
  expect(readdirSync(opened ?? '').toSorted()).toEqual(['files.json', 'fp32.onnx', 'model.yaml']);
  expect(readdirSync(path.join(dir, 'parts'))).toEqual([]);
  expect(readdirSync(path.join(dir, 'drafts'))).toEqual([]);
});

test('what the disk has spoiled, lost or gained is not there any more', async () => {
  const spoil = [
    (dir: string) => writeFileSync(path.join(dir, 'fp32.onnx'), 'rust'),
    (dir: string) => writeFileSync(path.join(dir, 'model.yaml'), ''),
    (dir: string) => writeFileSync(path.join(dir, 'more.onnx'), 'more'),
    (dir: string) => writeFileSync(path.join(dir, 'files.json'), '{'),
  ];
  for (const damage of spoil) {
    const { store, digest } = await stored();
    await store.install(digest);
    damage((await store.open(digest)) ?? '');
    expect(await store.open(digest)).toBeUndefined();
    expect(await store.has(digest)).toBe(false);
  }
});

test('an archive that is none is refused, and leaves nothing behind', async () => {
  const { store, digest, dir, archive } = await stored();
  writeFileSync(store.partOf(digest), readFileSync(archive).subarray(0, 300));
  await expect(store.install(digest)).rejects.toMatchObject({ name: 'Refusal', stage: 'package' });
  for (const folder of ['packages', 'parts', 'drafts']) expect(readdirSync(path.join(dir, folder))).toEqual([]);
});

test('what nobody names goes: packages, parts and drafts; what is named stays', async () => {
  const { store, digest, dir } = await stored();
  await store.install(digest);
  const other = digestOf('other');
  writeFileSync(store.partOf(digest), 'a');
  writeFileSync(store.partOf(other), 'b');
  mkdirSync(path.join(dir, 'drafts', 'abc.XYZ'));
  expect(await store.collect(new Set([digest]), new Set([other]))).toBe(0);
  expect(await store.has(digest)).toBe(true);
  expect(existsSync(store.partOf(other))).toBe(true);
  expect(existsSync(store.partOf(digest))).toBe(false);
  expect(readdirSync(path.join(dir, 'drafts'))).toEqual([]);
  expect(await store.collect(new Set(), new Set())).toBe(1);
  expect(await store.has(digest)).toBe(false);
});

test('a disk without room is a hindrance before anything is fetched', async () => {
  const { store, digest } = await stored();
  await store.requireRoom(digest, 1000);
  await expect(store.requireRoom(digest, 2 ** 50)).rejects.toBeInstanceOf(Hindrance);
});
