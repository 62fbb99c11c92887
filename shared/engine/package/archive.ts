/**
 * A model package as one file: `.tar.gz`. The same content gives the same bytes (names sorted, no times, no owners, one mode) with
 * the same build of zlib. Taking apart trusts nothing: plain files at plain paths only, bounded in number, in size and in how much
 * they shrink, into a folder that appears in one step when all of it is there.
 */
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { create, Parser, type ReadEntry } from 'tar';
import { digestOfFile } from '../../kit/digest.ts';
import { CodedError, messageOf } from '../../kit/errors.ts';
import { packageFiles } from './files.ts';
import { loadVariant, readPackage } from './package.ts';

export interface Packed {
  /** `sha256:HEX` of the archive. */
  readonly digest: string;
  readonly bytes: number;
  readonly files: readonly string[];
}

const EPOCH = new Date(0);
const PLAIN = 0o644;

/**
 * Checks a package and writes it as an archive, in one step.
 * @throws CodedError `model-invalid` when the package is not sound, or the file cannot be written
 */
export async function packPackage(dir: string, archive: string): Promise<Packed> {
  const pack = await readPackage(dir);
  for (const variant of pack.manifest.variants) await loadVariant(pack, variant);
  const files = await packageFiles(dir, pack.manifest);
  const draft = `${archive}.${process.pid}.part`;
  try {
    await mkdir(path.dirname(archive), { recursive: true });
    await create(
      {
        file: draft,
        cwd: dir,
        gzip: { level: 9 },
        portable: true,
        mtime: EPOCH,
        strict: true,
        onWriteEntry: (entry) => {
          if (entry.stat) entry.stat.mode = PLAIN;
        },
      },
      files,
    );
    await rename(draft, archive);
  } catch (error) {
    throw new CodedError('model-invalid', `${archive}: cannot be written: ${messageOf(error)}`);
  } finally {
    // Where the folder is none, this fails too and must not hide why.
    await rm(draft, { force: true }).catch(() => undefined);
  }
  return { digest: await digestOfFile(archive), bytes: (await stat(archive)).size, files };
}

export interface ExtractLimits {
  readonly files: number;
  /** Of all files together, unpacked. */
  readonly bytes: number;
}

export const extractLimits: ExtractLimits = { files: 512, bytes: 4 * 2 ** 30 };
/** Headers of any kind: files, folders, long names. An honest archive of 512 files has far fewer. */
const MAX_HEADERS = 4096;
/** Of one header with long names, in bytes. */
const MAX_NAMES = 64 * 1024;
/** Weights hardly shrink: what unpacks to more than so many times its size is made to harm. */
const MAX_RATIO = 100;
/** Bytes that are unpacked whatever the ratio: a small model may be all zeros. */
const FREE_BYTES = 64 * 2 ** 20;
/** What may follow the end of an archive: `tar` fills its last record up. */
const MAX_FILLING = 2 ** 20;
/** Beside the files themselves: headers and padding. */
const OVERHEAD_BYTES = MAX_HEADERS * 1536;
const DEPTH = 6;
const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9_. @+-]{0,127}$/;

/**
 * Takes an archive apart into `dir`, which must not be there yet. Nothing is left behind when it is refused.
 * @throws CodedError `model-invalid` with the entry and the reason
 */
