import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type LocalKind, localKind } from '../../../shared/kit/local-path.ts';
import { tempFolder } from '../../support/temp.ts';

const ALL: readonly LocalKind[] = ['file', 'folder', 'device'];

test('what lies there is told, behind links too, and only what is allowed passes', async () => {
  const folder = tempFolder();
  const at = (name: string) => path.join(folder, name);
  writeFileSync(at('file'), 'x');
  writeFileSync(at('empty'), '');
  mkdirSync(at('folder'));
  expect(spawnSync('mkfifo', [at('fifo')]).status).toBe(0);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(at('socket'), resolve));
  onTestFinished(() => void server.close());
  for (const name of ['file', 'folder', 'fifo', 'socket', 'nowhere', 'loop']) symlinkSync(at(name), at(`to-${name}`));
  symlinkSync(at('to-loop'), at('loop'));

  for (const to of ['', 'to-']) {
    expect(await localKind(at(`${to}file`), ALL)).toBe('file');
    expect(await localKind(at(`${to}folder`), ALL)).toBe('folder');
    for (const [name, word] of Object.entries({ fifo: 'FIFO', socket: 'socket' }))
      await expect(localKind(at(to + name), ALL)).rejects.toMatchObject({
        code: 'source-open',
        message: `cannot open ${at(to + name)}: it is a ${word}; allowed here: a file, a folder, a device`,
      });
  }
  expect(await localKind('/dev/null', ALL)).toBe('device');
  const refused: readonly [string, readonly LocalKind[], RegExp][] = [
    [at('folder'), ['file'], /it is a folder; allowed here: a file$/],
    [at('file'), ['folder', 'device'], /it is a file; allowed here: a folder, a device$/],
    ['/dev/null', ['file', 'folder'], /it is a device; allowed here: a file, a folder$/],
    [at('empty'), ['file'], /it is empty$/],
    // The kernel's files can wait for ever (/proc/kmsg), and have no size.
    ['/proc/self/status', ['file'], /it is empty$/],
    [at('to-nowhere'), ['file'], /No such file or directory$/],
    [at('file/below'), ['file'], /ENOTDIR/],
    [at('loop'), ['file'], /ELOOP/],
    [`${at('file')}\0.mp4`, ['file'], /null bytes/],
  ];
  for (const [file, allowed, message] of refused)
    await expect(localKind(file, allowed), file).rejects.toMatchObject({
      code: 'source-open',
      message: expect.stringMatching(message),
    });
});
