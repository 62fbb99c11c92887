import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { addVariant } from '../../../cloud-hub/quantize/add.ts';
import { readPackage } from '../../../shared/engine/package/package.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { writeConvPackage } from '../../support/conv-net.ts';
import { tempFolder } from '../../support/temp.ts';

/** A package, and a model that may stand for its int8 variant: what is in it does not matter here. */
function packageWith() {
  const dir = writeConvPackage(path.join(tempFolder(), 'm'));
  const manifest = path.join(dir, 'model.yaml');
  return { dir, manifest, bytes: readFileSync(path.join(dir, 'fp32.onnx')), text: readFileSync(manifest, 'utf8') };
}

test('a variant whose file cannot be put in place is not named: the package is the old one', async () => {
  const { dir, manifest, bytes, text } = packageWith();
  // A folder is in the way.
  mkdirSync(path.join(dir, 'int8.onnx', 'x'), { recursive: true });
  const adding = addVariant({ pack: await readPackage(dir), bytes, force: true, clock: systemClock });
  await expect(adding).rejects.toThrow(/int8\.onnx/);
  expect(readFileSync(manifest, 'utf8')).toBe(text);
});

test('a variant that is there is replaced in its own file, whatever its name', async () => {
  const { dir, manifest, bytes } = packageWith();
  await addVariant({ pack: await readPackage(dir), bytes, force: false, clock: systemClock });
  renameSync(path.join(dir, 'int8.onnx'), path.join(dir, 'small.onnx'));
  const renamed = readFileSync(manifest, 'utf8').replaceAll('int8.onnx', 'small.onnx');
  writeFileSync(manifest, renamed);
  writeFileSync(path.join(dir, 'small.onnx'), 'old');
  await addVariant({ pack: await readPackage(dir), bytes, force: true, clock: systemClock });
  expect(readFileSync(path.join(dir, 'small.onnx'))).toEqual(bytes);
  expect(readFileSync(manifest, 'utf8')).toBe(renamed);
});
