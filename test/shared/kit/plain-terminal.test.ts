/** What strangers say does not command a terminal; what is no terminal gets it as it is. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainTerminal, plainText } from '../../../shared/kit/plain-terminal.ts';
import { builtFile } from '../../support/built.ts';
import { writeYoloChannels } from '../../support/head-layouts.ts';
import { layoutModel } from '../../support/layout-model.ts';
import { tempFolder } from '../../support/temp.ts';

const run = promisify(execFile);

test('any text: nothing in it is a command, and what is none stays', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const plain = plainText(text);
      expect(plain).not.toMatch(/(?![\n\r\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      expect(plainText(plain)).toBe(plain);
    }),
  );
  expect(plainText('\x1b]0;owned\x07 \x9b2J \u202egnp.exe')).toBe('\\x1b]0;owned\\x07 \\x9b2J \\u202egnp.exe');
  const honest = 'Müller\t日本 👨‍👩‍👧 \r\nعربى';
  expect(plainText(honest)).toBe(honest);
});

test('only a terminal is spared, and all has reached it before the process may end', () => {
  const written = (isTTY: boolean) => {
    const chunks: string[] = [];
    const stream = new Writable({
      write(chunk, _encoding, done) {
        chunks.push(String(chunk));
        done();
      },
    });
    const out = plainTerminal(Object.assign(stream, { isTTY }));
    out.write('a\x1b[2J');
    out.write('b\n');
    return chunks.join('');
  };
  expect(written(true)).toBe('a\\x1b[2Jb\n');
  expect(written(false)).toBe('a\x1b[2Jb\n');
});

test('a licence in a model file is shown in a terminal, and does nothing there', async () => {
  const cells = 8 * 8 + 4 * 4 + 2 * 2;
  const level = { dark: writeYoloChannels([], 2, cells), bright: writeYoloChannels([], 2, cells) };
  const metadata = { names: "{0: 'car', 1: 'walker'}", license: 'MIT\x1b]0;owned\x07' };
  const output = { name: 'output0', shape: [1, 6, cells], ...level };
  const folder = tempFolder();
  const file = path.join(folder, 'evil.onnx');
  writeFileSync(file, layoutModel([1, 3, 64, 64], { black: 0, white: 1 }, [output], [], { metadata }));
  const command = [
    process.execPath,
    builtFile('cloud-hub/main.js'),
    'model',
    'init',
    file,
    '--out',
    path.join(folder, 'made'),
  ];
  // A terminal of its own.
  const { stdout } = await run('script', ['-qec', command.join(' '), '/dev/null']);
  expect(stdout).toContain('MIT\\x1b]0;owned\\x07');
  expect(stdout).not.toContain('\x1b');
});
