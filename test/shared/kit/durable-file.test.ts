import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { forceFolder, writeDurably } from '../../../shared/kit/durable-file.ts';
import { tempFolder } from '../../support/temp.ts';

test('a file is written whole, with its mode, and nothing is left beside it', () => {
  const folder = path.join(tempFolder(), 'a', 'b');
  const file = path.join(folder, 'state.json');
  writeDurably(file, 'one', 0o600);
  expect(readFileSync(file, 'utf8')).toBe('one');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  writeDurably(file, Buffer.from('the second, longer one'), 0o640);
  expect(readFileSync(file, 'utf8')).toBe('the second, longer one');
  expect(statSync(file).mode & 0o777).toBe(0o640);
  writeDurably(file, '', 0o600);
  expect(readFileSync(file, 'utf8')).toBe('');
  expect(readdirSync(folder)).toEqual(['state.json']);
});

test('a draft that a crash left is written over', () => {
  const file = path.join(tempFolder(), 'f');
  writeFileSync(`${file}.new`, 'half of what was never fin');
  writeDurably(file, 'new', 0o600);
  expect(readFileSync(file, 'utf8')).toBe('new');
});

test('when it cannot be written the old one stands, and no handle stays open', () => {
  const folder = tempFolder();
  const file = path.join(folder, 'f');
  writeDurably(file, 'old', 0o600);
  mkdirSync(`${file}.new`);
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  for (let i = 0; i < 20; i++) expect(() => writeDurably(file, 'new', 0o600)).toThrow(/EISDIR/);
  expect(readFileSync(file, 'utf8')).toBe('old');
  for (let i = 0; i < 20; i++) writeDurably(path.join(folder, 'g'), 'x', 0o600);
  for (let i = 0; i < 20; i++) forceFolder(folder);
  expect(open()).toBe(before);
  expect(() => forceFolder(path.join(folder, 'nowhere'))).toThrow(/ENOENT/);
});
