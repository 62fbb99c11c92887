import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { tuneAll } from '../../../agent/models/tuner.ts';
import type { Assignment } from '../../../agent/runner/messages.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { systemClock } from '../../../shared/kit/clock.ts';

import { type BrightOptions, brightModel, writeBrightPackage } from '../../support/onnx.ts';
import { built } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';

/** A package with a second file that calls itself int8. */
function packageWith(reference: BrightOptions, int8: BrightOptions): string {
  const variants = [
    { file: 'fp32.onnx', precision: 'fp32' },
    { file: 'int8.onnx', precision: 'int8' },
  ];
  const dir = writeBrightPackage(tempFolder(), reference, { variants });
  writeFileSync(path.join(dir, 'int8.onnx'), brightModel(int8));
  return dir;
}

function tunerFor(modelDir: string) {
  const folder = tempFolder();
  const printed: string[] = [];
  const assignment = (stream: string, variant: string): Assignment => ({
    stream,
    config: streamConfig.parse({ source: { url: 'test:testsrc2' }, model: 'bright' }),
    modelDir,
    variant,
    batch: 1,
    runtime: { threads: 1, provider: 'cpu' },
    once: false,
  });
  const file = path.join(folder, 'measured.json');
  const tune = (wanted: string, streams = 1) =>
    tuneAll(
      Array.from({ length: streams }, (_, i) => assignment(`s${i}`, wanted)),
      {
        entry: built('agent/models/measure-child.js'),
        workDir: path.join(folder, 'measure'),
        file,
        machine: 'this one',
        runners: 1,
        clock: systemClock,
        print: (message) => printed.push(message),
      },
    );
  return { tune, printed, file };
}

test('auto: the variant that is fastest here, measured once and remembered; a lost memory is measured again', async () => {
  const { tune, printed, file } = tunerFor(packageWith({ detours: 300 }, {}));
  expect((await tune('auto')).map((a) => a.variant)).toEqual(['int8']);
  expect(printed).toHaveLength(2);
  expect(printed[1]).toMatch(/^bright: fp32 [\d.]+ ms, int8 [\d.]+ ms; running int8$/);
  expect((await tune('auto')).map((a) => a.variant)).toEqual(['int8']);
  expect(printed).toHaveLength(2);
  writeFileSync(file, '{"torn":');
  expect((await tune('auto')).map((a) => a.variant)).toEqual(['int8']);
  expect(printed).toHaveLength(4);
});

test('a fast variant that gives no numbers is not chosen, and one that was asked for is not measured', async () => {
  const { tune, printed } = tunerFor(packageWith({ detours: 100 }, { poison: true }));
  expect((await tune('auto')).map((a) => a.variant)).toEqual(['fp32']);
  expect(printed[1]).toMatch(/int8 cannot be used \(output "output" is not finite\)/);
  expect((await tune('int8')).map((a) => a.variant)).toEqual(['int8']);
  expect(printed).toHaveLength(2);
});

test('streams that share a session: whether batches pay is measured, where the graph allows them', async () => {
  const { tune, printed } = tunerFor(writeBrightPackage(tempFolder(), { batch: true }));
  expect(new Set((await tune('auto', 3)).map((a) => a.batch)).size).toBe(1);
  expect(printed[1]).toMatch(/^bright: fp32 [\d.]+ ms \([\d.]+ in batches of 4\); running fp32$/);
});

test('a package that cannot be read is left to the runner to refuse', async () => {
  const { tune, printed } = tunerFor(path.join(tempFolder(), 'nothing'));
  expect((await tune('auto')).map((a) => a.variant)).toEqual(['auto']);
  expect(printed).toEqual([]);
});

test('a fast variant that says of a golden sample what it must not is not chosen', async () => {
  const dir = packageWith({ detours: 300 }, { boxCells: 4 });
  const pixels = Buffer.alloc(64 * 64 * 3);
  for (let i = 0; i < 64; i++) pixels[((16 + (i >> 3)) * 64 + 24 + (i & 7)) * 3] = 255;
  await sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } }).toFile(path.join(dir, 'one.png'));
  const person = { label: 'person', score: 1, box: [(3.5 - 1) / 8, (2.5 - 1) / 8, 2 / 8, 2 / 8] };
  writeFileSync(path.join(dir, 'one.json'), JSON.stringify({ detections: [person] }));
  const manifest = path.join(dir, 'model.yaml');
  const golden = [{ input: 'one.png', output: 'one.json' }];
  writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, 'utf8')), golden }));
  const { tune, printed } = tunerFor(dir);
  expect((await tune('auto')).map((a) => a.variant)).toEqual(['fp32']);
  expect(printed[1]).toMatch(/int8 cannot be used \(golden sample one\.png: .*\); running fp32$/);
});
