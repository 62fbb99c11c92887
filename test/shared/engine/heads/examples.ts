/** The model.yaml of each head kind, as a user would write it for the published model. */
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { COCO_LABELS } from '../../../../shared/engine/labels/coco.ts';
import { tempFolder } from '../../../support/temp.ts';

export const labels = COCO_LABELS;

export const exampleFolder = path.resolve(import.meta.dirname, '../../../../fixtures/config');

export function example(name: string): string {
  return path.join(exampleFolder, `head-${name}.good.yaml`);
}

/** A package of an example and the model in a file of an npm package. */
export function packageOf(name: string, model: string): string {
  const dir = tempFolder();
  copyFileSync(example(name), path.join(dir, 'model.yaml'));
  copyFileSync(installed(model), path.join(dir, 'fp32.onnx'));
  writeFileSync(path.join(dir, 'labels.txt'), labels.join('\n'));
  return dir;
}

/**
 * A file of an npm package, in the nearest `node_modules` that has it, as Node looks for modules: mutation tests run in a folder
 * inside the project, without a `node_modules` of its own where that of the project is a link.
 */
export function installed(file: string): string {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    const found = path.join(folder, 'node_modules', file);
    if (existsSync(found)) return found;
    if (folder === path.dirname(folder))
      throw new Error(`${file} is in no node_modules above ${import.meta.dirname}: run npm ci`);
  }
}
