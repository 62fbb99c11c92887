import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
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

const needed = (packages: string[], downloads: string[]) => () => ({
  packages: new Set(packages),
  downloads: new Set(downloads),
});

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
  expect(await store.collect(needed([digest], [other]))).toBe(0);
  expect(await store.has(digest)).toBe(true);
  expect(existsSync(store.partOf(other))).toBe(true);
  expect(existsSync(store.partOf(digest))).toBe(false);
  expect(readdirSync(path.join(dir, 'drafts'))).toEqual([]);
  expect(await store.collect(needed([], []))).toBe(1);
  expect(await store.has(digest)).toBe(false);
});

test('a package that is named while others go stays, whole', async () => {
  const { store, digest } = await stored();
  await store.install(digest);
  let asked = 0;
  // Nobody names it at the first look; the hub's document comes before the second.
  const late = () => ({ packages: new Set(asked++ === 0 ? [] : [digest]), downloads: new Set<string>() });
  expect(await store.collect(late)).toBe(0);
  expect(asked).toBeGreaterThan(1);
  expect(await store.open(digest)).toBeDefined();
});

test('a disk without room is a hindrance before anything is fetched', async () => {
  const { store, digest } = await stored();
  await store.requireRoom(digest, 1000);
  await expect(store.requireRoom(digest, 2 ** 50)).rejects.toBeInstanceOf(Hindrance);
});

test('what lies in folders of a package is part of it, for good and for bad', async () => {
  const folder = tempFolder();
  const source = writeBrightPackage(path.join(folder, 'package'), {}, { labels: 'more/labels.txt' });
  mkdirSync(path.join(source, 'more'));
  writeFileSync(path.join(source, 'more', 'labels.txt'), 'person\n');
  const archive = path.join(folder, 'package.tar.gz');
  const { digest } = await packPackage(source, archive);
  const store = openStore(path.join(folder, 'models'), 0);
  copyFileSync(archive, store.partOf(digest));
  await store.install(digest);
  const dir = (await store.open(digest)) ?? '';
  const list = JSON.parse(readFileSync(path.join(dir, 'files.json'), 'utf8'));
  expect(Object.keys(list).toSorted()).toEqual(['fp32.onnx', 'model.yaml', 'more/labels.txt']);
  rmSync(path.join(dir, 'more'), { recursive: true });
  expect(await store.open(digest)).toBeUndefined();
});

test('a package that is installed again replaces what lies there, and what a crash left of it', async () => {
  const { store, digest, dir, archive } = await stored();
  await store.install(digest);
  const packed = (await store.open(digest)) ?? '';
  writeFileSync(path.join(packed, 'fp32.onnx'), 'rust');
  const draft = path.join(dir, 'drafts', digest.slice('sha256:'.length));
  mkdirSync(draft);
  writeFileSync(path.join(draft, 'left.onnx'), 'over');
  copyFileSync(archive, store.partOf(digest));
  await store.install(digest);
  expect(readdirSync((await store.open(digest)) ?? '').toSorted()).toEqual(['files.json', 'fp32.onnx', 'model.yaml']);
  expect(existsSync(store.partOf(digest))).toBe(false);
});

test('a fault of the disk is no refusal: the download stays, and it is tried again', async () => {
  const { store, digest, dir } = await stored();
  // Where the package would be taken apart there is a file that nobody can replace by a folder.
  rmSync(path.join(dir, 'drafts'), { recursive: true });
  writeFileSync(path.join(dir, 'drafts'), '');
  await expect(store.install(digest)).rejects.not.toMatchObject({ name: 'Refusal' });
});

test('room: for what is still to come and what it holds taken apart, beside what is reserved', async () => {
  const folder = tempFolder();
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const digest = digestOf('x');
  const needs = (bytes: number, reserve: number, there = 0) => {
    const store = openStore(path.join(folder, `models-${bytes}-${reserve}-${there}`), reserve);
    if (there > 0) {
      writeFileSync(store.partOf(digest), '');
      truncateSync(store.partOf(digest), there);
    }
    return store.requireRoom(digest, bytes);
  };
  const slack = 2 ** 29;
  await needs(0, free - slack);
  await expect(needs(0, free + slack)).rejects.toThrow(/^the disk has \d+ MB free, but \d+ MB are needed$/);
  // 3.5 times its length: the archive, and two and a half times as much taken apart.
  await needs(Math.floor((free - slack) / 3.5), 0);
  await expect(needs(Math.ceil((free + slack) / 3.5), 0)).rejects.toBeInstanceOf(Hindrance);
  // What is there already has its room, and no more than that.
  await needs(1000, free - slack, 5000);
  // Half of it is there, then all: with room for the rest and no more. (Holes take no room, and count as what was written.)
  const bytes = 4 * slack;
  for (const there of [bytes / 2, bytes]) {
    const unpacked = bytes - there + bytes * 2.5;
    await needs(bytes, free - unpacked - slack, there);
    await expect(needs(bytes, free - unpacked + slack, there)).rejects.toBeInstanceOf(Hindrance);
  }
});

test('a draft of what is being fetched stays, others go; so do all parts that are none', async () => {
  const { store, digest, dir } = await stored();
  const hex = digest.slice('sha256:'.length);
  for (const name of [`${hex}.abc`, 'fff.abc']) mkdirSync(path.join(dir, 'drafts', name));
  mkdirSync(path.join(dir, 'parts', 'folder'));
  expect(await store.collect(needed([], [digest]))).toBe(0);
  expect(readdirSync(path.join(dir, 'drafts'))).toEqual([`${hex}.abc`]);
  expect(readdirSync(path.join(dir, 'parts'))).toEqual([`${hex}.part`]);
  mkdirSync(path.join(dir, 'packages', 'a'));
  mkdirSync(path.join(dir, 'packages', 'b'));
  expect(await store.collect(needed([], []))).toBe(2);
  expect(readdirSync(path.join(dir, 'parts'))).toEqual([]);
});

test('what is not a digest names nothing, least of all a path', () => {
  const store = openStore(path.join(tempFolder(), 'models'), 0);
  const hex = 'a'.repeat(64);
  for (const name of ['sha256:../../etc', hex, `sha256:${hex}0`, `x sha256:${hex}`, `sha256:${'A'.repeat(64)}`])
    expect(() => store.partOf(name)).toThrow(`not a digest: ${name}`);
});
