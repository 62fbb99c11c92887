/**
 * Bare ONNX files that are made to hang, fill or crash whoever makes a package of them: by the command and the demo (`initApart`) and as
 * an upload (`inspectArchive`). Each is refused with the reason in bounded time and memory, and nothing is left behind.
 */
import { existsSync, openSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { initApart } from '../../../cloud-hub/model-init/apart.ts';
import { inspectArchive } from '../../../cloud-hub/registry/inspect.ts';
import { harmless, modelOf, outside } from '../../../fixtures/hostile/kind.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { CodedError } from '../../../shared/kit/errors.ts';
import { builtFile } from '../../support/built.ts';
import { writeClip } from '../../support/clip.ts';
import { brightModel } from '../../support/onnx.ts';
import { runProgram } from '../../support/program.ts';
import { tempFolder } from '../../support/temp.ts';
import { nestedModel } from '../registry/hostile-archives.ts';

const MAX_MB = 700;
/** Most time of one refusal, on a machine that is busy with others. */
const MOST_S = 60;
const inits = builtFile('cloud-hub/model-init/init-child.js');
const inspector = builtFile('cloud-hub/registry/inspect-child.js');

const GIB = 2 ** 30;
const spoiled = modelOf({ ...harmless(), initializer: [outside('w', '/etc/shadow')] });

/** What is written, or how large a file without contents; and what the refusal says. */
const hostile: readonly [string, () => Uint8Array | number, RegExp][] = [
  ['If in If, 10,000 deep', () => nestedModel('If', 10_000), /lies deeper than 64 levels/],
  ['Loop in Loop, 10,000 deep', () => nestedModel('Loop', 10_000), /lies deeper than 64 levels/],
  ['data in another file', () => spoiled, /keeps its data in another file; export with the data inside/],
  ['no protobuf', () => new TextEncoder().encode('no model'), /\.onnx|the ONNX file/],
  ['nothing', () => new Uint8Array(0), /\.onnx|the ONNX file/],
  ['a model that is cut off', () => brightModel().subarray(0, -40), /\.onnx|the ONNX file/],
  [
    'bytes of another kind of protobuf',
    () => Buffer.from([8, 1, 18, 3, 97, 98, 99, 250, 7, 1, 0]),
    /\.onnx|the ONNX file/,
  ],
  ['3 GiB', () => 3 * GIB, /cannot be read: .*greater than 2 GiB/],
  ['almost 2 GiB of zeros', () => 2 * GIB - 2 ** 24, /more than 700 MB of memory|out of memory|\.onnx: /],
];

function written(content: Uint8Array | number): string {
  const file = path.join(tempFolder(), 'model.onnx');
  if (typeof content === 'number') {
    openSync(file, 'w');
    truncateSync(file, content);
  } else {
    writeFileSync(file, content);
  }
  return file;
}

const within = async <T>(work: Promise<T>): Promise<T> => {
  const begun = performance.now();
  try {
    return await work;
  } finally {
    expect(performance.now() - begun).toBeLessThan(MOST_S * 1000);
  }
};

const failureOf = (work: Promise<unknown>) =>
  within(
    work.then(
      () => expect.fail('was taken'),
      (error: unknown) => error,
    ),
  );

test.each(hostile)('%s: `model init` refuses it with the reason', async (_what, make, reason) => {
  const file = written(make());
  const out = path.join(path.dirname(file), 'made');
  const order = { file, out, overrides: {}, threads: 1 };
  const failure = await failureOf(initApart(order, { entry: inits, clock: systemClock, maxMb: MAX_MB }));
  expect(failure).toBeInstanceOf(CodedError);
  expect(failure).toMatchObject({ code: 'model-invalid', message: expect.stringMatching(reason) });
  expect(String(failure)).toContain(file);
  expect(readdirSync(path.dirname(file))).toEqual(['model.onnx']);
});

test.each(hostile)('%s: as an upload it is refused with the reason', async (_what, make, reason) => {
  const content = make();
  const scratch = tempFolder();
  const order = { archive: written(content), scratch, bare: { name: 'mine' } };
  const options = { entry: inspector, clock: systemClock, maxMb: MAX_MB };
  const size = typeof content === 'number' ? content : content.length;
  const failure = await failureOf(inspectArchive(order, size, options));
  expect(failure).toMatchObject({ code: 'model-invalid', message: expect.stringMatching(reason) });
});

describe('a model that is sound, and takes everything when it runs', () => {
  const hog = () => brightModel({ hog: 30 });

  test('is ended within its bound, and nothing is left behind', async () => {
    const file = written(hog());
    const clip = await writeClip(tempFolder(), { frames: 6, width: 64, height: 64 });
    const order = { file, out: path.join(path.dirname(file), 'made'), clip, overrides: {}, threads: 1 };
    const failure = await failureOf(initApart(order, { entry: inits, clock: systemClock, maxMb: MAX_MB }));
    expect(failure).toMatchObject({
      message: expect.stringMatching(/more than 700 MB of memory|bad.alloc|Failed to allocate|out of memory/i),
    });
    expect(readdirSync(path.dirname(file))).toEqual(['model.onnx']);
  });

  test('is ended when its time is over', async () => {
    const file = written(brightModel());
    const order = { file, out: path.join(path.dirname(file), 'made'), overrides: {}, threads: 1 };
    const failure = await failureOf(initApart(order, { entry: inits, clock: systemClock, waitLimitMs: 1 }));
    expect(String(failure)).toMatch(/takes longer than 0\.001 s to look into and to run/);
    expect(existsSync(order.out)).toBe(false);
  });
});

test('a process that answers what it should not is not believed', async () => {
  const file = written(brightModel());
  const child = path.join(tempFolder(), 'child.mjs');
  writeFileSync(child, "process.once('message', () => process.send({ made: { dir: 1 } }));");
  const order = { file, out: path.join(path.dirname(file), 'made'), overrides: {}, threads: 1 };
  await expect(initApart(order, { entry: child, clock: systemClock })).rejects.toThrow();
});

test('the command says it in one line, and a sound model becomes a package', async () => {
  const bad = written(nestedModel('If', 10_000));
  const refused = await runProgram('cloud-hub/main.js', [
    'model',
    'init',
    bad,
    '--out',
    path.join(tempFolder(), 'made'),
  ]);
  expect(refused).toMatchObject({ code: 1, stdout: '' });
  expect(refused.stderr).toMatch(/^vedette-hub: .*lies deeper than 64 levels[^\n]*\n$/s);
  const out = path.join(tempFolder(), 'made');
  const made = await runProgram('cloud-hub/main.js', ['model', 'init', written(brightModel()), '--out', out, '--json']);
  expect(made).toMatchObject({ code: 0 });
  expect(JSON.parse(made.stdout)).toMatchObject({ dir: out, name: 'model 1.0.0' });
  expect(readdirSync(out).toSorted()).toEqual(['fp32.onnx', 'labels.txt', 'model.yaml']);
});
