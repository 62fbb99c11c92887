/** The folder in memory: ours alone, or none. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { openMemoryFolder, removeMemoryFolder } from '../../../agent/models/memory-folder.ts';
import { tempFolder } from '../../support/temp.ts';
import { hasMemory, tempMemory, withoutMemory } from '../../support/temp-memory.ts';

const DATA = '/var/lib/vedette';

describe.skipIf(!hasMemory)(`in memory${withoutMemory}`, () => {
  test('one data folder has one place, over starts; others have others; nobody else may read it', () => {
    const base = tempMemory();
    const folder = openMemoryFolder(base, DATA);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    writeFileSync(path.join(folder, 'kept'), '');
    expect(openMemoryFolder(base, DATA)).toBe(folder);
    expect(readdirSync(folder)).toEqual(['kept']);
    const other = openMemoryFolder(base, `${DATA}-2`);
    expect(other).not.toBe(folder);
    removeMemoryFolder(base, DATA);
    expect([existsSync(folder), existsSync(other)]).toEqual([false, true]);
    // To remove what is not there is no error.
    removeMemoryFolder(base, DATA);
  });

  const rights = [0o710, 0o720, 0o740, 0o701, 0o702, 0o704].map(
    (mode): [string, (folder: string, base: string) => void] => [
      `a folder with the rights ${mode.toString(8)}`,
      (folder) => chmodSync(folder, mode),
    ],
  );
  test.each<[string, (folder: string, base: string) => void]>([
    ...rights,
    [
      'a link to a folder of somebody else',
      (folder, base) => {
        rmSync(folder, { recursive: true });
        mkdirSync(path.join(base, 'theirs'), { mode: 0o700 });
        symlinkSync(path.join(base, 'theirs'), folder);
      },
    ],
  ])('%s is refused by its name, and stays as it was', (_, spoil) => {
    const base = tempMemory();
    const folder = openMemoryFolder(base, DATA);
    spoil(folder, base);
    const before = statSync(folder).mode;
    expect(() => openMemoryFolder(base, DATA)).toThrow(
      `${folder} belongs to somebody else, or others may read it; remove it`,
    );
    expect(statSync(folder).mode).toBe(before);
  });

  test('a file in its place is refused', () => {
    const base = tempMemory();
    const folder = openMemoryFolder(base, DATA);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'mine', { mode: 0o600 });
    expect(() => openMemoryFolder(base, DATA)).toThrow(folder);
  });

  test.skipIf(process.getuid?.() !== 0)('a folder of another user is refused (skipped: only root can make one)', () => {
    const base = tempMemory();
    const folder = openMemoryFolder(base, DATA);
    chownSync(folder, 12_345, 12_345);
    expect(() => openMemoryFolder(base, DATA)).toThrow(/belongs to somebody else/);
  });
});

test('a place that lies on a disk, or is not there, is refused with the key and what to do', () => {
  const advice = /^encryption\.memoryDir: .*name a folder .*memory/;
  expect(() => openMemoryFolder('/proc', DATA)).toThrow(advice);
  expect(() => openMemoryFolder(path.join(tempFolder(), 'none'), DATA)).toThrow(/ENOENT/);
  expect(() => openMemoryFolder(path.join(tempFolder(), 'none'), DATA)).toThrow(advice);
});
