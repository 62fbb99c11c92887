import { copyFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openPartFile } from '../../../agent/models/part-file.ts';
import { openStore } from '../../../agent/models/store.ts';
import { packPackage } from '../../../shared/engine/package/archive.ts';
import { writeBrightPackage } from '../../support/onnx.ts';
import { mayCutPower, powerDisk } from '../../support/power-disk.ts';
import { tempFolder } from '../../support/temp.ts';

const skipped = !mayCutPower();
const why = skipped ? ' (skipped: this user may not mount file systems)' : '';

test.skipIf(skipped)(`after a power cut an installed package is there, with every file as it was${why}`, async () => {
  const disk = powerDisk(32 * 2 ** 20);
  const folder = tempFolder();
  const archive = path.join(folder, 'package.tar.gz');
  const { digest } = await packPackage(writeBrightPackage(path.join(folder, 'package')), archive);
  const store = openStore(path.join(disk.folder, 'models'), 0);
  copyFileSync(archive, store.partOf(digest));
  await store.install(digest);
  const after = openStore(path.join(disk.cut(), 'models'), 0);
  const opened = await after.open(digest);
  expect(opened && readdirSync(opened).toSorted()).toEqual(['files.json', 'fp32.onnx', 'model.yaml']);
});

test.skipIf(skipped)(`after a power cut a download goes on from where it was closed${why}`, async () => {
  const disk = powerDisk(16 * 2 ** 20);
  const part = await openPartFile(path.join(disk.folder, 'x.part'));
  for (let n = 0; n < 100; n++) await part.append(Buffer.alloc(10_000, n));
  await part.close();
  const after = await openPartFile(path.join(disk.cut(), 'x.part'));
  expect([after.size, after.digest()]).toEqual([1_000_000, part.digest()]);
  await after.close();
});
