import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { plainAtRest, readKeys } from '../../../agent/at-rest/keys.ts';
import { keyIdOf } from '../../../shared/kit/seal.ts';
import { tempFolder } from '../../support/temp.ts';

const key = randomBytes(32);

function file(content: string | Uint8Array): string {
  const at = path.join(tempFolder(), 'key');
  writeFileSync(at, content);
  return at;
}

function thrownBy(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return String(error);
  }
  throw new Error('nothing was thrown');
}

test('a key is hexadecimal, Base64 or as it is, with or without an end of line', () => {
  const forms = [key.toString('hex'), `${key.toString('hex').toUpperCase()}\n`, `${key.toString('base64')}\r\n`, key];
  for (const form of forms) {
    const { sealer, key: text } = readKeys({ keyFile: file(form), oldKeyFiles: [] });
    expect([sealer.keyId, text]).toEqual([keyIdOf(key), key.toString('base64')]);
  }
  expect(readKeys(undefined)).toBe(plainAtRest);
  const old = readKeys({ oldKeyFiles: [file(key)] });
  expect([old.sealer.keyId, old.sealer.knows(keyIdOf(key))]).toEqual([undefined, true]);
});

test.each([
  ['empty', ''],
  ['too short', key.toString('hex').slice(1)],
  ['too long', `${key.toString('hex')}00`],
  ['a word', 'secret'],
  ['not random', '0'.repeat(64)],
  ['a file of another kind', randomBytes(5000)],
])('a key that is %s is refused, with field, file and what to do, and nothing of it is shown', (_, content) => {
  const keyFile = file(content);
  expect(() => readKeys({ keyFile, oldKeyFiles: [] })).toThrow(/^encryption\.keyFile: .*openssl rand -hex 32/);
  expect(() => readKeys({ keyFile: file(key), oldKeyFiles: [keyFile] })).toThrow(/^encryption\.oldKeyFiles\[0\]: /);
  const message = thrownBy(() => readKeys({ keyFile, oldKeyFiles: [] }));
  if (content.length > 0) expect(message).not.toContain(Buffer.from(content).toString().slice(0, 20));
});

test('a key that is not there refuses the configuration: nothing is begun in plain text', () => {
  expect(() => readKeys({ keyFile: '/nonexistent/key', oldKeyFiles: [] })).toThrow('/nonexistent/key cannot be read');
});
