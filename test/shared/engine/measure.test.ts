import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { measureVariants } from '../../../shared/engine/measure.ts';
import { readPackage } from '../../../shared/engine/package/package.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { brightModel, writeBrightPackage } from '../../support/onnx.ts';
import { tempFolder } from '../../support/temp.ts';

const variant = (file: string, precision: string) => ({ file, precision });

/** A clock on which each look takes so long. */
function ticking(ms: number): Clock & { looks: number } {
  const clock = {
    ...systemClock,
    looks: 0,
    mono: () => ms * clock.looks++,
  };
  return clock;
}

async function packageOf(variants: object[], manifest: object = {}) {
  const dir = writeBrightPackage(path.join(tempFolder(), 'm'), {}, { variants, ...manifest });
  writeFileSync(path.join(dir, 'poison.onnx'), brightModel({ poison: true }));
  writeFileSync(path.join(dir, 'broken.onnx'), 'no model');
  writeFileSync(path.join(dir, 'batch.onnx'), brightModel({ batch: true }));
  return readPackage(dir);
}

test('each precision once, in order: its times, or why it is not to be used; one that fails does not stop the others', async () => {
  const pack = await packageOf([
    variant('fp32.onnx', 'fp32'),
    variant('broken.onnx', 'int8'),
    variant('fp32.onnx', 'int8'),
    variant('poison.onnx', 'fp16'),
  ]);
  const found = await measureVariants(pack, { threads: 1, budgetMs: 0 }, ticking(1));
  expect(found.map(({ precision }) => precision)).toEqual(['fp32', 'int8', 'fp16']);
  expect(found[0]).toEqual({ precision: 'fp32', golden: [], ms: 1, p95Ms: 1 });
  expect(found[1]).toEqual({ precision: 'int8', golden: [], fault: expect.stringContaining('broken.onnx') });
  expect(found[2]).toEqual({ precision: 'fp16', golden: [], fault: 'output "output" is not finite' });
});

test('a graph whose batch axis is free is measured in batches of four too', async () => {
  const pack = await packageOf([variant('batch.onnx', 'fp32')]);
  const [found] = await measureVariants(pack, { threads: 1, budgetMs: 0 }, ticking(8));
  expect(found).toEqual({ precision: 'fp32', golden: [], ms: 8, p95Ms: 8, batchMs: 2 });
});

test('rounds go on while there is time, one at least and 25 at most', async () => {
  const pack = await packageOf([variant('fp32.onnx', 'fp32')]);
  const looks = async (budgetMs: number) => {
    const clock = ticking(1);
    await measureVariants(pack, { threads: 1, budgetMs }, clock);
    return clock.looks;
  };
  const one = await looks(0);
  const all = await looks(1e9);
  // Two looks at the clock per run, and one before each round but the first.
  expect(all - one).toBe(24 * 3 - 1);
  const some = await looks(10);
  expect(some).toBeGreaterThan(one);
  expect(some).toBeLessThan(all);
});

test('a golden sample that is not met is the fault, and the verdicts are kept', async () => {
  const golden = [{ input: 'in.json', output: 'out.json' }];
  const pack = await packageOf([variant('fp32.onnx', 'fp32')], { golden });
  writeFileSync(path.join(pack.dir, 'out.json'), '{"detections":[]}');
  const [missing] = await measureVariants(pack, { threads: 1, budgetMs: 0 }, ticking(1));
  expect(missing).toEqual({ precision: 'fp32', fault: expect.stringMatching(/in\.json: golden sample: /) });
});
