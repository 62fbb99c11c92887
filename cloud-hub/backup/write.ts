/** Writes a backup (archive.ts) of a data folder, whether its hub runs or not. A home of `tar`. */
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { create, replace } from 'tar';
import { digestOfFile } from '../../shared/kit/digest.ts';
import { forceFolder } from '../../shared/kit/durable-file.ts';
import { isMissing } from '../../shared/kit/errors.ts';
import { DATABASE_FILE } from '../store/sqlite/open.ts';
import { requireFile } from '../store/whereabouts.ts';
import { ABOUT_FILE, type About, DATA_FOLDER, DIGESTS_FILE, digests, FORMAT } from './archive.ts';
import { copyDatabase } from './copy-database.ts';
import { sourcesOf, stateOf } from './sources.ts';

export interface BackupOptions {
  readonly dataDir: string;
  /** Must not exist. */
  readonly file: string;
  /** Of this program. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Backup {
  readonly about: About;
  readonly files: number;
  readonly bytes: number;
}

/** Small files are read again when one of them changes meanwhile. */
const MAX_TRIES = 10;

/**
 * Needs room for two copies of the database beside `file` while it works.
 * @throws Error that says what to do; then nothing is left
 */
export async function writeBackup({ dataDir, file, version, now }: BackupOptions): Promise<Backup> {
  requireFile(
    dataDir,
    () =>
      'back it up with pg_dump --format=custom, as its owner, and the data folder with your own tools; ' +
      'take the database first, so that no record names a model that the folder does not have',
  );
  const target = path.resolve(file);
  if (existsSync(target)) throw new Error(`${file} is there already: choose another name with --to`);
  if (!path.relative(path.resolve(dataDir), target).startsWith('..'))
    throw new Error(`${file} is in the data folder: a backup belongs on another disk; choose another place with --to`);
  const draft = `${target}.${process.pid}.part`;
  const stage = `${target}.${process.pid}.stage`;
  const staged = path.join(stage, DATA_FOLDER);
  try {
    mkdirSync(staged, { recursive: true, mode: 0o700 });
    chmodSync(stage, 0o700);
    const schema = await copyDatabase(path.join(dataDir, DATABASE_FILE), path.join(staged, DATABASE_FILE));
    const small = copySmall(dataDir, staged);
    const { packages } = sourcesOf(dataDir);
    const takenAt = new Date(now).toISOString();
    const about: About = { kind: 'vedette-hub-backup', format: FORMAT, version, schema, takenAt };
    writeFileSync(path.join(stage, ABOUT_FILE), `${JSON.stringify(about, null, 2)}\n`, { mode: 0o600 });

    const files = [DATABASE_FILE, ...small];
    const named = [...(await digestsOf(staged, files)), ...(await digestsOf(dataDir, packages))];
    const all = digests.parse(Object.fromEntries(named));
    writeFileSync(path.join(stage, DIGESTS_FILE), `${JSON.stringify(all)}\n`, { mode: 0o600 });

    writeFileSync(draft, '', { mode: 0o600, flag: 'wx' });
    const common = { file: draft, portable: true, strict: true };
    await create({ ...common, cwd: stage }, [ABOUT_FILE, ...files.map((one) => `${DATA_FOLDER}/${one}`)]);
    if (packages.length > 0) await replace({ ...common, cwd: dataDir, prefix: DATA_FOLDER }, [...packages]);
    await replace({ ...common, cwd: stage }, [DIGESTS_FILE]);
    publish(draft, target);
    return { about, files: files.length + packages.length, bytes: statSync(target).size };
  } finally {
    rmSync(stage, { recursive: true, force: true });
    rmSync(draft, { force: true });
  }
}

/** Copies the small files as they were at one moment. */
function copySmall(dataDir: string, staged: string): readonly string[] {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { small } = sourcesOf(dataDir);
    try {
      const before = stateOf(dataDir, small);
      for (const file of small) {
        mkdirSync(path.dirname(path.join(staged, file)), { recursive: true, mode: 0o700 });
        copyFileSync(path.join(dataDir, file), path.join(staged, file));
      }
      if (stateOf(dataDir, sourcesOf(dataDir).small) === before) return small;
    } catch (error) {
      // It went while it was copied.
      if (!isMissing(error)) throw error;
    }
  }
  throw new Error(`the files in ${dataDir} change all the time: is a program writing there beside the hub? Try again`);
}

async function digestsOf(folder: string, files: readonly string[]): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for (const file of files) found.push([file, await digestOfFile(path.join(folder, file))]);
  return found;
}

function publish(draft: string, target: string): void {
  const handle = openSync(draft, 'r+');
  fsyncSync(handle);
  closeSync(handle);
  chmodSync(draft, 0o600);
  renameSync(draft, target);
  forceFolder(path.dirname(target));
}
