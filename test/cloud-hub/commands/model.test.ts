/** `vedette-hub model …` as main.ts calls it, without a process of its own. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addModelCommands } from '../../../cloud-hub/commands/model.ts';
import { detectorFiles } from '../../../fixtures/detector/detector.ts';
import { writePackage } from '../../../fixtures/detector/package.ts';
import { readSource } from '../../../fixtures/detector/source.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { writeClip } from '../../support/clip.ts';
import { writeConvPackage } from '../../support/conv-net.ts';
import { writeBrightPackage } from '../../support/onnx.ts';
import { tempFolder } from '../../support/temp.ts';

/** @throws what main.ts would print */
async function model(...args: string[]): Promise<{ stdout: string; stderr: string; failed: boolean }> {
  const overrides = { stdout: '', stderr: '', failed: false };
  const into = (key: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk, _encoding, done) {
        overrides[key] += String(chunk);
        done();
      },
    });
  const program = new Command()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  const fail = () => {
    overrides.failed = true;
  };
  const untilStopped = () => new AbortController().signal;
  addModelCommands(program, {
    clock: systemClock,
    stdout: into('stdout'),
    stderr: into('stderr'),
    cpus: 1,
    untilStopped,
    fail,
  });
  await program.parseAsync(['model', ...args], { from: 'user' });
  return overrides;
}

test('pack, inspect and verify a package, as a folder and as an archive', async () => {
  const folder = tempFolder();
  const dir = writeBrightPackage(path.join(folder, 'm'));
  const archive = path.join(folder, 'm.tar.gz');
  const packed = await model('pack', dir, '--out', archive);
  expect(packed.stdout).toMatch(/^sha256:[0-9a-f]{64}\t\d+\t.*m\.tar\.gz\n$/);
  for (const given of [dir, archive]) {
    expect((await model('inspect', given)).stdout).toMatch(/model +bright 1\.0\.0\ntask +detect, head yolox/);
    expect((await model('verify', given)).stdout).toBe('fp32 (fp32.onnx): opens; the package has no golden samples\n');
  }
  const facts: unknown = JSON.parse((await model('inspect', archive, '--json')).stdout);
  expect(facts).toMatchObject({
    name: 'bright',
    files: ['fp32.onnx', 'model.yaml'],
    variants: [{ precision: 'fp32' }],
  });
});

test('golden samples of a real detector agree; with others the command fails and says what differs', async () => {
  const dir = path.join(tempFolder(), 'detector');
  await writePackage(dir, await detectorFiles(await readSource()));
  const good = await model('verify', dir);
  expect(good).toMatchObject({ failed: false, stdout: 'fp32 (fp32.onnx): opens; 1 golden samples agree\n' });
  const file = path.join(dir, 'golden', '0.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"person"', '"horse"'));
  const bad = await model('verify', dir);
  expect(bad.failed).toBe(true);
  expect(bad.stdout).toMatch(/1 of 1 golden samples do not agree\n {2}golden\/0\.png: "horse" at .* is missing/);
});

test('a package that is not sound is refused by every command', async () => {
  const folder = tempFolder();
  const dir = writeBrightPackage(path.join(folder, 'm'));
  writeFileSync(path.join(dir, 'fp32.onnx'), 'no model');
  for (const args of [
    ['inspect', dir],
    ['verify', dir],
    ['pack', dir, '--out', path.join(folder, 'x')],
  ])
    await expect(model(...args)).rejects.toMatchObject({
      code: 'model-invalid',
      message: expect.stringContaining('fp32.onnx'),
    });
  await expect(model('verify', path.join(folder, 'nothing'))).rejects.toThrow(/nothing: cannot be read/);
});

test('quantize: progress on stderr, the report on stdout, the variant in the package', async () => {
  const folder = tempFolder();
  const clip = await writeClip(folder, { frames: 60, width: 64, height: 48 });
  const dir = writeConvPackage(path.join(folder, 'm'));
  const out = path.join(folder, 'out');
  const done = await model('quantize', dir, '--calibrate', clip, '--out', out);
  expect(done.failed).toBe(false);
  expect(done.stderr).toMatch(/^reading samples\ncalibrating/);
  expect(done.stdout).toMatch(/size +\d+ kB +\d+ kB/);
  expect(done.stdout).toMatch(/ms a run +\d/);
  expect(done.stdout).toMatch(/top-1 1\.0000/);
  expect(done.stdout).toContain(`added to ${out}`);
  expect((await model('verify', out)).stdout).toMatch(/int8 \(int8\.onnx\): opens/);
  const json: unknown = JSON.parse(
    (await model('quantize', dir, '--calibrate', clip, '--json', '--unseen', clip)).stdout,
  );
  expect(json).toMatchObject({ model: 'conv-net 1.0.0', agreement: { top1: 1 }, added: dir });
  await expect(model('quantize', dir, '--calibrate', clip)).rejects.toThrow(/has an int8 variant already.*--force/);
});

test('quantize: wrong use and wrong sources', async () => {
  const folder = tempFolder();
  const dir = writeConvPackage(path.join(folder, 'm'));
  await expect(model('quantize', dir)).rejects.toThrow(/--calibrate/);
  await expect(model('quantize', dir, '--calibrate', 'x', '--method', 'magic')).rejects.toThrow(
    /minmax, percentile, entropy/,
  );
  await expect(model('quantize', dir, '--calibrate', 'x', '--agreement', '97')).rejects.toThrow(
    /above 0 and at most 1/,
  );
  await expect(model('quantize', dir, '--calibrate', path.join(folder, 'x.mp4'))).rejects.toMatchObject({
    code: 'source-open',
  });
  mkdirSync(path.join(folder, 'empty'));
  await expect(model('quantize', dir, '--calibrate', path.join(folder, 'empty'))).rejects.toMatchObject({
    code: 'source-no-video',
  });
  expect(existsSync(path.join(dir, 'int8.onnx'))).toBe(false);
});
