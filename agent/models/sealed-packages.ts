/**
 * Model packages as they lie on the disk of an encrypted data folder. Below the folder: `HEX/` a package, each of its files sealed in
 * pieces; `drafts/` what is being sealed. A file is a row of pieces, each with its length before it (4 bytes, big-endian).
 *
 * Invariants:
 * 1. `HEX` appears in one step, when all of it is sealed and on disk. No plain byte of a package is written below the folder.
 * 2. A piece says of which package, of which file and at which place it stands: none can stand for another. That none is missing at
 *    the end the digests say, which are in the package (`files.json`).
 *
 * Crash behaviour: a crash leaves drafts, which the next start removes.
 */
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { forceFolder } from '../../shared/kit/durable-file.ts';
import { SEAL_HEAD_BYTES, SealError, type Sealer, sealedWith } from '../../shared/kit/seal.ts';

export interface SealedPackages {
  has(hex: string): Promise<boolean>;
  /** Seals the files of a folder. @throws the file system's error; then there is what was there before */
  put(hex: string, dir: string): Promise<void>;
  /** Writes the plain files into a folder, which must not be there yet. @throws SealError, or the file system's error */
  take(hex: string, dir: string): Promise<void>;
  /** Is all of it as `put` would leave it now? */
  isCurrent(hex: string): Promise<boolean>;
  list(): Promise<string[]>;
  remove(hex: string): Promise<void>;
  /** Removes what a crash left. */
  tidy(): Promise<void>;
}

/** Bytes of a file that are sealed together: a few milliseconds of work. */
const PIECE = 4 * 2 ** 20;
/** What sealing adds at most. */
const OVERHEAD = 1024;
const DRAFTS = 'drafts';
const HEX = /^[0-9a-f]{64}$/;

export function openSealedPackages(folder: string, sealer: Sealer): SealedPackages {
  const folderOf = (hex: string) => path.join(folder, hex);
  const remove = (hex: string) => rm(folderOf(hex), { recursive: true, force: true });
  const sealerOf = (hex: string, file: string, at: number) => sealer.for(`model ${hex} ${file} ${at}`);
  return {
    has: (hex) =>
      stat(folderOf(hex)).then(
        () => true,
        () => false,
      ),
    async put(hex, dir) {
      const draft = path.join(folder, DRAFTS, hex);
      await rm(draft, { recursive: true, force: true });
      for (const file of await filesIn(dir)) {
        const to = path.join(draft, file);
        await mkdir(path.dirname(to), { recursive: true, mode: 0o700 });
        await copy(path.join(dir, file), to, plainPieces, (piece, at) => framed(sealerOf(hex, file, at).seal(piece)));
      }
      await remove(hex);
      await rename(draft, folderOf(hex));
      forceFolder(folder);
    },
    async take(hex, dir) {
      for (const file of await filesIn(folderOf(hex))) {
        const to = path.join(dir, file);
        await mkdir(path.dirname(to), { recursive: true, mode: 0o700 });
        await copy(path.join(folderOf(hex), file), to, sealedPieces, (piece, at) => {
          // A plain file would be taken as it is: nobody who can write here may give us a model.
          if (sealedWith(piece) === undefined) throw new SealError(`${file} is not sealed`);
          return sealerOf(hex, file, at).open(piece);
        });
      }
    },
    async isCurrent(hex) {
      for (const file of await filesIn(folderOf(hex))) {
        const handle = await open(path.join(folderOf(hex), file), 'r');
        try {
          for await (const head of sealedPieces(handle, SEAL_HEAD_BYTES)) if (!sealer.isCurrent(head)) return false;
        } finally {
          await handle.close();
        }
      }
      return true;
    },
    list: async () => (await readdir(folder).catch(() => [])).filter((name) => HEX.test(name)),
    remove,
    tidy: () => rm(path.join(folder, DRAFTS), { recursive: true, force: true }),
  };
}

type Pieces = (handle: FileHandle) => AsyncGenerator<Buffer>;

async function copy(from: string, to: string, pieces: Pieces, change: (piece: Buffer, at: number) => Uint8Array) {
  const source = await open(from, 'r');
  try {
    const target = await open(to, 'wx', 0o600);
    try {
      let at = 0;
      for await (const piece of pieces(source)) await target.appendFile(change(piece, at++));
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function* plainPieces(handle: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const piece = await readAt(handle, position, PIECE);
    // An empty file is a piece too: what is no piece has nothing that says whose it is.
    if (piece.length > 0 || position === 0) yield piece;
    if (piece.length < PIECE) return;
    position += piece.length;
  }
}

/** @param most bytes of each piece that are read: its beginning says who sealed it @throws SealError for a row that is cut off */
async function* sealedPieces(handle: FileHandle, most = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
  const { size } = await handle.stat();
  for (let position = 0; ; ) {
    const head = await readAt(handle, position, 4);
    if (head.length === 0) return;
    const length = head.length === 4 ? head.readUInt32BE() : 0;
    if (length === 0 || length > PIECE + OVERHEAD) throw new SealError('it is damaged');
    if (position + 4 + length > size) throw new SealError('it is cut off');
    yield await readAt(handle, position + 4, Math.min(length, most));
    position += 4 + length;
  }
}

function framed(piece: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(piece.length);
  return Buffer.concat([head, piece]);
}

/** Up to `length` bytes; fewer only at the end of the file. */
async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function filesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.filter((e) => e.isFile()).map((e) => path.relative(dir, path.join(e.parentPath, e.name)));
}
