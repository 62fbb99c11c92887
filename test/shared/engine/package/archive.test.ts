import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extractPackage, packPackage } from '../../../../shared/engine/package/archive.ts';
import { CodedError } from '../../../../shared/kit/errors.ts';
import { writeBrightPackage } from '../../../support/onnx.ts';
import { type TarEntry, tarOf } from '../../../support/tar.ts';
import { tempFolder } from '../../../support/temp.ts';

test('a package goes into an archive and comes out again, byte by byte', async () => {
  const folder = tempFolder();
  const dir = writeBrightPackage(path.join(folder, 'm'));
  writeFileSync(path.join(dir, 'README.md'), 'what it is');
  writeFileSync(path.join(dir, 'id_rsa'), 'a secret that lies about');
  const packed = await packPackage(dir, path.join(folder, 'm.tar.gz'));
  expect(packed.files).toEqual(['README.md', 'fp32.onnx', 'model.yaml']);
  await extractPackage(path.join(folder, 'm.tar.gz'), path.join(folder, 'out'));
  for (const file of packed.files)
    expect(readFileSync(path.join(folder, 'out', file))).toEqual(readFileSync(path.join(dir, file)));
  expect(readdirSync(path.join(folder, 'out')).toSorted()).toEqual(packed.files.toSorted());
});

test('the same content gives the same bytes, whatever times and modes say', async () => {
  const folder = tempFolder();
  const dir = writeBrightPackage(path.join(folder, 'm'));
  const first = await packPackage(dir, path.join(folder, 'a.tar.gz'));
  chmodSync(path.join(dir, 'fp32.onnx'), 0o600);
  utimesSync(path.join(dir, 'model.yaml'), 1, 1);
  expect((await packPackage(dir, path.join(folder, 'b.tar.gz'))).digest).toBe(first.digest);
});

test('a package with a link in it is not packed, and a wrong one neither', async () => {
  const folder = tempFolder();
  const dir = writeBrightPackage(path.join(folder, 'm'), {}, { labels: 'labels.txt' });
  writeFileSync(path.join(folder, 'elsewhere'), 'person\n');
  symlinkSync('../elsewhere', path.join(dir, 'labels.txt'));
  await expect(packPackage(dir, path.join(folder, 'a.tar.gz'))).rejects.toThrow(/labels\.txt: is a link/);
  writeFileSync(path.join(dir, 'fp32.onnx'), 'no model');
  await expect(packPackage(dir, path.join(folder, 'a.tar.gz'))).rejects.toMatchObject({ code: 'model-invalid' });
  expect(readdirSync(folder).filter((f) => f.startsWith('a.tar'))).toEqual([]);
});

const yaml: TarEntry = { name: 'model.yaml', body: 'name: m' };
const hostile: [string, TarEntry[], RegExp][] = [
  ['a path out of the folder', [yaml, { name: '../evil', body: 'x' }], /entry "\.\.\/evil" is not a plain path/],
  ['a path out of it in the middle', [yaml, { name: 'a/../../evil', body: 'x' }], /not a plain path/],
  ['an absolute path', [yaml, { name: '/etc/cron.d/evil', body: 'x' }], /not a plain path/],
  ['a backslash', [yaml, { name: 'a\\..\\evil', body: 'x' }], /not a plain path/],
  ['a hidden file', [yaml, { name: '.bashrc', body: 'x' }], /not a plain path/],
  ['a deep path', [yaml, { name: 'a/b/c/d/e/f/g', body: 'x' }], /not a plain path/],
  ['a control character', [yaml, { name: 'a\nb', body: 'x' }], /not a plain path/],
  ['a symbolic link', [yaml, { name: 'l', type: '2', link: '/etc/passwd' }], /is a SymbolicLink/],
  ['a hard link', [yaml, { name: 'l', type: '1', link: 'model.yaml' }], /is a Link/],
  ['a device', [yaml, { name: 'd', type: '3' }], /is a CharacterDevice/],
  ['a pipe', [yaml, { name: 'd', type: '6' }], /is a FIFO/],
  [
    'a link, then a file through it',
    [yaml, { name: 'l', type: '2', link: '/tmp' }, { name: 'l/evil', body: 'x' }],
    /is a SymbolicLink/,
  ],
  ['a file twice', [yaml, { name: 'a', body: '1' }, { name: 'a', body: '2' }], /entry "a" is there twice/],
  ['a file twice for some file systems', [yaml, { name: 'A', body: '1' }, { name: 'a', body: '2' }], /is there twice/],
  ['many files', [yaml, ...Array.from({ length: 20 }, (_, i) => ({ name: `f${i}`, body: 'x' }))], /more than 10 files/],
  ['a bomb', [yaml, { name: 'zeros', body: new Uint8Array(3_000_000) }], /more than 1000000 bytes unpacked/],
  ['no model.yaml', [{ name: 'a', body: '1' }], /holds no model\.yaml/],
];

test.each(hostile)('an archive with %s is refused, and nothing is left', async (_what, entries, reason) => {
  const folder = tempFolder();
  const archive = path.join(folder, 'evil.tar.gz');
  writeFileSync(archive, tarOf(entries));
  mkdirSync(path.join(folder, 'place'));
  const extracting = extractPackage(archive, path.join(folder, 'place', 'out'), { files: 10, bytes: 1_000_000 });
  await expect(extracting).rejects.toMatchObject({ code: 'model-invalid', message: expect.stringMatching(reason) });
  expect(readdirSync(path.join(folder, 'place'))).toEqual([]);
  expect(existsSync(path.join(folder, 'evil'))).toBe(false);
});

test('an archive of the folder itself, as tar makes it, is taken', async () => {
  const folder = tempFolder();
  const archive = path.join(folder, 'm.tar.gz');
  writeFileSync(
    archive,
    tarOf([
      { name: './m/', type: '5' },
      { name: './m/model.yaml', body: 'name: m' },
    ]),
  );
  await extractPackage(archive, path.join(folder, 'out'));
  expect(readFileSync(path.join(folder, 'out', 'model.yaml'), 'utf8')).toBe('name: m');
});

test('a damaged or cut archive is refused with a code or unpacked, and leaves nothing half', async () => {
  const folder = tempFolder();
  const whole = tarOf([yaml, { name: 'a/b', body: Uint8Array.from({ length: 4000 }, (_, i) => (i * 7919) % 251) }]);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length), fc.nat(whole.length - 1), fc.nat(255), async (length, at, value) => {
      const bytes = Buffer.from(whole);
      bytes[at] = value;
      const archive = path.join(folder, `d${++run}.tar.gz`);
      writeFileSync(archive, bytes.subarray(0, length % 3 === 0 ? length : undefined));
      const place = path.join(folder, `place${run}`);
      mkdirSync(place);
      const failure = await extractPackage(archive, path.join(place, 'out')).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure !== undefined) expect(failure).toBeInstanceOf(CodedError);
      expect(readdirSync(place)).toEqual(failure === undefined ? ['out'] : []);
    }),
    { numRuns: 150 },
  );
});
