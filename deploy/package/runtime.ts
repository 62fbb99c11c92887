/** What comes from npm for a target, fetched once and kept: Node, and the packages with their native code. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type Arch, NODE_VERSION, SQLITE, targets } from './products.ts';
import { sh } from './shell.ts';

export interface Workshop {
  /** The checkout. */
  readonly root: string;
  /** Folder for what is kept. */
  readonly cache: string;
  readonly say: (line: string) => void;
}

/** The unpacked npm package with `bin/node`. @throws Error when its bytes are not those that were pinned */
export async function nodeFor(arch: Arch, { cache, say }: Workshop): Promise<string> {
  const node = { ...targets[arch].node, version: NODE_VERSION };
  const folder = path.join(cache, `${node.name}-${node.version}`);
  if (!existsSync(folder)) {
    say(`fetching ${node.name} ${node.version}`);
    const scratch = fresh(`${folder}.part`);
    await unpack(node, scratch);
    renameSync(scratch, folder);
  }
  return folder;
}

/** A folder with `node_modules` of the lock file for a target, without what only development needs, and with SQLite for its Node. */
export async function modulesFor(arch: Arch, { root, cache, say }: Workshop): Promise<string> {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  const folder = path.join(cache, `modules-${arch}-sqlite-${SQLITE.version}-${lock.slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  say(`installing the packages for ${arch}`);
  const scratch = fresh(`${folder}.part`);
  for (const file of ['package.json', 'package-lock.json']) cpSync(path.join(root, file), path.join(scratch, file));
  const platform = ['--os=linux', `--cpu=${targets[arch].cpu}`, '--libc=glibc'];
  await sh('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', ...platform], { cwd: scratch });
  await putSqlite(path.join(scratch, 'node_modules'));
  renameSync(scratch, folder);
  return folder;
}

/** Puts the SQLite for NODE_VERSION into a `node_modules`, instead of the one that is there. */
export async function putSqlite(modules: string): Promise<void> {
  await unpack(SQLITE, fresh(path.join(modules, SQLITE.name)));
}

interface Pinned {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
}

/** Fetches a package of npm into a folder. @throws Error when its bytes are not those that were pinned */
async function unpack({ name, version, integrity }: Pinned, folder: string): Promise<void> {
  const file = (await sh('npm', ['pack', `${name}@${version}`, '--silent'], { cwd: folder })).trim();
  const archive = path.join(folder, file);
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found !== integrity)
    throw new Error(`${name} ${version} is not what was pinned: ${found}, expected ${integrity}`);
  await sh('tar', ['-xzf', archive, '-C', folder, '--strip-components=1', '--no-same-owner']);
  rmSync(archive);
}

function fresh(folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}
