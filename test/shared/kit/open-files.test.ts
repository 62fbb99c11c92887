import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { openFilesLimit, tooFewFiles } from '../../../shared/kit/open-files.ts';

test('the limit is that of this process, as a shell that it starts has it too', () => {
  const said = spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).stdout.trim();
  expect(openFilesLimit()).toBe(said === 'unlimited' ? Number.POSITIVE_INFINITY : Number(said));
});

test('fewer than 128 are too few, with what to do', () => {
  expect([128, 1024, Number.POSITIVE_INFINITY].map(tooFewFiles)).toEqual([undefined, undefined, undefined]);
  expect(tooFewFiles(127)).toMatch(
    /only 127 files and connections; at least 128 are needed: raise the limit \(ulimit -n/,
  );
  expect(tooFewFiles(0)).toContain('only 0 files');
});
