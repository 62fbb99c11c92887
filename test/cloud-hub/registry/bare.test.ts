/** Bare ONNX files in the registry: a package is made of them in a process of its own, as by `vedette-hub model init`. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { inspectArchive } from '../../../cloud-hub/registry/inspect.ts';
import { type Inspect, Registry } from '../../../cloud-hub/registry/registry.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { objectsOf } from '../../../shared/engine/outcome.ts';
import { extractPackage } from '../../../shared/engine/package/archive.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { analyseLevel } from '../../support/analyse.ts';
import { builtFile } from '../../support/built.ts';
import { writeYoloChannels } from '../../support/head-layouts.ts';
import { layoutModel } from '../../support/layout-model.ts';
import { tempFolder } from '../../support/temp.ts';

const act = { at: 1000, actor: 'ann' };
const log = createLogger('test', 'silent');
const entry = builtFile('cloud-hub/registry/inspect-child.js');
const inspect: Inspect = (order, bytes, signal) => inspectArchive(order, bytes, { entry, clock: systemClock, signal });
const ANCHORS = 8 * 8 + 4 * 4 + 2 * 2;

/** A YOLO of two labels that sees one thing in a white picture. */
function yolo(metadata: Record<string, string> = {}): Uint8Array {
  const thing = { label: 1, score: 0.9, x1: 8, y1: 16, x2: 24, y2: 48 };
  const output = {
    name: 'output0',
    shape: [1, 6, ANCHORS],
    dark: writeYoloChannels([], 2, ANCHORS),
    bright: writeYoloChannels([thing], 2, ANCHORS),
  };
  return layoutModel([1, 3, 64, 64], { black: 0, white: 1 }, [output], [], { metadata });
}

async function bench() {
  const folder = tempFolder();
  const store = await openStore(folder, 0);
  onTestFinished(() => store.close());
  const registry = await Registry.open(path.join(folder, 'models'), store, inspect, log);
  const add = (bytes: Uint8Array, bare: object = {}) =>
    registry.add({ body: Readable.from([bytes]), digest: undefined, bare: { name: 'mine', ...bare } }, act);
  const rests = () => readdirSync(path.join(folder, 'models', 'incoming'));
  return { folder, registry, add, rests };
}

test('a package is made of it, registered and kept; the same file again is the same version', async () => {
  const { folder, registry, add, rests } = await bench();
  const bytes = yolo({ names: "{0: 'car', 1: 'walker'}" });
  const first = await add(bytes);
  expect(first).toMatchObject({ isNew: true, model: { name: 'mine', version: '1.0.0', task: 'detect' } });
  expect(first.guesses?.find(({ field }) => field === 'labels')).toMatchObject({ sure: true, value: '2: car, walker' });
  expect(first.guesses?.find(({ field }) => field === 'license')).toMatchObject({ sure: false });
  const unpacked = path.join(folder, 'unpacked');
  await extractPackage(registry.blobs.pathOf(first.model.digest), unpacked);
  expect(objectsOf((await analyseLevel(unpacked, 255)).outcome)).toMatchObject([{ label: 'walker' }]);
  const again = await add(bytes);
  expect(again).toMatchObject({ isNew: false, model: { digest: first.model.digest } });
  expect((await add(bytes, { version: '1.1.0' })).model.version).toBe('1.1.0');
  expect(rests()).toEqual([]);
});

test('what is no ONNX file, or none that can be guessed, is refused without a trace of our folders', async () => {
  const { folder, add, rests } = await bench();
  for (const [bytes, bare, why] of [
    [new TextEncoder().encode('no model'), {}, /^the ONNX file: /],
    [yolo(), { labels: 'coco' }, /^the ONNX file: --labels gives 80 labels.*the graph has 2/],
  ] as const) {
    const failure: unknown = await add(bytes, bare).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'model-invalid', message: expect.stringMatching(why) });
    expect(String(failure)).not.toContain(folder);
  }
  expect(rests()).toEqual([]);
});
