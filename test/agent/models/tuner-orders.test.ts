/** What the tuner has measured and what it does not; the process that measures says what a test says. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type TunerOptions, tuneAll } from '../../../agent/models/tuner.ts';
import type { Assignment } from '../../../agent/runner/messages.ts';
import { streamConfig } from '../../../shared/contract/config/stream.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { brightModel, writeBrightPackage } from '../../support/onnx.ts';
import { tempFolder } from '../../support/temp.ts';

const two = [
  { file: 'fp32.onnx', precision: 'fp32' },
  { file: 'int8.onnx', precision: 'int8' },
];

function packageOf(variants: readonly object[] = two, name = 'bright'): string {
  const dir = writeBrightPackage(path.join(tempFolder(), 'package'), { size: 16 }, { variants, name });
  writeFileSync(path.join(dir, 'int8.onnx'), brightModel({ size: 16, boxCells: 1 }));
  return dir;
}

/** @param answer of the process; `dies`: it has none */
function tuner(
  answer: unknown = {
    times: [
      { precision: 'fp32', ms: 9 },
      { precision: 'int8', ms: 3, batchMs: 1 },
    ],
  },
) {
  const folder = tempFolder();
  const entry = path.join(folder, 'child.mjs');
  const log = path.join(folder, 'orders');
  writeFileSync(log, '');
  const act = answer === 'dies' ? 'process.exit(9)' : `process.send(${JSON.stringify(answer)})`;
  writeFileSync(
    entry,
    `import { appendFileSync } from 'node:fs';
    process.once('message', (order) => { appendFileSync(${JSON.stringify(log)}, JSON.stringify(order) + '\\n'); ${act}; });
    setInterval(() => undefined, 1000);`,
  );
  const printed: string[] = [];
  const options: TunerOptions = {
    entry,
    workDir: path.join(folder, 'work'),
    file: path.join(folder, 'measured.json'),
    machine: 'this one',
    runners: 2,
    clock: new ManualClock(),
    print: (message) => printed.push(message),
  };
  const orders = () =>
    readFileSync(log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return { options, printed, orders };
}

const of = (modelDir: string, variant = 'auto', threads = 1, stream = 'a'): Assignment => ({
  stream,
  config: streamConfig.parse({ source: { url: 'test:testsrc2' }, model: 'bright' }),
  modelDir,
  variant,
  batch: 1,
  runtime: { threads, provider: 'cpu' },
  once: false,
});

test('each package and way to run it is measured once, one after the other, and all that share it run alike', async () => {
  const { options, orders, printed } = tuner();
  const [one, other] = [packageOf(), packageOf(two, 'other')];
  const assignments = [of(one), of(other, 'auto', 1, 'b'), of(one, 'auto', 1, 'c'), of(one, 'auto', 2, 'd')];
  const tuned = await tuneAll(assignments, options);
  expect(tuned).toEqual(assignments.map((a) => ({ ...a, variant: 'int8', batch: 4 })));
  expect(orders()).toEqual([
    { modelDir: one, runtime: { threads: 1, provider: 'cpu' } },
    { modelDir: other, runtime: { threads: 1, provider: 'cpu' } },
    { modelDir: one, runtime: { threads: 2, provider: 'cpu' } },
  ]);
  // Known from the file now, of this machine.
  expect(await tuneAll(assignments, options)).toEqual(tuned);
  expect(orders()).toHaveLength(3);
  expect(printed).toHaveLength(6);
  await tuneAll([of(one)], { ...options, machine: 'another' });
  expect(orders()).toHaveLength(4);
  // Another file under the same name.
  writeFileSync(path.join(one, 'int8.onnx'), brightModel({ size: 16, boxCells: 3 }));
  await tuneAll([of(one)], options);
  expect(orders()).toHaveLength(5);
});

test('without a choice nothing is measured, unless more streams share it than there are runners', async () => {
  const { options, orders } = tuner({ times: [{ precision: 'fp32', ms: 9, batchMs: 2 }] });
  const single = packageOf([{ file: 'fp32.onnx', precision: 'fp32' }]);
  const twice = packageOf([two[0] ?? {}, { file: 'int8.onnx', precision: 'fp32' }]);
  const asked = packageOf();
  for (const assignments of [[of(single)], [of(twice)], [of(asked, 'int8')], [of(single), of(single, 'auto', 1, 'b')]])
    expect(await tuneAll(assignments, options)).toEqual(assignments);
  expect(orders()).toEqual([]);
  const three = ['a', 'b', 'c'].map((stream) => of(single, 'auto', 1, stream));
  expect(await tuneAll(three, options)).toEqual(three.map((a) => ({ ...a, variant: 'fp32', batch: 4 })));
  expect(orders()).toHaveLength(1);
});

test('what cannot be measured runs as it was asked for, the others are tuned all the same, and it is tried again the next time', async () => {
  for (const [answer, why] of [
    [{ fault: 'no memory' }, 'bright could not be measured: no memory'],
    ['dies', 'bright could not be measured: the process ended with code 9 before it answered'],
  ] as const) {
    const { options, orders, printed } = tuner(answer);
    const dir = packageOf();
    expect(await tuneAll([of(dir)], options)).toEqual([of(dir)]);
    expect(printed).toEqual(['measuring the variants of bright on this machine (once)', why]);
    await tuneAll([of(dir)], options);
    expect(orders()).toHaveLength(2);
  }
  const { options } = tuner();
  const [missing, good] = [of(path.join(tempFolder(), 'missing')), of(packageOf(), 'auto', 1, 'b')];
  expect(await tuneAll([missing, good], options)).toEqual([missing, { ...good, variant: 'int8', batch: 4 }]);
});

test('measurements that cannot be kept hold for this time, and it is said', async () => {
  const { options, printed } = tuner();
  mkdirSync(options.file);
  expect(await tuneAll([of(packageOf())], options)).toMatchObject([{ variant: 'int8' }]);
  expect(printed.at(-1)).toMatch(/^the measurements could not be saved: /);
});
