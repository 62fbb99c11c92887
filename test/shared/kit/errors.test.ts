import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CodedError, errorCodes, isMissing, messageOf } from '../../../shared/kit/errors.ts';

test('the agent’s README lists exactly the codes that there are, with their meaning', () => {
  const text = readFileSync(new URL('../../../agent/README.md', import.meta.url), 'utf8');
  const listed = [...text.matchAll(/^\| `([a-z-]+)` \| (.*) \|$/gm)].map((m) => [m[1], m[2]]);
  expect(Object.fromEntries(listed)).toEqual(errorCodes);
  expect(listed.length).toBe(Object.keys(errorCodes).length);
});

const root = path.resolve(import.meta.dirname, '../../..');

/** The text of every source below these folders but one. */
function textsOf(folders: readonly string[], without: string): string {
  return folders
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((f) =>
        path.join(root, folder, f),
      ),
    )
    .filter((file) => file.endsWith('.ts') && file !== without)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

test('each code is given somewhere, and a test provokes it by its name', () => {
  const product = textsOf(['agent', 'shared', 'cloud-hub'], path.join(root, 'shared/kit/errors.ts'));
  const tests = textsOf(['test'], import.meta.filename);
  const codes = Object.keys(errorCodes);
  expect(codes.filter((code) => !product.includes(`'${code}'`))).toEqual([]);
  expect(codes.filter((code) => !tests.includes(`'${code}'`))).toEqual([]);
});

test('a coded error carries its code, its cause and its name', () => {
  const cause = new Error('below');
  const error = new CodedError('source-open', 'what failed', { cause });
  expect(error).toMatchObject({ name: 'CodedError', code: 'source-open', message: 'what failed', cause });
  expect(error).toBeInstanceOf(Error);
});

test('the message of anything that was thrown', () => {
  expect([new Error('a'), 'b', 7, undefined, null].map(messageOf)).toEqual(['a', 'b', '7', 'undefined', 'null']);
});

test('only what the system says is not there is missing', () => {
  const thrown = (run: () => unknown) => {
    try {
      return run();
    } catch (error) {
      return error;
    }
  };
  expect(isMissing(thrown(() => readFileSync(path.join(root, 'no such file'))))).toBe(true);
  expect(isMissing(thrown(() => readFileSync(root)))).toBe(false);
  for (const other of [new Error('ENOENT'), 'ENOENT', { code: 'ENOENT' }, undefined])
    expect(isMissing(other)).toBe(false);
});
