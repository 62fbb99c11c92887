/** Uploads that are made to hold the hub up: each is refused in seconds, and the hub answers all the while. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import { inspectArchive } from '../../../cloud-hub/registry/inspect.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { builtFile } from '../../support/built.ts';
import { writeBrightPackage } from '../../support/onnx.ts';
import { mayMount } from '../../support/small-disk.ts';
import { type TarEntry, tarOf } from '../../support/tar.ts';
import { tempFolder } from '../../support/temp.ts';
import { tempDisk } from '../../support/temp-disk.ts';
import { until } from '../../support/until.ts';
import { problemOf } from '../api/problems.ts';
import { testHub } from '../support.ts';
import { folders, longNames, nestedModel, trailingZeros, zeros } from './hostile-archives.ts';
import { archiveOf, upload } from './package.ts';

/** Processor time of the hub and of the sender, who is in the same process: no block of the event loop is longer, unless the machine is busy with others. */
const MOST_CPU_MS = 1000;
/** On a machine that is busy with others. A hub that looked into them itself stood still for up to minutes. */
const MOST_BLOCK_MS = 3000;
const MOST_S = 30;

function packageFiles(more: Record<string, string | Uint8Array> = {}): TarEntry[] {
  const dir = writeBrightPackage(path.join(tempFolder(), 'm'));
  const own = readdirSync(dir).map((name) => [name, readFileSync(path.join(dir, name))] as const);
  return Object.entries({ ...Object.fromEntries(own), ...more }).map(([name, body]) => ({ name, body }));
}

const keys = (count: number) => Array.from({ length: count }, (_, i) => `k${i}: ${i}\n`).join('');

const hostile: readonly [string, () => Buffer, RegExp][] = [
  ['16 MB of folders', folders, /^the archive: holds more than 4096 entries$/],
  ['200,000 headers with long names', longNames, /^the archive: holds more than 4096 entries$/],
  [
    'a manifest of 50,000 keys',
    () => tarOf(packageFiles({ 'model.yaml': keys(50_000) })),
    /^model\.yaml: 677780 bytes; at most 65536 are allowed$/,
  ],
  [
    'a manifest of as many keys as fit',
    () => tarOf(packageFiles({ 'model.yaml': keys(5_600) })),
    /^model\.yaml: .*unknown key/,
  ],
  [
    'a manifest of 60,000 brackets',
    () => tarOf(packageFiles({ 'model.yaml': `a: ${'['.repeat(60_000)}` })),
    /^model\.yaml: not YAML: /,
  ],
  [
    'a manifest of references to references',
    () => {
      const lists = Array.from(
        { length: 30 },
        (_, i) => `a${i}: &a${i} [${Array(9).fill(i === 0 ? 'x' : `*a${i - 1}`)}]\n`,
      );
      return tarOf(packageFiles({ 'model.yaml': lists.join('') }));
    },
    /^model\.yaml: not YAML: Excessive alias count/,
  ],
  [
    '2 GiB of an ONNX file out of 2 MB',
    () => zeros(packageFiles(), 'big.onnx'),
    /^the archive: unpacks to more than 100 times its size$/,
  ],
  [
    '2 GB after its end',
    () => trailingZeros(packageFiles()),
    /^the archive: goes on for more than 1048576 bytes after its end$/,
  ],
  [
    'If in If, 10,000 deep',
    () => tarOf(packageFiles({ 'fp32.onnx': nestedModel('If', 10_000) })),
    /^fp32\.onnx: .*lies deeper than 64 levels/,
  ],
  [
    'Loop in Loop, 10,000 deep',
    () => tarOf(packageFiles({ 'fp32.onnx': nestedModel('Loop', 10_000) })),
    /^fp32\.onnx: .*lies deeper than 64 levels/,
  ],
];

test.each(hostile)('%s: refused in time, while the hub answers', async (_what, make, reason) => {
  const folder = tempFolder();
  const hub = await testHub({ folder });
  const archive = make();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const begun = performance.now();
  const before = process.cpuUsage();
  delay.enable();
  const response = await upload(hub, archive);
  delay.disable();
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(MOST_CPU_MS);
  expect(performance.now() - begun).toBeLessThan(MOST_S * 1000);
  expect(delay.max / 1e6).toBeLessThan(MOST_BLOCK_MS);
  expect(response.status).toBe(422);
  const { detail = '' } = await problemOf(response);
  expect(detail).toMatch(reason);
  expect(detail.length).toBeLessThan(10_000);
  expect(readdirSync(path.join(folder, 'models', 'incoming'))).toEqual([]);
});

describe('looking into an archive', () => {
  async function asked(
    archive: Buffer,
    options: { maxMb?: number; leastMs?: number; entry?: string } = {},
    at = tempFolder(),
  ) {
    const file = path.join(tempFolder(), 'a.tar.gz');
    writeFileSync(file, archive);
    const scratch = path.join(at, 'scratch');
    mkdirSync(scratch);
    const entry = builtFile('cloud-hub/registry/inspect-child.js');
    return inspectArchive({ archive: file, scratch }, archive.length, { entry, clock: systemClock, ...options });
  }

  test('gives the manifest with its defaults', async () => {
    const { manifest } = await asked((await archiveOf()).bytes);
    expect(manifest).toMatchObject({ name: 'bright', version: '1.0.0', golden: [] });
  });

  test('that takes more memory, or more time, than it may is refused, and says the bound', async () => {
    const { bytes } = await archiveOf();
    await expect(asked(bytes, { maxMb: 20 })).rejects.toMatchObject({
      code: 'model-invalid',
      message: expect.stringMatching(/^the archive takes more than 20 MB of memory to look into.*: make it smaller$/),
    });
    await expect(asked(bytes, { leastMs: 10 })).rejects.toMatchObject({
      code: 'model-invalid',
      message: 'the archive takes longer than 0.01 s to look into: make it smaller',
    });
  });

  test('whose process answers what it should not, or ends, is not taken', async () => {
    const { bytes } = await archiveOf();
    const child = (body: string) => {
      const file = path.join(tempFolder(), 'child.mjs');
      writeFileSync(file, `process.once('message', () => { ${body} });`);
      return file;
    };
    await expect(asked(bytes, { entry: child('process.send({ manifest: { name: "../x" } })') })).rejects.toThrow();
    await expect(asked(bytes, { entry: child('process.abort()') })).rejects.toMatchObject({
      code: 'model-invalid',
      message: expect.stringContaining('was killed by SIGABRT before it answered'),
    });
  });

  test.skipIf(!mayMount())('on a disk that is full says so', async () => {
    const random = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7919 + (i >> 8) * 31) % 251));
    const disk = tempDisk(2 ** 20).folder;
    await expect(asked(tarOf(packageFiles({ large: random })), {}, disk)).rejects.toMatchObject({
      name: 'UploadError',
      why: 'disk full',
    });
  });
});

test('a hub that stops does not wait for an inspection', async () => {
  const folder = tempFolder();
  const inspector = path.join(tempFolder(), 'child.mjs');
  writeFileSync(inspector, "process.on('message', () => undefined); process.once('disconnect', () => process.exit());");
  const hub = await testHub({ folder, inspector });
  const sent = upload(hub, (await archiveOf()).bytes).catch(() => undefined);
  const scratch = path.join(folder, 'models', 'incoming');
  await until(() => readdirSync(scratch).length === 2, 'it is being looked into');
  const begun = performance.now();
  await hub.hub.stop();
  // The inspection itself may take a minute.
  expect(performance.now() - begun).toBeLessThan(20_000);
  await sent;
  expect(readdirSync(scratch)).toEqual([]);
});
