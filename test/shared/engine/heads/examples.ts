/** The model.yaml of each head kind, as a user would write it for the published model. */
import { copyFileSync, writeFileSync } from 'node:fs';
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

/** A file below node_modules. */
export function installed(file: string): string {
  return path.resolve(import.meta.dirname, '../../../../node_modules', file);
}
