/**
 * Writes the dataset into a folder: pictures, COCO, JSON lines, README.md. A sample at a time is in memory, and what tells duplicates.
 *
 * 1. The folder is new or empty: nothing is overwritten.
 * 2. Annotations go to a file of their own first, because COCO has them behind all pictures; it is removed in the end.
 * 3. README.md comes last: a folder without it is not complete.
 */
import { createReadStream, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import type { DatasetItem } from '../contract/dataset.ts';
import { annotationsOf } from './annotate.ts';
import { cocoAnnotation, cocoImage, fileOf, lineOf, readme, type Written } from './describe.ts';
import { createDuplicates } from './duplicates.ts';

export interface WriteOptions {
  readonly folder: string;
  /** Oldest first. */
  readonly items: AsyncIterable<DatasetItem>;
  /** @returns undefined: it is no longer kept */
  picture(id: string): Promise<Uint8Array | undefined>;
  readonly license: string;
  /** When it is made: ISO 8601. */
  readonly at: string;
  /** After each sample. */
  onProgress?(seen: number, written: number): void;
}

type Part = 'coco' | 'objects' | 'lines';
type Put = (text: string) => Promise<unknown>;

/** Labels are kept in memory. */
const MOST_LABELS = 10_000;

/** @throws Error for a folder that has something in it, or cannot be written */
export async function writeDataset(options: WriteOptions): Promise<Written> {
  const { folder, license } = options;
  const inFolder = (name: string) => path.join(folder, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (readdirSync(folder).length > 0)
    throw new Error(`${folder} is not empty: name a new folder, so that nothing in it is overwritten`);
  mkdirSync(inFolder('images'), { mode: 0o700 });
  const draft = inFolder('annotations.draft');
  const files: FileHandle[] = [];
  const create = async (name: string) => {
    const file = await open(inFolder(name), 'wx', 0o600);
    files.push(file);
    return (text: string) => file.appendFile(text);
  };
  const duplicates = createDuplicates();
  const labels = new Map<string, number>();
  const models = new Map<string, number>();
  const count = { seen: 0, samples: 0, annotations: 0, repeated: 0, gone: 0, corrected: 0 };

  const categoryOf = (label: string): number => {
    const known = labels.get(label);
    if (known !== undefined) return known;
    if (labels.size >= MOST_LABELS)
      throw new Error(`there are more than ${MOST_LABELS} labels: export fewer devices at once`);
    labels.set(label, labels.size + 1);
    return labels.size;
  };

  const add = async (item: DatasetItem, { coco, objects, lines }: Readonly<Record<Part, Put>>) => {
    const annotations = annotationsOf(item);
    const { device, stream, picture, correction } = item;
    const isRepeated = duplicates.isRepeated({ group: `${device}/${stream}`, hash: picture.hash, annotations });
    // What a person has said is never left out.
    if (isRepeated && !correction) return void count.repeated++;
    const jpeg = await options.picture(item.id);
    if (!jpeg) return void count.gone++;
    writeFileSync(inFolder(fileOf(item)), jpeg, { mode: 0o600, flag: 'wx' });
    const image = ++count.samples;
    await coco(`${image === 1 ? '' : ',\n'}${JSON.stringify(cocoImage(item, image))}`);
    for (const one of annotations) {
      const ids = { id: ++count.annotations, image_id: image, category_id: categoryOf(one.label) };
      await objects(`${ids.id === 1 ? '' : ',\n'}${JSON.stringify(cocoAnnotation(one, picture, ids))}`);
    }
    await lines(`${JSON.stringify(lineOf(item, annotations))}\n`);
    models.set(item.hub.model, (models.get(item.hub.model) ?? 0) + 1);
    if (correction) count.corrected++;
  };

  try {
    const coco = await create('annotations.coco.json');
    const objects = await create('annotations.draft');
    const lines = await create('samples.jsonl');
    const info = { description: 'second opinions of Vedette', date_created: options.at };
    const licenses = [{ id: 1, name: license, url: '' }];
    await coco(`{"info":${JSON.stringify(info)},\n"licenses":${JSON.stringify(licenses)},\n"images":[\n`);
    for await (const item of options.items) {
      count.seen++;
      await add(item, { coco, objects, lines });
      options.onProgress?.(count.seen, count.samples);
    }
    await coco('\n],\n"annotations":[\n');
    for await (const part of createReadStream(draft, 'utf8')) await coco(String(part));
    const categories = [...labels].map(([name, id]) => ({ id, name, supercategory: '' }));
    await coco(`\n],\n"categories":${JSON.stringify(categories)}}\n`);
  } finally {
    for (const file of files) await file.close();
    rmSync(draft, { force: true });
  }
  const written: Written = { ...count, labels: [...labels.keys()], models };
  writeFileSync(inFolder('README.md'), readme(written, license), { mode: 0o600 });
  return written;
}
