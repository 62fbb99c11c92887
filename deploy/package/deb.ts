/** Puts a product into a Debian package. The same checkout gives the same bytes: all times are those of the last commit. */
import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, lutimesSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { controlText, glibcOf, type PackageFile, packageFiles } from './package-files.ts';
import type { Arch, Product } from './products.ts';
import type { Workshop } from './runtime.ts';
import { sh } from './shell.ts';
import { filesBelow, writeTree } from './tree.ts';

export interface Deb {
  readonly file: string;
  readonly bytes: number;
  readonly installedBytes: number;
  readonly glibc: string;
  readonly packages: readonly string[];
}

export interface DebOptions {
  readonly product: Product;
  readonly arch: Arch;
  readonly version: string;
  readonly out: string;
  /** Seconds since 1970 that every file carries. */
  readonly epoch: number;
  readonly compression: 'xz' | 'zstd' | 'none';
}

/** @throws Error that names the program or file that failed */
export async function makeDeb(options: DebOptions, workshop: Workshop): Promise<Deb> {
  const { product, arch, version, out, epoch } = options;
  mkdirSync(out, { recursive: true });
  const root = path.join(out, `.${product}_${arch}`);
  rmSync(root, { recursive: true, force: true });
  workshop.say(`${product} ${version} for ${arch}`);
  const program = path.join(root, 'usr/lib', product);
  const packages = await writeTree(options, program, workshop);
  const { installed, control, folders } = packageFiles(product, path.join(workshop.root, 'deploy/package'));
  for (const folder of folders) mkdirSync(path.join(root, folder.path), { recursive: true });
  for (const one of installed) write(root, one);
  for (const name of ['README.md', 'LICENSE'])
    write(root, {
      path: path.join('usr/share/doc', product, name === 'LICENSE' ? 'copyright' : name),
      text: readFileSync(path.join(workshop.root, name === 'LICENSE' ? name : 'deploy/README.md'), 'utf8'),
      mode: 0o644,
    });

  const files = filesBelow(root);
  const glibc = glibcOf(natives(root, files));
  const installedBytes = files.reduce((sum, file) => sum + statSync(path.join(root, file)).size, 0);
  for (const one of control) write(path.join(root, 'DEBIAN'), one);
  const text = controlText({ product, version, arch, installedKb: Math.ceil(installedBytes / 1024), glibc });
  write(path.join(root, 'DEBIAN'), { path: 'control', text, mode: 0o644 });
  write(path.join(root, 'DEBIAN'), { path: 'md5sums', text: md5sums(root, files), mode: 0o644 });
  settle(root, epoch, new Map([...folders, ...installed].map((one) => [one.path, one.mode])));

  const file = path.join(out, `${product}_${version}_${arch}.deb`);
  const args = ['--root-owner-group', `-Z${options.compression}`, '--build', root, file];
  await sh('dpkg-deb', args, { env: { SOURCE_DATE_EPOCH: String(epoch) } });
  rmSync(root, { recursive: true, force: true });
  return { file, bytes: statSync(file).size, installedBytes, glibc, packages };
}

function write(root: string, { path: to, text, mode }: PackageFile): void {
  const file = path.join(root, to);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
}

function* natives(root: string, files: readonly string[]): Generator<Buffer> {
  for (const file of files) if (/(\.node|\.so(\.\d+)*|\/node)$/.test(file)) yield readFileSync(path.join(root, file));
}

function md5sums(root: string, files: readonly string[]): string {
  return files
    .filter((file) => !file.startsWith('etc/'))
    .map(
      (file) =>
        `${createHash('md5')
          .update(readFileSync(path.join(root, file)))
          .digest('hex')}  ${file}\n`,
    )
    .join('');
}

/** One time and plain rights for everything; what has rights of its own keeps them. */
function settle(root: string, epoch: number, modes: ReadonlyMap<string, number>): void {
  const seen = new Set<string>();
  const visit = (relative: string) => {
    if (seen.has(relative)) return;
    seen.add(relative);
    const at = path.join(root, relative);
    const found = lstatSync(at);
    const isRunnable = found.isDirectory() || (found.mode & 0o111) !== 0;
    chmodSync(at, modes.get(relative) ?? (isRunnable ? 0o755 : 0o644));
    lutimesSync(at, epoch, epoch);
    if (relative !== '') visit(path.dirname(relative) === '.' ? '' : path.dirname(relative));
  };
  for (const file of filesBelow(root)) visit(file);
  for (const folder of modes.keys()) visit(folder);
}
