import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { digestOf, digestOfFile } from '../../../shared/kit/digest.ts';
import { tempFolder } from '../../support/temp.ts';

test('SHA-256 as FIPS 180-4 has it, of text, bytes and files of any size', async () => {
  const abc = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect([digestOf('abc'), digestOf(Buffer.from('abc'))]).toEqual([abc, abc]);
  expect(digestOf('')).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  const file = path.join(tempFolder(), 'f');
  const large = Buffer.alloc(300_000, 'vedette');
  for (const content of [Buffer.from('abc'), Buffer.alloc(0), large]) {
    writeFileSync(file, content);
    expect(await digestOfFile(file)).toBe(digestOf(content));
  }
  await expect(digestOfFile(`${file}.not`)).rejects.toMatchObject({ code: 'ENOENT' });
});
