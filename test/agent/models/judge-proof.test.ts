import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { judgeProof, prove } from '../../../agent/models/proof.ts';
import { tryOut, type VariantProof } from '../../../agent/models/try-out.ts';
import { proofResult } from '../../../shared/contract/messages/model-report.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { digestOfFile } from '../../../shared/kit/digest.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { brightModel, writeBrightPackage } from '../../support/onnx.ts';
import { tempFolder } from '../../support/temp.ts';

const digest = `sha256:${'1'.repeat(64)}`;
const of = (variant: string, more: Partial<VariantProof> = {}): VariantProof => ({
  variant,
  digest,
  ms: 10,
  p95Ms: 12,
  passed: 2,
  differences: [],
  ...more,
});

test('what is told of a proof: each variant with its times or why not, the golden samples of the one that runs, and the worst', () => {
  const variants = [
    of('fp32', { passed: 2 }),
    of('fp16', { ms: 1, passed: 1, differences: ['a.png: x', 'b.png: y'] }),
    of('int8', { ms: 5, p95Ms: 6, passed: 0 }),
  ];
  const result = judgeProof(2, variants, 'auto');
  expect(proofResult.parse(result)).toEqual(result);
  expect(result).toEqual({
    golden: { samples: 2, passed: 0, worst: 'fp16: a.png: x' },
    variants: [
      { variant: 'fp32', digest, latencyMs: { p50: 10, p95: 12 } },
      { variant: 'fp16', digest, latencyMs: { p50: 1, p95: 12 }, refused: 'a.png: x' },
      { variant: 'int8', digest, latencyMs: { p50: 5, p95: 6 } },
    ],
    chosen: 'int8',
  });
});

test('one that was refused, was not measured, or is not the one that was asked for', () => {
  const { ms: _ms, p95Ms: _p95, ...unmeasured } = of('int8', { refused: 'not finite' });
  const result = judgeProof(0, [of('fp32'), unmeasured], 'auto');
  expect(result).toEqual({
    golden: { samples: 0, passed: 2 },
    variants: [
      { variant: 'fp32', digest, latencyMs: { p50: 10, p95: 12 } },
      { variant: 'int8', digest, refused: 'not finite' },
    ],
    chosen: 'fp32',
  });
  const { p95Ms: _none, ...once } = of('fp32', { ms: 7 });
  expect(judgeProof(0, [once], 'fp32').variants[0]?.latencyMs).toEqual({ p50: 7, p95: 7 });
  // Asked for by name, and the other is faster; asked for, and at fault.
  const both = [of('fp32'), of('int8', { ms: 1, passed: 9 })];
  expect(judgeProof(0, both, 'fp32')).toMatchObject({ chosen: 'fp32', golden: { passed: 2 } });
  const refused = judgeProof(0, [of('fp32'), unmeasured], 'int8');
  expect(refused.chosen).toBeUndefined();
  // Then the first is told of.
  expect(refused.golden).toEqual({ samples: 0, passed: 2 });
  expect(judgeProof(3, [], 'auto')).toEqual({ golden: { samples: 3, passed: 0 }, variants: [] });
  const long = judgeProof(1, [of('fp32', { differences: ['d'.repeat(3000)] })], 'auto');
  expect(long.golden.worst).toHaveLength(2048);
  expect(long.variants[0]?.refused).toHaveLength(2048);
});

/** A process that gives this answer, or dies of the order. */
function answering(output: unknown) {
  const folder = tempFolder();
  const entry = path.join(folder, 'child.mjs');
  const act = output === undefined ? 'process.exit(9)' : `process.send(${JSON.stringify(output)})`;
  writeFileSync(entry, `process.once('message', () => ${act}); setInterval(() => undefined, 1000);`);
  const askOptions = { entry, workDir: path.join(folder, 'work'), waitLimitMs: 60_000, clock: new ManualClock() };
  return (variant: string) => prove({ modelDir: 'x', variant, runtime: { threads: 1, provider: 'cpu' } }, askOptions);
}

test('a verdict says why no variant is fit, of each; a process that dies is a refusal of the package it tried', async () => {
  const proof = answering({ samples: 0, variants: [of('fp32'), of('int8', { refused: 'not finite' })] });
  expect(await proof('auto')).toMatchObject({ chosen: 'fp32' });
  await expect(proof('int8')).rejects.toMatchObject({
    name: 'Refusal',
    stage: 'proof',
    message: expect.stringMatching(/: fp32: not asked for; int8: not finite$/),
    findings: { proof: { variants: [{ variant: 'fp32' }, { variant: 'int8' }] } },
  });
  await expect(answering({ samples: 0, variants: [] })('auto')).rejects.toThrow(
    /the package has no variant of the precision that is asked for$/,
  );
  await expect(answering({ fault: 'model.yaml: no' })('auto')).rejects.toMatchObject({
    stage: 'package',
    message: 'model.yaml: no',
  });
  await expect(answering(undefined)('auto')).rejects.toMatchObject({
    name: 'Refusal',
    stage: 'proof',
    message: 'the proof process ended with code 9 before it answered (out of memory, or the model crashed it)',
    findings: {},
  });
});

test('tried out: each precision once, by its file, with its times; what does not run says why', async () => {
  const variants = [
    { file: 'fp32.onnx', precision: 'fp32' },
    { file: 'int8.onnx', precision: 'int8' },
  ];
  const dir = writeBrightPackage(path.join(tempFolder(), 'package'), { size: 16 }, { variants });
  writeFileSync(path.join(dir, 'int8.onnx'), brightModel({ size: 16, poison: true }));
  const proven = await tryOut(
    { modelDir: dir, runtime: { threads: 1, provider: 'cpu' }, variant: 'auto' },
    systemClock,
  );
  expect(proven).toEqual({
    samples: 0,
    variants: [
      {
        variant: 'fp32',
        digest: await digestOfFile(path.join(dir, 'fp32.onnx')),
        ms: expect.any(Number),
        p95Ms: expect.any(Number),
        passed: 0,
        differences: [],
      },
      {
        variant: 'int8',
        digest: await digestOfFile(path.join(dir, 'int8.onnx')),
        refused: expect.stringMatching(/not finite/),
        passed: 0,
        differences: [],
      },
    ],
  });
  await expect(
    tryOut({ modelDir: tempFolder(), runtime: { threads: 1, provider: 'cpu' }, variant: 'auto' }, systemClock),
  ).rejects.toThrow(/model\.yaml/);
});
