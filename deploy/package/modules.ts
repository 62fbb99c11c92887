/**
 * What of `node_modules` a product needs: the packages that its files import, those that these depend on, and of their files
 * what runs on the target.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Target } from './products.ts';

/** Which of the packages that we depend on built files import. @param texts their sources @param ours names in `dependencies` */
export function importedPackages(texts: Iterable<string>, ours: readonly string[]): string[] {
  const found = new Set<string>();
  for (const text of texts) {
    const named = text.matchAll(
      /(?:\bfrom|\bimport|\brequire\(|\bimport\(|\bresolve\(|\bcreateRequire\(import\.meta\.url\)\()\s*['"]([@a-z][^'":\s]*)['"]/g,
    );
    for (const [, specifier = ''] of named)
      found.add(specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));
  }
  return ours.filter((name) => found.has(name)).toSorted();
}

/** Used only to compile. */
const HEADERS = 'node-addon-api';

const manifest = z.looseObject({
  dependencies: z.record(z.string(), z.string()).optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
  peerDependencies: z.record(z.string(), z.string()).optional(),
});

/**
 * The folders of these packages and of all that they depend on, as Node finds them.
 * @param root folder that has `node_modules`
 * @returns paths from the root
 * @throws Error that names a package that is not installed
 */
export function closureOf(names: readonly string[], root: string): string[] {
  const found = new Set<string>();
  const visit = (name: string, from: string, isNeeded: boolean) => {
    if (name === HEADERS) return;
    const folder = resolve(name, from, root);
    if (folder === undefined) {
      if (isNeeded) throw new Error(`${name}, which ${from || 'the program'} needs, is not installed in ${root}`);
      return;
    }
    if (found.has(folder)) return;
    found.add(folder);
    const parsed = manifest.parse(JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')));
    for (const dependency of Object.keys(parsed.dependencies ?? {}))
      visit(dependency, folder, parsed.optionalDependencies?.[dependency] === undefined);
    for (const dependency of Object.keys({ ...parsed.optionalDependencies, ...parsed.peerDependencies }))
      visit(dependency, folder, false);
  };
  for (const name of names) visit(name, '', true);
  return [...found].toSorted();
}

function resolve(name: string, from: string, root: string): string | undefined {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const at = path.join(folder === '.' ? '' : folder, 'node_modules', name);
    if (existsSync(path.join(root, at, 'package.json'))) return at;
    if (folder === '' || folder === '.') return undefined;
  }
}

/** Never used when a program runs: sources of native code, types, maps, documents; and, at the top of a package, tests and the like. */
const IDLE =
  /\.(map|md|markdown|ts|mts|cts|tsbuildinfo|c|cc|cpp|cxx|h|hpp|gyp|gypi|mk|o|a|lib|pdb)$|^\/(deps|docs|test|tests|__tests__|examples?|benchmarks?|\.github)\//i;
/** Kept although it looks idle. */
const KEPT = /\/(licen[cs]e|copying|notice)[^/]*$/i;

/** Other systems and processors in the paths of prebuilt files. */
const PLATFORM =
  /(?:^|[/_-])(win32|darwin|linux|linuxmusl|freebsd|android)[/_-](x64|ia32|arm64|arm|armv7|riscv64|ppc64|s390x)\b/;

/** Does a file of `node_modules` run on the target? @param file path from the root */
export function keeps(file: string, { cpu }: Pick<Target, 'cpu'>): boolean {
  const [, system, processor] = PLATFORM.exec(file) ?? [];
  if (system !== undefined && (system !== 'linux' || processor !== cpu)) return false;
  return KEPT.test(file) || !IDLE.test(file.replace(/^.*node_modules\/(@[^/]+\/)?[^/]+/, ''));
}
