import { appendFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LogFiles, type LogLimits } from '../../../cloud-hub/device-logs/files.ts';
import { type LogBatch, logLevels } from '../../../shared/contract/messages/log.ts';
import { tempFolder } from '../../support/temp.ts';

const NOW = Date.UTC(2026, 5, 1);
const limits: LogLimits = { deviceBytes: 4e6, totalBytes: 1e9, days: 14 };

const batch = (boot: string, from: number, to: number, more: Partial<LogBatch['lines'][number]> = {}): LogBatch => ({
  boot,
  lines: Array.from({ length: to - from + 1 }, (_, i) => ({
    n: from + i,
    wall: NOW,
    level: 'info',
    component: 'sync',
    message: `${boot} ${from + i}`,
    ...more,
  })),
});

const bytesOf = (folder: string) =>
  readdirSync(folder).reduce((sum, file) => sum + statSync(path.join(folder, file)).size, 0);

const messages = async (files: LogFiles, device = 'cam', limit = 500) =>
  (await files.read(device, { after: 0, limit })).map(({ message }) => message);

it('keeps each line once, goes on after a restart, and says how many are missing', async () => {
  const folder = tempFolder();
  const files = new LogFiles(folder, limits);
  expect(await files.append('cam', batch('b1', 1, 3), NOW)).toBe(3);
  expect(await files.append('cam', batch('b1', 2, 4), NOW)).toBe(1);
  const again = new LogFiles(folder, limits);
  expect(await again.append('cam', batch('b1', 1, 4), NOW - 5_000)).toBe(0);
  expect(await again.append('cam', batch('b1', 7, 7), NOW - 5_000)).toBe(1);
  expect(await again.append('cam', batch('b2', 1, 1), NOW + 5_000)).toBe(1);
  const lines = await again.read('cam', { after: 0, limit: 100 });
  expect(lines.map(({ message, missing }) => [message, missing])).toEqual([
    ['b1 1', undefined],
    ['b1 2', undefined],
    ['b1 3', undefined],
    ['b1 4', undefined],
    ['b1 7', 2],
    ['b2 1', undefined],
  ]);
  const ids = lines.map(({ id }) => Number(id));
  expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
});

it('leaves out a line that a crash cut off, and goes on in a new file', async () => {
  const folder = tempFolder();
  await new LogFiles(folder, limits).append('cam', batch('b1', 1, 2), NOW);
  const [file = ''] = readdirSync(path.join(folder, 'cam'));
  appendFileSync(path.join(folder, 'cam', file), '{"id":1,"n":3,"mess');
  const again = new LogFiles(folder, limits);
  await again.append('cam', batch('b1', 3, 3), NOW);
  expect(await messages(again)).toEqual(['b1 1', 'b1 2', 'b1 3']);
  expect(readdirSync(path.join(folder, 'cam'))).toHaveLength(2);
});

it('takes no more disk per device than it may, and drops the oldest', async () => {
  const folder = tempFolder();
  const files = new LogFiles(folder, { ...limits, deviceBytes: 100_000 });
  for (let n = 1; n <= 2_000; n += 20)
    await files.append('cam', batch('b1', n, n + 19, { message: `m${n} ${'x'.repeat(300)}` }), NOW + n);
  expect(bytesOf(path.join(folder, 'cam'))).toBeLessThan(140_000);
  const [oldest, newest] = await Promise.all([
    files.read('cam', { after: 0, limit: 1 }),
    files.read('cam', { limit: 1 }),
  ]);
  expect(newest[0]?.message).toMatch(/^m1981 /);
  expect(Number(oldest[0]?.message.slice(1).split(' ')[0])).toBeGreaterThan(1_000);
});

it('removes what is too old, and the oldest of all devices where there is too much', async () => {
  const folder = tempFolder();
  const files = new LogFiles(folder, { ...limits, totalBytes: 2_000 });
  for (const [device, days] of [
    ['old', 20],
    ['older', 2],
    ['new', 1],
  ] as const) {
    await files.append(device, batch('b1', 1, 8), NOW);
    const [file = ''] = readdirSync(path.join(folder, device));
    const at = (NOW - days * 86_400_000) / 1000;
    utimesSync(path.join(folder, device, file), at, at);
  }
  expect(bytesOf(path.join(folder, 'new'))).toBeLessThan(2_000);
  expect(await files.sweep(NOW)).toBeGreaterThan(0);
  expect(await messages(files, 'old')).toEqual([]);
  expect(await messages(files, 'older')).toEqual([]);
  expect(await messages(files, 'new')).toHaveLength(8);
  // A device whose file went away goes on.
  expect(await files.append('old', batch('b1', 9, 9), NOW)).toBe(1);
  expect(await messages(files, 'old')).toEqual(['b1 9']);
});

it('pages in both directions give every line once, whatever is filtered and wherever files end', async () => {
  const line = fc.record({ level: fc.constantFrom(...logLevels), length: fc.integer({ min: 0, max: 400 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 120 }),
      fc.integer({ min: 1, max: 30 }),
      fc.constantFrom(...logLevels),
      async (lines, limit, level) => {
        const files = new LogFiles(tempFolder(), { ...limits, deviceBytes: 40_000 });
        for (const [i, one] of lines.entries())
          await files.append(
            'cam',
            batch('b1', i + 1, i + 1, { level: one.level, message: `${i}:${'x'.repeat(one.length)}` }),
            NOW + i,
          );
        const all = await files.read('cam', { after: 0, limit: 1_000, level });
        const forward = [];
        for (let after = 0; ; ) {
          const items = await files.read('cam', { after, limit, level });
          if (items.length === 0) break;
          forward.push(...items);
          after = Number(items.at(-1)?.id);
        }
        const backward = [];
        for (let before: number | undefined; ; ) {
          const items = await files.read('cam', { before, limit, level });
          if (items.length === 0) break;
          backward.push(...items);
          before = Number(items.at(-1)?.id);
        }
        expect(forward).toEqual(all);
        expect(backward.toReversed()).toEqual(all);
        expect(all.every((one) => logLevels.indexOf(one.level) >= logLevels.indexOf(level))).toBe(true);
      },
    ),
    { numRuns: 15 },
  );
});

it('says of lines that could not be written that they are missing, and goes on where somebody removed the folder', async () => {
  const folder = tempFolder();
  const own = path.join(folder, 'cam');
  const files = new LogFiles(folder, limits);
  await files.append('cam', batch('b1', 1, 2), NOW);
  const [name = ''] = readdirSync(own);
  renameSync(path.join(own, name), path.join(own, 'aside'));
  mkdirSync(path.join(own, name));
  await expect(files.append('cam', batch('b1', 3, 4), NOW)).rejects.toThrow(/EISDIR/);
  rmSync(own, { recursive: true });
  expect(await files.append('cam', batch('b1', 5, 5), NOW)).toBe(1);
  rmSync(own, { recursive: true });
  await expect(files.append('cam', batch('b2', 1, 1), NOW)).rejects.toThrow(/ENOENT/);
  expect(await files.append('cam', batch('b2', 2, 2), NOW)).toBe(1);
  const lines = await files.read('cam', { after: 0, limit: 100 });
  expect(lines.map(({ message, missing }) => [message, missing])).toEqual([['b2 2', 1]]);
});
