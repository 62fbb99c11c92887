import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import onnxProto from 'onnx-proto';
import { expect, test } from 'vitest';
import { onnxOf } from '../../../agent/train/graph.ts';
import { addVariant, requireRoom } from '../../../cloud-hub/quantize/add.ts';
import { type Quantized, quantize } from '../../../cloud-hub/quantize/quantize.ts';
import type { Method } from '../../../cloud-hub/quantize/ranges/method.ts';
import { quantizeReport } from '../../../cloud-hub/quantize/report.ts';
import { readSamples } from '../../../cloud-hub/quantize/samples/read.ts';
import { openEngine } from '../../../shared/engine/engine.ts';
import { readPackage } from '../../../shared/engine/package/package.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { writeClip } from '../../support/clip.ts';
import { writeConvPackage } from '../../support/conv-net.ts';
import { writeBrightPackage } from '../../support/onnx.ts';
import { waveRows, writeCsv, writeWaveModel } from '../../support/sensor.ts';
import { tempFolder } from '../../support/temp.ts';

async function run(dir: string, source: string, method: Method = 'percentile', most = 100): Promise<Quantized> {
  const pack = await readPackage(dir);
  return quantize({
    pack,
    ...(await readSamples(source, pack.manifest, 'timestamp', most)),
    method,
    part: 0.9999,
    weightBits: 7,
    agreement: 0.97,
    size: 0.35,
    threads: 1,
    clock: systemClock,
    onProgress: () => undefined,
  });
}

const opsOf = (bytes: Uint8Array) =>
  (onnxProto.onnx.ModelProto.decode(bytes).graph?.node ?? []).map((n) => n.opType ?? '');

test.each<Method>(['minmax', 'percentile', 'entropy'])('a classifier in 8 bits says the same: %s', async (method) => {
  const folder = tempFolder();
  const clip = await writeClip(folder, { frames: 60, width: 64, height: 48 });
  const dir = writeConvPackage(path.join(folder, 'm'));
  const found = await run(dir, clip, method);
  expect(found.agreement).toMatchObject({ task: 'classify', agreement: 1, top1: 1 });
  expect(found.agreement.scoreDrift).toBeLessThan(0.05);
  // It differs: numbers were really rounded.
  expect(found.agreement.scoreDrift).toBeGreaterThan(0);
  const ops = opsOf(found.bytes);
  expect(ops).toContain('QuantizeLinear');
  expect(ops).not.toContain('BatchNormalization');
  expect(ops).not.toContain('Identity');
  const graph = onnxProto.onnx.ModelProto.decode(found.bytes).graph;
  const int8 = (graph?.initializer ?? []).filter((t) => t.dataType === 3 && (t.dims?.length ?? 0) === 4);
  expect(int8.length).toBe(3 - found.float.filter((n) => n.startsWith('c')).length);
});

test('the variant is added in place: comments stay, the engine runs it, and it is not overwritten', async () => {
  const folder = tempFolder();
  const clip = await writeClip(folder, { frames: 60, width: 64, height: 48 });
  const dir = writeConvPackage(path.join(folder, 'm'));
  const { bytes } = await run(dir, clip);
  const pack = await readPackage(dir);
  await requireRoom({ pack, force: false });
  expect(await addVariant({ pack, bytes, force: false, clock: systemClock })).toBe(dir);
  const text = readFileSync(path.join(dir, 'model.yaml'), 'utf8');
  expect(text).toContain('# a comment that somebody wrote');
  expect(text).toContain('# the reference');
  const engine = await openEngine({ dir, variant: 'int8', threads: 1 }, systemClock);
  expect(engine.model.variant).toBe('int8');
  await engine.close();
  await expect(requireRoom({ pack: await readPackage(dir), force: false })).rejects.toThrow(
    /has an int8 variant already/,
  );
  await requireRoom({ pack: await readPackage(dir), force: true });
  expect(readdirSync(folder).toSorted()).toEqual(['clip.mp4', 'm']);
});

test('a new package beside the old one', async () => {
  const folder = tempFolder();
  const clip = await writeClip(folder, { frames: 60, width: 64, height: 48 });
  const dir = writeConvPackage(path.join(folder, 'm'), 9);
  const { bytes } = await run(dir, clip);
  const out = path.join(folder, 'new', 'm8');
  await addVariant({ pack: await readPackage(dir), bytes, out, force: false, clock: systemClock });
  expect((await readPackage(out)).manifest.variants.map((v) => v.precision)).toEqual(['fp32', 'int8']);
  expect(existsSync(path.join(dir, 'int8.onnx'))).toBe(false);
  await expect(requireRoom({ pack: await readPackage(dir), out, force: false })).rejects.toThrow(/is there already/);
});

