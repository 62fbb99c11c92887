import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { DatasetItem } from '../../../cloud-hub/contract/dataset.ts';
import { type WriteOptions, writeDataset } from '../../../cloud-hub/dataset/write.ts';
import { tempFolder } from '../../support/temp.ts';
import { at, by, farHash, item } from './items.ts';

/** As published: https://cocodataset.org/#format-data, object detection. */
const coco = z.object({
  info: z.object({ description: z.string(), date_created: z.string() }),
  licenses: z.array(z.object({ id: z.number(), name: z.string(), url: z.string() })),
  images: z.array(
    z.object({
      id: z.int(),
      file_name: z.string(),
      width: z.int(),
      height: z.int(),
      license: z.int(),
      date_captured: z.string(),
    }),
  ),
  annotations: z.array(
    z.object({
      ...{ id: z.int(), image_id: z.int(), category_id: z.int(), area: z.number(), iscrowd: z.literal(0) },
      bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    }),
  ),
  categories: z.array(z.object({ id: z.int(), name: z.string(), supercategory: z.string() })),
});

async function* each(items: Iterable<DatasetItem>): AsyncGenerator<DatasetItem> {
  yield* items;
}

const write = (items: Iterable<DatasetItem>, more: Partial<WriteOptions> = {}) => {
  const folder = path.join(tempFolder(), 'set');
  const picture = async (id: string) => Buffer.from(`picture ${id}`);
  const options = { folder, items: each(items), picture, license: 'CC0-1.0', at, ...more };
  return { folder, written: writeDataset(options) };
};
const read = (folder: string, file: string) => readFileSync(path.join(folder, file), 'utf8');

test('pictures, COCO, JSON lines and what they are, without what says nothing new', async () => {
  const steps: [number, number][] = [];
  const items = [
    item(1),
    item(2),
    // A person has said something: it stays, alike or not.
    item(3, { correction: { verdict: 'other', label: 'scooter', ...by } }),
    item(4, { picture: { ...item(4).picture, hash: farHash(1) }, hub: { model: 'old@1.0.0 (int8)', objects: [] } }),
    item(5, { picture: { ...item(5).picture, hash: farHash(2) } }),
  ];
  const { folder, written } = write(items, {
    picture: async (id) => (id === '5' ? undefined : Buffer.from(`picture ${id}`)),
    onProgress: (seen, done) => steps.push([seen, done]),
  });
  expect(await written).toMatchObject({ samples: 3, annotations: 2, repeated: 1, gone: 1, corrected: 1 });
  expect(steps).toEqual([[1, 1], [2, 1], [3, 2], [4, 3], [5, 3]]); // biome-ignore format: a step each
  const files = [1, 3, 4].map((n) => `images/cam-door-${n.toString(16).padStart(32, '0')}.jpg`);
  expect(readdirSync(path.join(folder, 'images')).map((name) => `images/${name}`)).toEqual(files);
  expect(read(folder, files[1] ?? '')).toBe('picture 3');
  expect(readdirSync(folder).toSorted()).toEqual(['README.md', 'annotations.coco.json', 'images', 'samples.jsonl']);
  expect(statSync(path.join(folder, files[0] ?? '')).mode & 0o077).toBe(0);

  const set = coco.parse(JSON.parse(read(folder, 'annotations.coco.json')));
  expect(set.licenses).toEqual([{ id: 1, name: 'CC0-1.0', url: '' }]);
  expect(set.images.map(({ id, file_name }) => [id, file_name])).toEqual(files.map((file, i) => [i + 1, file]));
  expect(set.categories.map(({ id, name }) => [id, name])).toEqual([[1, 'person'], [2, 'scooter']]); // biome-ignore format: two
  expect(set.annotations).toMatchObject([
    { id: 1, image_id: 1, category_id: 1, bbox: [22, 10, 40, 40], area: 1600 },
    { id: 2, image_id: 2, category_id: 2, bbox: [22, 10, 40, 40], area: 1600 },
  ]);
  const lines = read(folder, 'samples.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject(files.map((file) => ({ file, width: 200, height: 100 })));
  expect(lines[1]).toMatchObject({
    correction: { verdict: 'other', label: 'scooter', by: 'ann' },
    annotations: [{ label: 'scooter', source: 'operator' }],
    event: { label: 'person' },
    hub: { objects: [{ label: 'person' }] },
  });
  const text = read(folder, 'README.md');
  for (const part of [
    '3 pictures, 2 objects, 2 labels: person, scooter',
    'CC0-1.0',
    'old@1.0.0 (int8): 1 samples',
    '1 samples were left out',
  ])
    expect(text).toContain(part);
});

test('nothing at all is a whole, empty set', async () => {
  const { folder, written } = write([]);
  expect(await written).toMatchObject({ samples: 0, labels: [] });
  expect(coco.parse(JSON.parse(read(folder, 'annotations.coco.json')))).toMatchObject({ images: [], categories: [] });
  expect(read(folder, 'samples.jsonl')).toBe('');
});

test('a folder that has something in it is left alone', async () => {
  const folder = tempFolder();
  writeFileSync(path.join(folder, 'mine.txt'), 'mine');
  await expect(write([item(1)], { folder }).written).rejects.toThrow(`${folder} is not empty: name a new folder`);
  expect(readdirSync(folder)).toEqual(['mine.txt']);
});

test('a hub that goes away in the middle leaves a folder that says it is not complete', async () => {
  const { folder, written } = write([item(1), item(2, { stream: 'yard' })], {
    picture: async (id) => {
      if (id === '2') throw new Error('the hub does not answer');
      return Buffer.from(id);
    },
  });
  await expect(written).rejects.toThrow('the hub does not answer');
  expect(existsSync(path.join(folder, 'README.md'))).toBe(false);
  expect(existsSync(path.join(folder, 'annotations.draft'))).toBe(false);
});

test('memory stays bounded: 3,000 samples of one picture each need no more than a few at once', async () => {
  mkdirSync(tempFolder(), { recursive: true });
  let open = 0;
  let most = 0;
  function* many(): Generator<DatasetItem> {
    for (let n = 1; n <= 3000; n++) {
      most = Math.max(most, ++open);
      yield item(n, {
        stream: `s${n % 7}`,
        hub: { model: 'm', objects: [{ label: `l${n % 50}`, score: 1, box: [0, 0, 1, (n + 3) / 3003] }] },
      });
      open--;
    }
  }
  const { folder, written } = write(many(), { picture: async () => Buffer.alloc(10) });
  const { samples, repeated } = await written;
  expect([samples + repeated, most]).toEqual([3000, 1]);
  expect(coco.parse(JSON.parse(read(folder, 'annotations.coco.json'))).annotations).toHaveLength(samples);
});
