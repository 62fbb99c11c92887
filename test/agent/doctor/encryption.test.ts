import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { examineEncryption, judgeEncryption } from '../../../agent/doctor/encryption.ts';
import { createSealer } from '../../../shared/kit/seal.ts';
import { tempFolder } from '../../support/temp.ts';

const [key1, key2] = [randomBytes(32), randomBytes(32)];
const idOf = (key: Buffer) => createSealer(key, []).keyId ?? '';
const [k1, k2] = [idOf(key1), idOf(key2)];
const off = createSealer(undefined, []);

test.each([
  ['off', off, undefined, 'note', 'off: records, pictures and samples lie', '`encryption.keyFile`'],
  ['a new folder', createSealer(key1, []), undefined, 'ok', `AES-256-GCM with the key ${k1}`, undefined],
  ['all by its key', createSealer(key1, []), { keys: [k1], plain: false }, 'ok', `the key ${k1}`, undefined],
  ['turned on', createSealer(key1, []), { keys: [], plain: true }, 'note', 'still holds plain text', 'start the agent'],
  [
    'rotated',
    createSealer(key2, [key1]),
    { keys: [k1, k2], plain: false },
    'note',
    `texts of the key ${k1}`,
    'keep the old key',
  ],
  [
    'turned off',
    createSealer(undefined, [key1]),
    { keys: [k1], plain: false },
    'note',
    'becomes plain text',
    undefined,
  ],
  [
    'lost',
    createSealer(key2, []),
    { keys: [k1, k2], plain: false },
    'broken',
    `key ${k1}, which is not given`,
    'oldKeyFiles',
  ],
  ['no key at all', off, { keys: [k1], plain: false }, 'broken', `key ${k1}, which is not`, 'keyFile'],
] as const)('%s', (_, given, kept, level, text, advice) => {
  const found = judgeEncryption(given, kept && { ...kept, keys: [...kept.keys] });
  expect(found).toMatchObject({ level, text: expect.stringContaining(text) });
  if (advice === undefined) expect(found.advice).toBeUndefined();
  else expect(found.advice).toContain(advice);
});

test('a key file that is not there, or holds no key, is broken, by its setting', () => {
  const dataDir = tempFolder();
  const keyFile = path.join(dataDir, 'key');
  const examine = () => examineEncryption({ encryption: { keyFile, oldKeyFiles: [], memoryDir: dataDir }, dataDir });
  expect(examine()).toMatchObject({ level: 'broken', text: expect.stringContaining('encryption.keyFile') });
  writeFileSync(keyFile, 'too short', { mode: 0o600 });
  expect(examine()).toMatchObject({ level: 'broken', advice: expect.stringContaining('does not start') });
  writeFileSync(keyFile, `${key1.toString('hex')}\n`, { mode: 0o600 });
  expect(examine()).toMatchObject({ level: 'ok' });
});
