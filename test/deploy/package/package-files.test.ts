/** Units and maintainer scripts as they are installed, judged by systemd and by shells. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { controlText, glibcOf, type PackageFile, packageFiles } from '../../../deploy/package/package-files.ts';
import { type Product, products } from '../../../deploy/package/products.ts';
import { tempFolder } from '../../support/temp.ts';

const folder = path.resolve(import.meta.dirname, '../../../deploy/package');
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

function written(files: readonly PackageFile[]): string {
  const root = tempFolder();
  for (const { path: to, text, mode } of files) {
    mkdirSync(path.dirname(path.join(root, to)), { recursive: true });
    writeFileSync(path.join(root, to), text);
    chmodSync(path.join(root, to), mode);
  }
  return root;
}

/** What systemd says of a unit of a product. @param more files beside it */
function exposure(product: Product, dropIn?: string): number {
  const { installed } = packageFiles(product, folder);
  const root = written(installed);
  const units = path.join(root, 'usr/lib/systemd/system');
  if (dropIn !== undefined) {
    mkdirSync(path.join(units, `${product}.service.d`));
    writeFileSync(path.join(units, `${product}.service.d/x.conf`), dropIn);
  }
  const unit = path.join(units, `${product}.service`);
  const said = execFileSync('systemd-analyze', ['security', '--offline=true', '--no-pager', unit], {
    encoding: 'utf8',
  });
  return Number(/exposure level for \S+: ([\d.]+)/.exec(said)?.[1]);
}

test.skipIf(!hasSystemd)('systemd finds hub and agent well locked in: 1.5 at most, with cameras 2.5', () => {
  const cameras = readFileSync(path.join(folder, 'units/cameras.conf'), 'utf8');
  for (const product of products) expect(exposure(product), product).toBeLessThanOrEqual(1.5);
  expect(exposure('vedette-agent', cameras)).toBeLessThanOrEqual(2.5);
});

test.for(products)('%s: nothing is left to fill in, and shells understand every script', (product) => {
  const { installed, control } = packageFiles(product, folder);
  const all = [...installed, ...control];
  expect(all.filter(({ text }) => /@[A-Z]+@/.test(text)).map((file) => file.path)).toEqual([]);
  const root = written(all);
  for (const file of all.filter(({ text }) => text.startsWith('#!/bin/sh')))
    execFileSync('sh', ['-n', path.join(root, file.path)]);
  expect(all.filter(({ text }) => text.startsWith('#!')).map(({ mode }) => mode)).toEqual(Array(7).fill(0o755));
});

test.for(products)('%s: the service notifies, is watched, and goes back to the version before', (product) => {
  const { installed } = packageFiles(product, folder);
  const unit = installed.find((file) => file.path.endsWith(`/${product}.service`))?.text ?? '';
  for (const line of [
    'Type=notify',
    'WatchdogSec=60',
    `OnFailure=${product}-roll-back.service`,
    'LoadCredential=secrets:/etc/',
  ])
    expect(unit).toContain(line);
  expect(installed.some((file) => file.path.endsWith(`/${product}-roll-back.service`))).toBe(true);
});

test('the hub shows itself to the network only with TLS', () => {
  const env = packageFiles('vedette-hub', folder).installed.find((file) => file.path === 'etc/vedette-hub/hub.env');
  expect([env?.text.includes('--insecure-plaintext'), env?.mode]).toEqual([false, 0o640]);
});

test('the newest symbol of the C library that a native file asks for is what the package depends on', () => {
  const glibc = glibcOf([Buffer.from('GLIBC_2.2.5\0GLIBC_2.34\0'), Buffer.from('x GLIBC_2.9 GLIBCXX_3.4.30')]);
  expect(glibc).toBe('2.34');
  const control = controlText({ product: 'vedette-hub', version: '1.2.3', arch: 'arm64', installedKb: 7, glibc });
  expect(control).toMatch(/^Package: vedette-hub\nVersion: 1\.2\.3\nArchitecture: arm64\n/);
  expect(control).toContain('libc6 (>= 2.34)');
});

/** The start script, with a Node that prints what it is called with. */
function launched(product: Product, inForce: boolean, args: readonly string[]): string {
  const script = packageFiles(product, folder).installed.find((file) => file.path === `usr/bin/${product}`)?.text ?? '';
  const root = tempFolder();
  const at = path.join(root, 'lib', product);
  for (const [place, name] of [
    [at, 'new'],
    [`${at}.previous`, 'before'],
  ] as const) {
    mkdirSync(place, { recursive: true });
    writeFileSync(path.join(place, 'node'), `#!/bin/sh\necho ${name} "$@"\n`, { mode: 0o755 });
  }
  if (inForce) writeFileSync(`${at}.previous/.in-force`, '');
  const file = path.join(root, 'launch');
  // Not as root: then it starts the program as another user.
  writeFileSync(file, script.replaceAll('/usr/lib/', `${root}/lib/`).replaceAll('$(id -u)', '1000'));
  return execFileSync('sh', [file, ...args], { encoding: 'utf8' })
    .replaceAll(root, '')
    .trim();
}

test.for(products)('%s: after a roll-back the version before is started, with the same arguments', (product) => {
  const main = product === 'vedette-agent' ? 'agent' : 'cloud-hub';
  expect([launched(product, false, ['run', '-c', 'a b']), launched(product, true, ['doctor'])]).toEqual([
    `new /lib/${product}/dist/${main}/main.js run -c a b`,
    `before /lib/${product}.previous/dist/${main}/main.js doctor`,
  ]);
});