export async function extractPackage(archive: string, dir: string, limits = extractLimits): Promise<void> {
  await mkdir(path.dirname(dir), { recursive: true });
  const draft = await mkdtemp(`${dir}.`);
  try {
    await extractInto(archive, draft, limits);
    await rename(await rootOf(draft, archive), dir);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function extractInto(archive: string, folder: string, limits: ExtractLimits): Promise<void> {
  const refuse = (why: string) => new CodedError('model-invalid', `${archive}: ${why}`);
  const seen = new Set<string>();
  const writes: Promise<void>[] = [];
  const targets: WriteStream[] = [];
  let failure: unknown;
  let total = 0;

  const take = async (entry: ReadEntry): Promise<void> => {
    const name = entry.path.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
    if (entry.type === 'Directory') {
      if (name !== '' && name !== '.') requirePath(name, refuse);
      // The next entry comes when this one is read, empty as it is.
      entry.resume();
      return;
    }
    if (entry.type !== 'File' && entry.type !== 'OldFile')
      throw refuse(`entry "${shown(entry.path)}" is a ${entry.type}; only plain files are allowed`);
    requirePath(name, refuse);
    // Some file systems take A and a for the same name.
    const key = name.toLowerCase();
    if (seen.has(key)) throw refuse(`entry "${shown(name)}" is there twice`);
    seen.add(key);
    if (seen.size > limits.files) throw refuse(`holds more than ${limits.files} files`);
    total += entry.size;
    if (total > limits.bytes) throw refuse(`holds more than ${limits.bytes} bytes unpacked`);
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    if (failure !== undefined) throw failure;
    const target = createWriteStream(file, { flags: 'wx', mode: PLAIN, autoClose: true });
    targets.push(target);
    target.on('error', () => entry.resume());
    entry.pipe(target);
    await finished(target);
  };

  let headers = 0;
  const fail = (error: unknown) => {
    failure ??= error;
    source.destroy();
  };
  const count = () => {
    if (++headers > MAX_HEADERS) fail(refuse(`holds more than ${MAX_HEADERS} entries`));
  };

  const source = createReadStream(archive);
  const parser = new Parser({
    strict: true,
    maxMetaEntrySize: MAX_NAMES,
    onReadEntry(entry) {
      count();
      if (failure !== undefined) return void entry.resume();
      writes.push(
        take(entry).catch((error: unknown) => {
          entry.resume();
          fail(error);
        }),
      );
    },
  });
  for (const kind of ['meta', 'ignoredEntry']) parser.on(kind, count);
  const ended = new Promise<void>((resolve, reject) => {
    parser.on('end', resolve);
    parser.on('error', reject);
  });
  // It may fail before it is awaited.
  ended.catch(() => undefined);
  const parse = async (chunks: AsyncIterable<Buffer>) => {
    const { size } = await stat(archive);
    let unpacked = 0;
    let end = Number.POSITIVE_INFINITY;
    parser.on('eof', () => {
      end = Math.min(end, unpacked);
    });
    for await (const chunk of chunks) {
      unpacked += chunk.length;
      if (unpacked > Math.max(FREE_BYTES, size * MAX_RATIO))
        fail(refuse(`unpacks to more than ${MAX_RATIO} times its size`));
      if (unpacked > limits.bytes + OVERHEAD_BYTES) fail(refuse(`holds more than ${limits.bytes} bytes unpacked`));
      if (unpacked > end + MAX_FILLING) fail(refuse(`goes on for more than ${MAX_FILLING} bytes after its end`));
      if (failure !== undefined) return;
      if (!parser.write(chunk)) await Promise.race([new Promise((r) => parser.once('drain', r)), ended]);
    }
    parser.end();
    await ended;
  };
  try {
    await pipeline(source, createGunzip(), parse);
  } catch (error) {
    fail(refuse(`not a whole .tar.gz file: ${messageOf(error)}`));
  }
  // What is being written waits for bytes that will not come.
  if (failure !== undefined) for (const target of targets) target.destroy();
  await Promise.all(writes);
  if (failure !== undefined) throw failure;
}

function requirePath(name: string, refuse: (why: string) => CodedError): void {
  const parts = name.split('/');
  if (parts.length <= DEPTH && parts.every((part) => SEGMENT.test(part))) return;
  throw refuse(
    `entry "${shown(name)}" is not a plain path: letters, digits and _ . @ + -, at most ${DEPTH} levels, no "..", not absolute`,
  );
}

/** The folder that holds model.yaml: the archive itself, or the one folder that was packed. */
async function rootOf(folder: string, archive: string): Promise<string> {
  const names = await readdir(folder);
  if (names.includes('model.yaml')) return folder;
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) {
    const inner = path.join(folder, only);
    if ((await stat(inner)).isDirectory() && (await readdir(inner)).includes('model.yaml')) return inner;
  }
  throw new CodedError('model-invalid', `${archive}: holds no model.yaml at its top`);
}

function shown(name: string): string {
  const text = name.replaceAll(/[^\x20-\x7e]/g, '?');
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}
