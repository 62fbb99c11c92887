/**
 * A download in progress: `HEX.part`, the first bytes of the archive whose digest is in its name.
 *
 * Invariants:
 * 1. Bytes are only appended; how many are there is how far it got. Nothing else is remembered, so nothing can contradict it.
 * 2. What a crash left is not believed: `hash` begins with the digest of what really lies there.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

export interface PartFile {
  /** Bytes that are there. */
  readonly size: number;
  append(chunk: Uint8Array): Promise<void>;
  /** Begins anew. */
  truncate(): Promise<void>;
  /** Digest of all that is there, as it was read and written: `sha256:HEX`. */
  digest(): string;
  /** Forces it to disk and closes it. */
  close(): Promise<void>;
}

export async function openPartFile(file: string): Promise<PartFile> {
  const handle: FileHandle = await open(file, 'a', 0o600);
  let hash: Hash = createHash('sha256');
  let size = 0;
  try {
    for await (const chunk of createReadStream(file)) {
      hash.update(chunk as Buffer);
      size += (chunk as Buffer).length;
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    get size() {
      return size;
    },
    async append(chunk) {
      await handle.appendFile(chunk);
      hash.update(chunk);
      size += chunk.length;
    },
    async truncate() {
      await handle.truncate(0);
      hash = createHash('sha256');
      size = 0;
    },
    digest: () => `sha256:${hash.copy().digest('hex')}`,
    async close() {
      await handle.sync();
      await handle.close();
    },
  };
}
