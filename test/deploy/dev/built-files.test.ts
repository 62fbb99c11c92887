import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { changedFiles, readBuiltFiles } from '../../../deploy/dev/built-files.ts';
import { tempFolder } from '../../support/temp.ts';

test('files are compared by content, below the folders asked for, without maps and the pages of the dashboard', () => {
  const dist = tempFolder();
  const write = (file: string, text: string) => {
    mkdirSync(path.join(dist, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(dist, file), text);
  };
  write('agent/a.js', '1');
  write('agent/deep/b.js', '1');
  write('agent/a.js.map', '1');
  write('cloud-hub/hub.js', '1');
  write('cloud-hub/dashboard/assets/index.js', '1');
  write('test/t.js', '1');
  const folders = ['agent', 'cloud-hub'];
  const before = readBuiltFiles(dist, folders);
  expect([...before.keys()].sort()).toEqual(['agent/a.js', 'agent/deep/b.js', 'cloud-hub/hub.js']);

  write('agent/a.js', '1');
  utimesSync(path.join(dist, 'agent/a.js'), 1, 1);
  write('cloud-hub/dashboard/assets/index.js', '2');
  write('test/t.js', '2');
  write('agent/a.js.map', '2');
  expect(changedFiles(before, readBuiltFiles(dist, folders))).toEqual([]);

  write('agent/deep/b.js', '2');
  write('agent/new.js', '1');
  rmSync(path.join(dist, 'cloud-hub/hub.js'));
  const after = readBuiltFiles(dist, folders);
  expect(changedFiles(before, after).sort()).toEqual(['agent/deep/b.js', 'agent/new.js', 'cloud-hub/hub.js']);
});
