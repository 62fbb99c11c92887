/**
 * Samples that wait for the hub: a file each in `samples/` of the data folder, named NUMBER-ID, with the payload of `up/sample`.
 *
 * Invariants:
 * 1. All files together have at most `mostBytes`, which is a part of the outbox's quota. The oldest make room.
 * 2. A file appears in one step, by a rename. It is not forced to disk: a power cut may cost a sample, never a record.
 * 3. With a key each file is sealed (shared/kit/seal.ts). A start seals what is there anew where it has another key or none, as far as the
 *    disk lets it.
 * 4. What a crash left is taken up again by the next start, oldest first; drafts are removed.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { forceFolder } from '../../shared/kit/durable-file.ts';
import { noSealer, SealError, type Sealer } from '../../shared/kit/seal.ts';

export interface Waiting {
  readonly id: string;
  readonly stream: string;
  readonly bytes: number;
  /** `Clock.mono` when it came, or when this start found it. */
  readonly since: number;
}

export interface SampleQueue {
  /** @returns those that had to make room for it; only itself when it is larger than `mostBytes` @throws the file system's error; then nothing has changed */
  add(sample: { readonly id: string; readonly stream: string; readonly payload: Uint8Array }, now: number): Waiting[];
  /** Those that no key opened when it was opened. */
  readonly unopened: readonly Waiting[];
  /** Oldest first. */
  list(): readonly Waiting[];
  get(id: string): Waiting | undefined;
  /** Undefined: its file is gone, or cannot be read. */
  payload(id: string): Buffer | undefined;
  remove(id: string): void;
  /** Forces what was removed to the disk. @throws the file system's error */
  force(): void;
}

interface Entry extends Waiting {
  readonly file: string;
}

const NAME = /^(\d{12})-([0-9a-f]{32})-([a-z0-9_-]{1,64})$/;

/**
 * @param mostBytes on the disk
 * @param now `Clock.mono`
 * @param sealer what it cannot open is removed, and listed as `unopened`
 * @throws the file system's error
 */
export function openQueue(folder: string, mostBytes: number, now: number, sealer: Sealer = noSealer): SampleQueue {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const entries = new Map<string, Entry>();
  const unopened: Waiting[] = [];
  let last = 0;
  let total = 0;
  for (const file of readdirSync(folder).toSorted()) {
    const [, number, id, stream] = NAME.exec(file) ?? [];
    if (id === undefined || stream === undefined) {
      rmSync(path.join(folder, file), { force: true, recursive: true });
      continue;
    }
    const bytes = reseal(folder, file, sealer);
    if (bytes === undefined) {
      unopened.push({ id, stream, bytes: 0, since: now });
      rmSync(path.join(folder, file), { force: true });
      continue;
    }
    entries.set(id, { id, stream, bytes, since: now, file });
    total += bytes;
    last = Number(number);
  }

  const remove = (id: string) => {
    const entry = entries.get(id);
    if (!entry) return;
    entries.delete(id);
    total -= entry.bytes;
    rmSync(path.join(folder, entry.file), { force: true });
  };

  const makeRoom = (bytes: number): Entry[] => {
    const gone: Entry[] = [];
    for (const entry of [...entries.values()]) {
      if (total + bytes <= mostBytes) break;
      gone.push(entry);
      remove(entry.id);
    }
    return gone;
  };
  makeRoom(0);

  return {
    unopened,
    add({ id, stream, payload: plain }, at) {
      const payload = sealer.seal(plain);
      if (payload.length > mostBytes) return [{ id, stream, bytes: payload.length, since: at }];
      const file = `${String(++last).padStart(12, '0')}-${id}-${stream}`;
      const draft = path.join(folder, 'draft');
      writeFileSync(draft, payload, { mode: 0o600 });
      const gone = makeRoom(payload.length);
      renameSync(draft, path.join(folder, file));
      entries.set(id, { id, stream, bytes: payload.length, since: at, file });
      total += payload.length;
      return gone;
    },
    list: () => [...entries.values()],
    get: (id) => entries.get(id),
    payload(id) {
      const entry = entries.get(id);
      try {
        return entry && sealer.open(readFileSync(path.join(folder, entry.file)));
      } catch {
        return undefined;
      }
    },
    remove,
    force: () => forceFolder(folder),
  };
}

/**
 * What cannot be read or written now (a full disk, another owner) stays as it is, and an older key still opens it.
 * @returns its size on the disk; undefined where no key opens it
 */
function reseal(folder: string, name: string, sealer: Sealer): number | undefined {
  const file = path.join(folder, name);
  let bytes = 0;
  try {
    const found = readFileSync(file);
    bytes = found.length;
    if (sealer.isCurrent(found)) return bytes;
    const next = sealer.seal(sealer.open(found));
    const draft = path.join(folder, 'draft');
    writeFileSync(draft, next, { mode: 0o600 });
    renameSync(draft, file);
    return next.length;
  } catch (error) {
    return error instanceof SealError ? undefined : bytes;
  }
}