test('golden samples that do not agree keep the variant out', async () => {
  const folder = tempFolder();
  const dir = await writeWaveModel(folder);
  const found = await run(dir, writeCsv(folder, 'more.csv', waveRows(900)));
  const window = Array.from({ length: 16 }, () => 0);
  writeFileSync(path.join(dir, 'zero.json'), JSON.stringify(window));
  writeFileSync(path.join(dir, 'zero-out.json'), JSON.stringify({ score: 1000 }));
  const file = path.join(dir, 'model.yaml');
  const before = `${readFileSync(file, 'utf8')}golden: [{ input: zero.json, output: zero-out.json }]\n`;
  writeFileSync(file, before);
  const adding = addVariant({ pack: await readPackage(dir), bytes: found.bytes, force: false, clock: systemClock });
  await expect(adding).rejects.toThrow(/golden samples do not agree .* zero\.json: the score is/);
  expect(readFileSync(file, 'utf8')).toBe(before);
  expect(existsSync(path.join(dir, 'int8.onnx'))).toBe(false);
});

test('an autoencoder in 8 bits judges a series as before, faults included', async () => {
  const folder = tempFolder();
  const dir = await writeWaveModel(folder);
  // Of the unseen part, the last two fifths, some are faulty.
  const found = await run(dir, writeCsv(folder, 'more.csv', waveRows(900, 800)));
  expect(found.agreement).toMatchObject({ task: 'anomaly' });
  expect(found.agreement.agreement).toBeGreaterThanOrEqual(0.97);
  expect(found.nodes).toBe(2);
  expect(opsOf(found.bytes)).toContain('QuantizeLinear');
});

test('a model that 8 bits cannot hold is measured honestly and refused', async () => {
  const folder = tempFolder();
  const dir = await writeWaveModel(folder);
  // It gives back exactly what it gets, and takes the least difference for a fault.
  const size = 16;
  const components = Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: size }, (_, j) => Number(i === j)),
  );
  const ranges = new Array<number>(size).fill(4);
  writeFileSync(path.join(dir, 'fp32.onnx'), onnxOf({ mean: new Float64Array(size), components, ranges }));
  const file = path.join(dir, 'model.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/threshold: .*/, 'threshold: 1e-8'));
  const found = await run(dir, writeCsv(folder, 'more.csv', waveRows(300)));
  expect(found.agreement.agreement).toBeLessThan(0.5);
  const report = quantizeReport(found, { model: 'm', method: 'percentile', agreement: 0.97, size: 0.35, threads: 1 });
  expect(report.refused).toMatch(/agreement 0.* is below the asked 0\.97/);
});

test('what cannot be quantized is refused with the reason', async () => {
  const folder = tempFolder();
  const clip = await writeClip(folder);
  const bright = writeBrightPackage(path.join(folder, 'bright'));
  await expect(run(bright, clip)).rejects.toThrow(/no Conv, Gemm or MatMul with weights/);
  const old = writeConvPackage(path.join(folder, 'old'));
  const model = onnxProto.onnx.ModelProto.decode(readFileSync(path.join(old, 'fp32.onnx')));
  model.opsetImport = [{ domain: '', version: 7 }];
  writeFileSync(path.join(old, 'fp32.onnx'), onnxProto.onnx.ModelProto.encode(model).finish());
  await expect(run(old, clip)).rejects.toThrow(/operators of version 7; quantizing needs 9 or later/);
  const few = await writeClip(path.join(folder), { frames: 4 });
  await expect(run(writeConvPackage(path.join(folder, 'm')), few)).rejects.toThrow(/4 samples .* at least 10/);
  await expect(run(await writeWaveModel(folder), folder)).rejects.toThrow(/is a folder; wave takes windows/);
});

const shared = path.resolve(import.meta.dirname, '../../../../shared');
const assets = existsSync(path.join(shared, 'assets'));

test.skipIf(!assets)(
  '[assets] YOLOX-nano in 8 bits finds the same people on frames that calibration never saw',
  { timeout: 600_000 },
  async () => {
    const asset = (name: string) => path.join(shared, 'assets', name);
    const found = await run(asset('models/yolox-nano-416'), asset('media/vtest-20s.mp4'), 'percentile', 256);
    expect(found.bytes.length / found.floatBytes).toBeLessThanOrEqual(0.35);
    expect(found.agreement.boxes).toBeGreaterThan(400);
    expect(found.agreement.recall).toBeGreaterThanOrEqual(0.97);
    expect(found.agreement.precision).toBeGreaterThanOrEqual(0.95);
  },
);
