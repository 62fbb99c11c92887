/** Archives of packages: into a folder, within bounds, plain files and folders only; and a folder into an archive. */
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { create, extract } from 'tar';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';

const MAX_ENTRIES = 2000;
const MAX_UNPACKED_BYTES = 4 * 1024 ** 3;
const MAX_DEPTH = 16;
const TYPES: ReadonlySet<string> = new Set(['File', 'OldFile', 'Directory']);

/**
 * Unpacks `archive` into the empty folder `into`.
 * @returns the folder that holds model.yaml: `into`, or the only folder in it
 * @throws CodedError `model-invalid` that says what is wrong with the archive
 */
export async function unpack(archive: string, into: string): Promise<string> {
  let entries = 0;
  // A filter that throws would throw past every handler: the first complaint is kept, and nothing more is written.
  let complaint: string | undefined;
  const allowed = (name: string, type: string) => {
    entries++;
    if (entries > MAX_ENTRIES) complaint ??= `has more than ${MAX_ENTRIES} entries`;
    if (!TYPES.has(type)) complaint ??= `has "${name}", a ${type}`;
    if (path.isAbsolute(name) || name.split(/[/\\]/).includes('..')) complaint ??= `has the path "${name}"`;
    return complaint === undefined;
  };
  const unpacked = extract({
    cwd: into,
    strict: true,
    noChmod: true,
    preserveOwner: false,
    maxDepth: MAX_DEPTH,
    filter: (name, entry) => allowed(name, 'type' in entry ? entry.type : 'File'),
  });
  const meter = bounded(MAX_UNPACKED_BYTES, () => complaint);
  try {
    await pipeline(createReadStream(archive), createGunzip(), meter, unpacked);
  } catch (error) {
    complaint ??= `cannot be read: ${messageOf(error)}`;
  }
  if (complaint !== undefined) throw refused(complaint);
  if (existsSync(path.join(into, 'model.yaml'))) return into;
  const [only, ...others] = readdirSync(into);
  const inner = only === undefined ? into : path.join(into, only);
  if (others.length === 0 && existsSync(path.join(inner, 'model.yaml')) && statSync(inner).isDirectory()) return inner;
  throw refused('holds no model.yaml, neither at its top nor in its only folder');
}

function refused(why: string): CodedError {
  return new CodedError('model-invalid', `the archive ${why}`);
}

/** Fails beyond so many bytes, and as soon as there is a complaint. */
function bounded(maxBytes: number, complaint: () => string | undefined): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      const why = complaint() ?? (bytes > maxBytes ? `it unpacks to more than ${maxBytes} bytes` : undefined);
      done(why === undefined ? null : new Error(why), chunk);
    },
  });
}

/** Packs a folder; the same content gives the same bytes. */
export async function pack(folder: string, archive: string): Promise<void> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
  await create({ file: archive, cwd: folder, gzip: { level: 6 }, portable: true, noMtime: true, strict: true }, files);
}
