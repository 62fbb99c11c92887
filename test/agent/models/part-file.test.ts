import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openPartFile } from '../../../agent/models/part-file.ts';
import { tempFolder } from '../../support/temp.ts';

const digestOf = (content: string) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

test('bytes are appended to what lies there, and its digest is of all of them, at any time', async () => {
  const file = path.join(tempFolder(), 'x.part');
  const first = await openPartFile(file);
  expect([first.size, first.digest()]).toEqual([0, digestOf('')]);
  await first.append(Buffer.from('one'));
  expect([first.size, first.digest()]).toEqual([3, digestOf('one')]);
  await first.append(Buffer.from(' two'));
  await first.close();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const second = await openPartFile(file);
  expect([second.size, second.digest()]).toEqual([7, digestOf('one two')]);
  await second.append(Buffer.from('!'));
  expect([second.size, second.digest()]).toEqual([8, digestOf('one two!')]);
  await second.close();
  expect(readFileSync(file, 'utf8')).toBe('one two!');
});

test('begun anew it is empty, and what follows stands at its beginning', async () => {
  const file = path.join(tempFolder(), 'x.part');
  writeFileSync(file, 'rust');
  const part = await openPartFile(file);
  await part.truncate();
  expect([part.size, part.digest(), statSync(file).size]).toEqual([0, digestOf(''), 0]);
  await part.append(Buffer.from('new'));
  await part.close();
  expect([part.size, part.digest()]).toEqual([3, digestOf('new')]);
  expect(readFileSync(file, 'utf8')).toBe('new');
});

test('what cannot be a file is the file system’s error', async () => {
  const folder = path.join(tempFolder(), 'x.part');
  mkdirSync(folder);
  await expect(openPartFile(folder)).rejects.toThrow(/EISDIR/);
});
