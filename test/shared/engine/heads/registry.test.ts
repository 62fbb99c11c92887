import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { modelManifest } from '../../../../shared/contract/model-manifest.ts';
import { headKinds, headOfKind } from '../../../../shared/engine/heads/registry.ts';
import { exampleFolder } from './examples.ts';

const examples = readdirSync(exampleFolder)
  .filter((file) => /^head-.*\.good\.yaml$/.test(file))
  .map((file) => ({ file, text: readFileSync(path.join(exampleFolder, file), 'utf8') }));

test.each(examples)('$file is a model.yaml with a known head, every field in it known', ({ text }) => {
  const manifest = modelManifest.parse(parse(text));
  expect(() => headOfKind(manifest.head.kind)).not.toThrow();
});

test.each(headKinds)('head.kind %s has an example', (kind) => {
  expect(examples.some(({ text }) => modelManifest.parse(parse(text)).head.kind === kind)).toBe(true);
});

test.each(['yolov9', 'toString', ''])('an unknown kind "%s" is refused with the known ones', (kind) => {
  expect(() => headOfKind(kind)).toThrow(`head.kind says "${kind}"; known are:`);
  expect(() => headOfKind(kind)).toThrow(/nanodet, .*yolo, yolox, yunet/);
});
