/**
 * Package archives by digest, in the folder `models` of the data folder: `sha256/HEX.tar.gz`, and `incoming/` for what is
 * still on its way.
 *
 * Invariants:
 * 1. A file under `sha256/` has the digest that its name says: it was hashed while it was written, forced to disk, and only
 *    then renamed to its name. It never changes.
 * 2. A row of `models` is written after its file is there, and removed before the file is.
 * 3. Nothing but whole files lies under `sha256/`; `incoming/` holds nothing that anybody needs.
 *
 * Crash behaviour: a file without a row, or a rest in `incoming/`, costs disk until the next start, which collects both.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  type WriteStream,
} from 'node:fs';
import path from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { forceFolder } from '../../shared/kit/durable-file.ts';

/** Largest archive, in bytes. */
export const MAX_ARCHIVE_BYTES = 2 * 1024 ** 3;

/** Free disk that an upload leaves for everything else, in bytes. */
const HEADROOM_BYTES = 256 * 1024 ** 2;

export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly why: 'too large' | 'disk full' | 'other digest';
  constructor(why: UploadError['why'], message: string) {
    super(message);
    this.why = why;
  }
}

/** An archive that has arrived whole; it is either kept or dropped. */
export interface Incoming {
  readonly file: string;
  readonly digest: string;
  readonly bytes: number;
  /** Gives it its name; one that is there already is the same. Called again (a transaction may run twice) it does nothing. */
  keep(): void;
  drop(): void;
}

export class Blobs {
  readonly #kept: string;
  readonly #incoming: string;
  readonly #maxBytes: number;
  readonly #headroomBytes: number;

  /** @param folder made when missing */
  constructor(folder: string, maxBytes = MAX_ARCHIVE_BYTES, headroomBytes = HEADROOM_BYTES) {
    this.#kept = path.join(folder, 'sha256');
    this.#incoming = path.join(folder, 'incoming');
    this.#maxBytes = maxBytes;
    this.#headroomBytes = headroomBytes;
    for (const made of [this.#kept, this.#incoming]) mkdirSync(made, { recursive: true, mode: 0o700 });
  }

  /** Removes what no row names. @param digests of all rows */
  collect(digests: ReadonlySet<string>): number {
    rmSync(this.#incoming, { recursive: true, force: true });
    mkdirSync(this.#incoming, { mode: 0o700 });
    const orphans = readdirSync(this.#kept).filter((file) => !digests.has(`sha256:${file.replace(/\.tar\.gz$/, '')}`));
    for (const file of orphans) rmSync(path.join(this.#kept, file));
    return orphans.length;
  }

  /** @param digest `sha256:HEX`, checked by its schema */
  pathOf(digest: string): string {
    return path.join(this.#kept, `${digest.slice('sha256:'.length)}.tar.gz`);
  }

  has(digest: string): boolean {
    return existsSync(this.pathOf(digest));
  }

  remove(digest: string): void {
    rmSync(this.pathOf(digest), { force: true });
  }

  /** A folder of its own below `incoming/`, for looking into an archive. */
  scratch(): string {
    const folder = path.join(this.#incoming, randomUUID());
    mkdirSync(folder, { mode: 0o700 });
    return folder;
  }

  /**
   * Streams an archive to disk.
   * @param expected its digest, when the sender says one
   * @throws UploadError; the sender's failure to send. Nothing is left then.
   */
  async receive(body: Readable, expected: string | undefined): Promise<Incoming> {
    const file = path.join(this.#incoming, `${randomUUID()}.tar.gz`);
    const drop = () => rmSync(file, { force: true });
    const hash = createHash('sha256');
    let bytes = 0;
    const meter = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        bytes += chunk.length;
        hash.update(chunk);
        done(bytes > this.#maxBytes ? new UploadError('too large', `more than ${this.#maxBytes} bytes`) : null, chunk);
      },
    });
    let written: WriteStream | undefined;
    try {
      this.#requireRoom();
      written = createWriteStream(file, { mode: 0o600, flush: true });
      await pipeline(body, meter, written);
      const digest = `sha256:${hash.digest('hex')}`;
      if (expected !== undefined && digest !== expected) {
        throw new UploadError('other digest', `${bytes} bytes of digest ${digest} came, ${expected} was announced`);
      }
      let isKept = false;
      const keep = () => {
        if (isKept) return;
        renameSync(file, this.pathOf(digest));
        forceFolder(this.#kept);
        isKept = true;
      };
      return { file, digest, bytes, keep, drop };
    } catch (error) {
      // A file that is still being opened would be made after it was dropped.
      const left = written;
      if (left && !left.closed) await new Promise<void>((done) => left.once('close', () => done()));
      drop();
      const isFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
      throw isFull ? new UploadError('disk full', 'the disk of the hub is full') : error;
    }
  }

  #requireRoom(): void {
    const { bavail, bsize } = statfsSync(this.#incoming);
    if (bavail * bsize < this.#headroomBytes) {
      throw new UploadError('disk full', `the disk of the hub has only ${Math.round((bavail * bsize) / 1e6)} MB left`);
    }
  }
}
