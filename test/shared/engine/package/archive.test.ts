import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extractPackage, packPackage } from '../../../../shared/engine/package/archive.ts';
import { digestOfFile } from '../../../../shared/kit/digest.ts';
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

async function extracted(entries: TarEntry[], limits?: { files: number; bytes: number }) {
  const folder = tempFolder();
  const archive = path.join(folder, 'm.tar.gz');
  writeFileSync(archive, tarOf(entries));
  await extractPackage(archive, path.join(folder, 'out'), ...(limits ? [limits] : []));
  expect(readdirSync(folder).toSorted()).toEqual(['m.tar.gz', 'out']);
  return path.join(folder, 'out');
}

test('what lies on a bound is taken: files, bytes, depth, length and characters of a name', async () => {
  const limits = { files: 3, bytes: 1000 };
  const body = 'x'.repeat(1000 - 'name: m'.length - 1);
  const files = [yaml, { name: 'a', body }, { name: 'b', body: 'y' }];
  const out = await extracted(files, limits);
  expect(readdirSync(out).toSorted()).toEqual(['a', 'b', 'model.yaml']);
  expect(statSync(path.join(out, 'a')).mode & 0o777).toBe(0o644);
  await expect(extracted([...files, { name: 'c', body: '' }], limits)).rejects.toThrow(/holds more than 3 files/);
  await expect(extracted([yaml, { name: 'a', body: `${body}xx` }], limits)).rejects.toThrow(
    /holds more than 1000 bytes unpacked/,
  );
  const name = (length: number) => `${'d'.repeat(length > 98 ? 90 : 1)}/${'n'.repeat(length)}`;
  for (const good of ['a/b/c/d/e/f', 'n'.repeat(100), '_x', 'a b', 'A+b@c-1.x_y', '0', 'a..b', 'a.', name(2)])
    expect(existsSync(path.join(await extracted([yaml, { name: good, body: '1' }]), good)), good).toBe(true);
  for (const bad of ['a/b/c/d/e/f/g', '-x', '.x', 'a/.x', ' x', 'é', 'a:b', 'a//b', '..', 'a/..', 'a*', '~'])
    await expect(extracted([yaml, { name: bad, body: '1' }]), bad).rejects.toThrow(
      /is not a plain path: letters, digits/,
    );
});

test('folders are named like files, and a folder alone makes nothing', async () => {
  const out = await extracted([
    { name: './', type: '5' },
    { name: 'golden/', type: '5' },
    yaml,
    { name: 'golden/0', body: '1' },
  ]);
  expect(readdirSync(out).toSorted()).toEqual(['golden', 'model.yaml']);
  for (const bad of ['../x/', '/x/', '.x/', 'a/b/c/d/e/f/g/'])
    await expect(extracted([yaml, { name: bad, type: '5' }]), bad).rejects.toThrow(/is not a plain path/);
});

test('the package is the archive itself, or the one folder in it that has a model.yaml', async () => {
  const file = (name: string): TarEntry => ({ name, body: 'x' });
  expect(readdirSync(await extracted([file('m/model.yaml'), file('m/a')]))).toEqual(['a', 'model.yaml']);
  for (const entries of [
    [file('m/model.yaml'), file('n/a')],
    [file('m/model.yaml'), file('README')],
    [file('m/n/model.yaml')],
    [file('README')],
    [file('m/a')],
  ])
    await expect(extracted(entries)).rejects.toThrow(/holds no model\.yaml at its top/);
});

test('a place that is taken already stays as it is, and nothing is left beside it', async () => {
  const folder = tempFolder();
  const archive = path.join(folder, 'm.tar.gz');
  writeFileSync(archive, tarOf([yaml]));
  mkdirSync(path.join(folder, 'out'));
  writeFileSync(path.join(folder, 'out', 'mine'), '1');
  await expect(extractPackage(archive, path.join(folder, 'out'))).rejects.toThrow(/ENOTEMPTY/);
  expect(readdirSync(folder).toSorted()).toEqual(['m.tar.gz', 'out']);
  expect(readdirSync(path.join(folder, 'out'))).toEqual(['mine']);
  await expect(extractPackage(path.join(folder, 'not'), path.join(folder, 'x'))).rejects.toMatchObject({
    code: 'model-invalid',
    message: expect.stringMatching(/not: not a whole \.tar\.gz file: ENOENT/),
  });
  expect(readdirSync(folder).toSorted()).toEqual(['m.tar.gz', 'out']);
});

test('a long name is shown short, and without what a terminal would obey', async () => {
  const hard = `\u001b[31m${'x'.repeat(94)}`;
  await expect(extracted([yaml, { name: hard, body: '1' }])).rejects.toThrow(`entry "?[31m${'x'.repeat(94)}" is not`);
  await expect(
    extracted([yaml, { name: `${'y'.repeat(60)}/../${'x'.repeat(60)}`.slice(0, 100), body: '1' }]),
  ).rejects.toThrow(/entry "y{60}\/\.\.\/x{36}" is not/);
});

test('a package that is as large as a pipe and larger comes out whole', async () => {
  const large = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7919) % 251);
  const out = await extracted([{ name: 'large', body: large }, yaml, { name: 'empty', body: '' }]);
  expect(readFileSync(path.join(out, 'large')).equals(Buffer.from(large))).toBe(true);
  expect(readFileSync(path.join(out, 'empty')).length).toBe(0);
});

test('packing says what it made; where it cannot be written nothing is left', async () => {
  const folder = tempFolder();
  const dir = writeBrightPackage(path.join(folder, 'm'));
  const archive = path.join(folder, 'new', 'm.tar.gz');
  const packed = await packPackage(dir, archive);
  expect(packed).toEqual({
    digest: await digestOfFile(archive),
    bytes: statSync(archive).size,
    files: ['fp32.onnx', 'model.yaml'],
  });
  expect(readdirSync(path.dirname(archive))).toEqual(['m.tar.gz']);
  writeFileSync(path.join(folder, 'file'), '');
  await expect(packPackage(dir, path.join(folder, 'file', 'm.tar.gz'))).rejects.toMatchObject({
    code: 'model-invalid',
    message: expect.stringMatching(/m\.tar\.gz: cannot be written: /),
  });
  mkdirSync(path.join(folder, 'taken.tar.gz'));
  await expect(packPackage(dir, path.join(folder, 'taken.tar.gz'))).rejects.toThrow(/cannot be written/);
  expect(readdirSync(folder).toSorted()).toEqual(['file', 'm', 'new', 'taken.tar.gz']);
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
