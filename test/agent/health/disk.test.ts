import { statfsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { diskOf } from '../../../agent/health/disk.ts';
import { tempFolder } from '../../support/temp.ts';

test('what is free and all of it, of the file system that has the folder', () => {
  const folder = tempFolder();
  const { blocks, bsize } = statfsSync(folder);
  const found = diskOf(folder);
  expect(found?.totalMb).toBe(Math.floor((blocks * bsize) / 2 ** 20));
  expect(found?.freeMb).toBeLessThanOrEqual(found?.totalMb ?? 0);
  expect(diskOf(path.join(folder, 'gone'))).toBeUndefined();
});
