import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Line, linesOf, MAX_LINE } from '../../../../shared/engine/series/lines.ts';
import { tempFolder } from '../../../support/temp.ts';

async function read(content: string | Buffer): Promise<Line[]> {
  const file = path.join(tempFolder(), 'f');
  writeFileSync(file, content);
  const lines: Line[] = [];
  for await (const line of linesOf(file, new AbortController().signal)) lines.push(line);
  return lines;
}

const plain = (...texts: string[]) => texts.map((text, i) => ({ number: i + 1, text, cut: false }));

test('lines are numbered from 1, whatever ends them; the last needs no end', async () => {
  expect(await read('a\nb\r\n\n\r\nc')).toEqual(plain('a', 'b', '', '', 'c'));
  expect(await read('a\nb\n')).toEqual(plain('a', 'b'));
  expect(await read('')).toEqual([]);
  expect(await read('\n')).toEqual(plain(''));
  expect(await read('a\r')).toEqual(plain('a'));
  expect(await read('a\rb\n')).toEqual(plain('a\rb'));
});

test('what was joined comes back, across the pieces in which a file is read', async () => {
  const text = fc.array(fc.constantFrom('a', 'ü', '雪', '😀', ' ', '"'), { maxLength: 9000 }).map((c) => c.join(''));
  await fc.assert(
    fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 6 }), async (texts) => {
      expect(await read(`${texts.join('\n')}\n`)).toEqual(plain(...texts));
    }),
    { numRuns: 30 },
  );
});

test('a character that is cut in two by the end of a piece is whole', async () => {
  for (const before of [65_533, 65_534, 65_535]) {
    const text = `${'a'.repeat(before - 10)}\n123456789😀`;
    expect((await read(text)).map((line) => line.text)).toEqual(text.split('\n'));
  }
  // A file that ends within a character says so.
  expect((await read(Buffer.from([0x61, 0xf0, 0x9f])))[0]?.text).toBe('a\ufffd');
});

test('a line longer than the bound is cut and told, and the next is whole', async () => {
  const long = (length: number) => 'x'.repeat(length);
  for (const [length, cut] of [
    [MAX_LINE, false],
    [MAX_LINE + 1, true],
    [3 * MAX_LINE, true],
    [1_000_000, true],
  ] as const) {
    expect(await read(`${long(length)}\nnext\n`), String(length)).toEqual([
      { number: 1, text: long(MAX_LINE), cut },
      { number: 2, text: 'next', cut: false },
    ]);
    expect(await read(`first\n${long(length)}`), String(length)).toEqual([
      { number: 1, text: 'first', cut: false },
      { number: 2, text: long(MAX_LINE), cut },
    ]);
  }
});

test('a file that is not there, and one that is given up', async () => {
  await expect(linesOf(path.join(tempFolder(), 'not'), new AbortController().signal).next()).rejects.toThrow(/ENOENT/);
  const file = path.join(tempFolder(), 'f');
  writeFileSync(file, 'a\n'.repeat(1_000_000));
  const abort = new AbortController();
  const lines = linesOf(file, abort.signal);
  expect((await lines.next()).value).toEqual({ number: 1, text: 'a', cut: false });
  abort.abort();
  await expect(
    (async () => {
      for await (const _ of lines);
    })(),
  ).rejects.toMatchObject({ name: 'AbortError' });
});

test('the marks of UTF-8 and UTF-16 are no part of the first line', async () => {
  expect(await read('\uFEFFa\nb')).toEqual(plain('a', 'b'));
  expect(await read(Buffer.from('\uFEFFZeit;Grün\r\n1;2\r\n', 'utf16le'))).toEqual(plain('Zeit;Grün', '1;2'));
});
