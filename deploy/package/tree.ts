/**
 * A product as one folder that needs nothing beside the C library: `node`, `dist/`, `node_modules/`, `package.json`,
 * and `sbom.cdx.json`, which says what it consists of.
 * The Debian packages and the images hold the same.
 */
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { closureOf, importedPackages, keeps } from './modules.ts';
import { type Arch, facts, type Product, targets } from './products.ts';
import { modulesFor, nodeFor, type Workshop } from './runtime.ts';
import { sbomOf } from './sbom.ts';
import { sh } from './shell.ts';

export interface TreeOptions {
  readonly product: Product;
  readonly arch: Arch;
  readonly version: string;
}

const ownManifest = z.object({ name: z.string(), license: z.string(), dependencies: z.record(z.string(), z.string()) });

/** Writes the files of a product. @param folder absolute; it must be empty or absent @returns the packages that it holds */
export async function writeTree(
  { product, arch, version }: TreeOptions,
  folder: string,
  workshop: Workshop,
): Promise<string[]> {
  const target = targets[arch];
  const { folders } = facts[product];
  const dist = path.join(workshop.root, 'dist');
  const files = folders.flatMap((name) => filesBelow(path.join(dist, name)).map((file) => `${name}/${file}`));
  const built = files.filter((file) => !file.endsWith('.map'));
  for (const file of built) copy(path.join(dist, file), path.join(folder, 'dist', file));

  const modules = await modulesFor(arch, workshop);
  const sources = built.filter((file) => file.endsWith('.js') && !file.includes('/dashboard/'));
  const own = ownManifest.parse(JSON.parse(readFileSync(path.join(workshop.root, 'package.json'), 'utf8')));
  const texts = sources.map((file) => readFileSync(path.join(dist, file), 'utf8'));
  const imported = importedPackages(texts, Object.keys(own.dependencies));
  const packages = closureOf(imported, modules);
  for (const found of packages) {
    for (const file of filesBelow(path.join(modules, found), (name) => name !== 'node_modules')) {
      const from = path.join(found, file);
      if (keeps(from, target)) copy(path.join(modules, from), path.join(folder, from));
    }
  }

  const node = await nodeFor(arch, workshop);
  copy(path.join(node, 'bin/node'), path.join(folder, 'node'));
  // What is left of its symbols is what native modules link to.
  await sh(`${target.gnu}-strip`, [path.join(folder, 'node')]);
  chmodSync(path.join(folder, 'node'), 0o755);
  copy(path.join(node, 'LICENSE'), path.join(folder, 'LICENSE.node'));
  copy(path.join(workshop.root, 'LICENSE'), path.join(folder, 'LICENSE'));
  const { name, license } = own;
  const manifest = { name, version, license, private: true, type: 'module' };
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(path.join(folder, 'sbom.cdx.json'), sbomOf({ product, version, target, modules, packages }));
  return packages;
}

/** Files below a folder, as paths from it, in order. @param enters whether a folder of that name is looked into */
export function filesBelow(folder: string, enters: (name: string) => boolean = () => true): string[] {
  const walk = (at: string): string[] =>
    readdirSync(path.join(folder, at), { withFileTypes: true })
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const file = path.join(at, entry.name);
        if (entry.isDirectory()) return enters(entry.name) ? walk(file) : [];
        return entry.isFile() ? [file] : [];
      });
  return walk('');
}

function copy(from: string, to: string): void {
  mkdirSync(path.dirname(to), { recursive: true });
  cpSync(from, to);
}
