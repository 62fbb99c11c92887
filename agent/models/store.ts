/**
 * Model packages by the digest of their archive. Below the folder: `packages/HEX/` a package taken apart, `packages/HEX/files.json`
 * what lies in it (`{ PATH: sha256:HEX }`), `parts/HEX.part` a download in progress, `drafts/` what is being taken apart.
 *
 * Invariants:
 * 1. `packages/HEX` appears in one step, when the archive had the digest HEX and every file of it is on disk.
 * 2. `open` gives a folder only when every file in it still has its digest: a damaged package counts as missing, and is
 *    fetched again.
 * 3. `collect` removes what nobody names: it asks right before each removal, and a package leaves `packages/` in one step, so
 *    what is named meanwhile either stays or is missing as a whole.
 *
 * Crash behaviour: a crash leaves drafts and parts. Drafts are removed at the next `collect`, parts go on.
 */
import { mkdirSync, renameSync } from 'node:fs';
import { open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { extractPackage } from '../../shared/engine/package/archive.ts';
import { digestOfFile } from '../../shared/kit/digest.ts';
import { forceFolder, writeDurably } from '../../shared/kit/durable-file.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { Hindrance, Refusal } from './outcome.ts';

/** Digests that are named. */
export interface Needed {
  readonly packages: ReadonlySet<string>;
  readonly downloads: ReadonlySet<string>;
}

export interface Store {
  /** Is it there? Its files are not looked at. */
  has(digest: string): Promise<boolean>;
  /** The folder of a whole package; undefined when it is missing or damaged. */
  open(digest: string): Promise<string | undefined>;
  /** Where its archive is downloaded to. */
  partOf(digest: string): string;
  /** @throws Hindrance when an archive of this length, and what it holds, would not fit beside `reserveBytes` */
  requireRoom(digest: string, bytes: number): Promise<void>;
  /** Takes the downloaded archive apart and lets it go. @throws Refusal `package` */
  install(digest: string): Promise<void>;
  /**
   * Removes packages that nobody needs, and downloads that nobody waits for.
   * @param needed what is named at this moment: `packages` by anybody, `downloads` by the hub's document
   * @returns how many packages went
   */
  collect(needed: () => Needed): Promise<number>;
}

/** A store in which packages lie as their files. */
export interface PlainStore extends Store {
  /** Makes a package out of what `write` writes into a folder that is not there yet, `files.json` included. */
  fill(digest: string, write: (dir: string) => Promise<void>): Promise<void>;
}

const LIST = 'files.json';
const list = z.record(z.string(), z.string());
/** Quantised weights compress little: an archive seldom holds more than this times its length. */
export const UNPACKED = 2.5;

/** @param reserveBytes of the disk that models leave free, for results */
export function openStore(folder: string, reserveBytes: number): PlainStore {
  const [packages, parts, drafts] = ['packages', 'parts', 'drafts'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const dir of [packages, parts, drafts]) mkdirSync(dir, { recursive: true, mode: 0o700 });
  const folderOf = (digest: string) => path.join(packages, hexOf(digest));
  const partOf = (digest: string) => path.join(parts, `${hexOf(digest)}.part`);
  const has = (digest: string) => exists(path.join(folderOf(digest), LIST));
  const appear = async (draft: string, digest: string) => {
    await rm(folderOf(digest), { recursive: true, force: true });
    await rename(draft, folderOf(digest));
    forceFolder(packages);
  };

  return {
    has,
    partOf,
    async open(digest) {
      if (!(await has(digest))) return undefined;
      const dir = folderOf(digest);
      if (await isWhole(dir)) return dir;
      await rm(dir, { recursive: true, force: true });
      return undefined;
    },
    async requireRoom(digest, bytes) {
      const there = await stat(partOf(digest)).then(
        ({ size }) => size,
        () => 0,
      );
      const { bavail, bsize } = await statfs(folder);
      const needed = Math.max(0, bytes - there) + bytes * UNPACKED + reserveBytes;
      if (bavail * bsize >= needed) return;
      const [free, wanted] = [bavail * bsize, needed].map((n) => `${Math.ceil(n / 2 ** 20)} MB`);
      throw new Hindrance(`the disk has ${free} free, but ${wanted} are needed`);
    },
    async install(digest) {
      const draft = path.join(drafts, hexOf(digest));
      await rm(draft, { recursive: true, force: true });
      try {
        await extractPackage(partOf(digest), draft);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        await rm(partOf(digest), { force: true });
        throw new Refusal('package', error.message);
      }
      const digests: Record<string, string> = {};
      for (const file of await filesIn(draft)) {
        digests[file] = await digestOfFile(path.join(draft, file));
        await force(path.join(draft, file));
      }
      writeDurably(path.join(draft, LIST), JSON.stringify(digests), 0o600);
      await appear(draft, digest);
      await rm(partOf(digest), { force: true });
    },
    async fill(digest, write) {
      const draft = path.join(drafts, hexOf(digest));
      await rm(draft, { recursive: true, force: true });
      await write(draft);
      await appear(draft, digest);
    },
    async collect(needed) {
      const remove = (dir: string) => rm(dir, { recursive: true, force: true });
      let gone = 0;
      for (const hex of await readdir(packages)) {
        if (needed().packages.has(digestFrom(hex))) continue;
        const away = path.join(drafts, `${hex}.gone`);
        await remove(away);
        if (needed().packages.has(digestFrom(hex))) continue;
        renameSync(path.join(packages, hex), away);
        gone++;
      }
      for (const part of await readdir(parts))
        if (!needed().downloads.has(digestFrom(part))) await remove(path.join(parts, part));
      for (const draft of await readdir(drafts))
        if (!needed().downloads.has(digestFrom(draft))) await remove(path.join(drafts, draft));
      return gone;
    },
  };
}

/** Invariant 2. */
async function isWhole(dir: string): Promise<boolean> {
  try {
    const digests = list.parse(JSON.parse(await readFile(path.join(dir, LIST), 'utf8')));
    const there = (await filesIn(dir)).filter((file) => file !== LIST);
    if (there.length !== Object.keys(digests).length) return false;
    for (const [file, digest] of Object.entries(digests))
      if ((await digestOfFile(path.join(dir, file))) !== digest) return false;
    return true;
  } catch {
    return false;
  }
}

async function filesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((e) => e.isFile()).map((e) => path.relative(dir, path.join(e.parentPath, e.name)));
}

async function force(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** The digest that a package's folder, a part or a draft is named after. */
export function digestFrom(name: string): string {
  return `sha256:${name.split('.', 1)[0]}`;
}

export function hexOf(digest: string): string {
  const [, hex] = /^sha256:([0-9a-f]{64})$/.exec(digest) ?? [];
  if (hex === undefined) throw new RangeError(`not a digest: ${digest}`);
  return hex;
}
