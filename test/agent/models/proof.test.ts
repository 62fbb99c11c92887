import { writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { judgeProof, prove } from '../../../agent/models/proof.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { type BrightOptions, brightModel, writeBrightPackage } from '../../support/onnx.ts';
import { pngThatStates } from '../../support/png.ts';
import { built } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';

const variants = [
  { file: 'fp32.onnx', precision: 'fp32' },
  { file: 'int8.onnx', precision: 'int8' },
];

/** A package with a golden sample: a black picture, in which there is nothing. */
async function packageWith(reference: BrightOptions, int8: BrightOptions, detections: unknown[]) {
  const golden = [{ input: 'black.png', output: 'black.json' }];
  const dir = writeBrightPackage(tempFolder(), reference, { variants, golden });
  writeFileSync(path.join(dir, 'int8.onnx'), brightModel(int8));
  await sharp({ create: { width: 64, height: 64, channels: 3, background: 'black' } })
    .png()
    .toFile(path.join(dir, 'black.png'));
  writeFileSync(path.join(dir, 'black.json'), JSON.stringify({ detections }));
  return dir;
}

const tryOut = (modelDir: string, variant = 'auto') =>
  prove(
    { modelDir, variant, runtime: { threads: 1, provider: 'cpu' } },
    {
      entry: built('agent/models/proof-child.js'),
      workDir: path.join(tempFolder(), 'work'),
      waitLimitMs: 60_000,
      clock: systemClock,
    },
  );

test('every variant is measured and held against the golden samples; the fastest that agrees is chosen', async () => {
  const result = await tryOut(await packageWith({ detours: 300 }, {}, []));
  expect(result).toMatchObject({ golden: { samples: 1, passed: 1 }, chosen: 'int8' });
  expect(result.variants.map((v) => v.variant)).toEqual(['fp32', 'int8']);
  for (const { digest, latencyMs } of result.variants) {
    expect(digest).toMatch(/^sha256:/);
    expect(latencyMs?.p95).toBeGreaterThanOrEqual(latencyMs?.p50 ?? Number.POSITIVE_INFINITY);
  }
  expect((await tryOut(await packageWith({ detours: 300 }, {}, []), 'fp32')).chosen).toBe('fp32');
});

test('a variant that gives no numbers is passed over; a package that has nothing else is refused with the figures', async () => {
  const result = await tryOut(await packageWith({ detours: 100 }, { poison: true }, []));
  expect(result.chosen).toBe('fp32');
  expect(result.variants[1]?.refused).toMatch(/not finite|NaN/);
  await expect(tryOut(await packageWith({ poison: true }, { poison: true }, []))).rejects.toMatchObject({
    stage: 'proof',
    findings: { proof: { variants: [{ variant: 'fp32' }, { variant: 'int8' }] } },
  });
});

test('a package that does not say what its golden samples promise is refused, and told where', async () => {
  const wanted = [{ label: 'person', score: 0.9, box: [0.1, 0.1, 0.5, 0.5] }];
  await expect(tryOut(await packageWith({}, {}, wanted))).rejects.toMatchObject({
    stage: 'proof',
    message: expect.stringMatching(/black\.png: "person" .* is missing/),
    findings: { proof: { golden: { samples: 1, passed: 0, worst: expect.stringMatching(/fp32: black\.png/) } } },
  });
});

test('a model that takes all memory when it runs is ended within its bound, and refused with the reason', async () => {
  const modelDir = await packageWith({ hog: 30 }, { hog: 30 }, []);
  const began = performance.now();
  const refused = expect(
    prove(
      { modelDir, variant: 'auto', runtime: { threads: 1, provider: 'cpu' } },
      {
        entry: built('agent/models/proof-child.js'),
        workDir: path.join(tempFolder(), 'work'),
        waitLimitMs: 60_000,
        maxMb: 600,
        clock: systemClock,
      },
    ),
  ).rejects;
  await refused.toMatchObject({
    stage: expect.stringMatching(/^proof$/),
    message: expect.stringMatching(
      /took more than 600 MB of memory|bad allocation|bad_alloc|Failed to allocate|out of memory/i,
    ),
  });
  expect(performance.now() - began).toBeLessThan(50_000);
});

test('a golden picture that states 50,000 x 50,000 pixels is refused before it is decoded', async () => {
  const dir = await packageWith({}, {}, []);
  writeFileSync(path.join(dir, 'black.png'), pngThatStates(50_000, 50_000));
  await expect(tryOut(dir)).rejects.toMatchObject({
    stage: 'proof',
    message: expect.stringMatching(/black\.png: golden sample/),
  });
});

test('a folder that is no package is refused as such', async () => {
  await expect(tryOut(tempFolder())).rejects.toMatchObject({
    stage: 'package',
    message: expect.stringMatching(/model\.yaml/),
  });
});

test('what was asked for by precision is not replaced by another', () => {
  const fit = { variant: 'fp32', digest: 'd', ms: 1, passed: 0, differences: [] };
  expect(judgeProof(0, [fit], 'auto').chosen).toBe('fp32');
  expect(judgeProof(0, [fit], 'int8').chosen).toBeUndefined();
  expect(judgeProof(1, [{ ...fit, differences: ['x'] }], 'auto').chosen).toBeUndefined();
});
