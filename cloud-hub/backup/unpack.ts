/** Takes a backup (archive.ts) apart into an empty folder and proves that it is whole. Trusts no name in it. A home of `tar`. */
import { chmodSync, closeSync, openSync, readdirSync, readFileSync, readSync, rmSync } from 'node:fs';
import path from 'node:path';
import { extract, Parser, type ReadEntry } from 'tar';
import { digestOfFile } from '../../shared/kit/digest.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import {
  ABOUT_FILE,
  type About,
  about,
  DATA_FOLDER,
  DIGESTS_FILE,
  type Digests,
  digests,
  FORMAT,
  MAX_FILES,
} from './archive.ts';

/** `about.json` lies in the first bytes of the file. */
const HEAD_BYTES = 64 * 1024;
/** The two files beside `data/`, and room for the few folders that an archiver may add. */
const FOLDERS = 100;

/**
 * Reads what a backup says of itself.
 * @throws Error when the file is no backup, or of a later format
 */
export function aboutBackup(file: string): About {
  // Only such a file cannot become larger than it is.
  if (!isPlainTar(file))
    throw new Error(
      `${file} is no backup of a hub, or was compressed: name a file that \`vedette-hub backup\` wrote, unpacked (gunzip)`,
    );
  const found = about.safeParse(firstFile(file));
  if (!found.success) throw new Error(`${file} is no backup of a hub: name a file that \`vedette-hub backup\` wrote`);
  if (found.data.format > FORMAT)
    throw new Error(`${file} was written by Vedette ${found.data.version}, in a later format: install that version`);
  return found.data;
}

/** The mark of a tar header (POSIX ustar), which stands in plain sight. */
function isPlainTar(file: string): boolean {
  const mark = Buffer.alloc(5);
  const handle = openSync(file, 'r');
  const length = readSync(handle, mark, 0, mark.length, 257);
  closeSync(handle);
  return length === mark.length && mark.toString('latin1') === 'ustar';
}

function firstFile(file: string): unknown {
  const head = Buffer.alloc(HEAD_BYTES);
  const handle = openSync(file, 'r');
  const length = readSync(handle, head, 0, HEAD_BYTES, 0);
  closeSync(handle);
  let text: string | undefined;
  const parser = new Parser({
    onReadEntry: (entry) => {
      const isAbout = text === undefined && entry.path === ABOUT_FILE;
      if (isAbout) text = '';
      entry.on('data', (chunk: Buffer) => {
        if (isAbout) text += chunk.toString('utf8');
      });
    },
  });
  // What follows the first bytes is missing here; a file that is no archive is answered below.
  parser.on('error', () => undefined);
  parser.write(head.subarray(0, length));
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/**
 * @param folder empty; gets `data/` and the two files beside it
 * @throws Error that says what is wrong with the backup; the caller removes the folder
 */
export async function unpack(file: string, folder: string): Promise<Digests> {
  let odd: string | undefined;
  let entries = 0;
  const isOurs = (name: string, entry: unknown) => {
    const type = (entry as ReadEntry).type;
    const isPlain = type === 'File' || type === 'OldFile';
    if (++entries > MAX_FILES + FOLDERS) odd ??= `more than ${MAX_FILES} files`;
    const isIn = name === ABOUT_FILE || name === DIGESTS_FILE || name.startsWith(`${DATA_FOLDER}/`);
    if (!isPlain || !isIn || name.split('/').includes('..')) odd ??= name;
    return odd === undefined;
  };
  try {
    await extract({ file, cwd: folder, strict: true, preserveOwner: false, umask: 0o077, filter: isOurs });
  } catch (error) {
    throw damaged(file, messageOf(error));
  }
  if (odd !== undefined) throw damaged(file, `it holds ${JSON.stringify(odd.slice(0, 200))}, which no backup holds`);
  return verify(file, folder);
}

async function verify(file: string, folder: string): Promise<Digests> {
  const wanted = digestsIn(path.join(folder, DIGESTS_FILE));
  if (wanted === undefined) throw damaged(file, 'its end is missing: it was cut off');
  const data = path.join(folder, DATA_FOLDER);
  for (const [name, digest] of Object.entries(wanted)) {
    const is = await digestOfFile(path.join(data, name)).catch(() => undefined);
    if (is !== digest)
      throw damaged(file, is === undefined ? `${name} is missing` : `${name} is not as it was written`);
  }
  for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) {
    const name = path.relative(data, path.join(entry.parentPath, entry.name));
    if (entry.isFile() && !Object.hasOwn(wanted, name)) rmSync(path.join(data, name));
    // Whatever the archive says: of the hub's user alone.
    else chmodSync(path.join(data, name), entry.isFile() ? 0o600 : 0o700);
  }
  return wanted;
}

function digestsIn(file: string): Digests | undefined {
  try {
    return digests.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function damaged(file: string, why: string): Error {
  return new Error(`${file} is damaged (${why}): nothing was restored. Take another backup`);
}
