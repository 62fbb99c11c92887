/**
 * The store of an encrypted data folder. Packages lie sealed in `models/sealed` (`sealed-packages.ts`); what processes open, FFmpeg
 * and ONNX Runtime among them, are plain copies on a file system in memory, which no disk has and which are gone with the power.
 *
 * Invariants:
 * 1. Nothing plain of a package is below the data folder: downloads and drafts are in memory too. What was plain there is sealed by
 *    the first start with a key, and what another key sealed is sealed anew, before anything is opened.
 * 2. A package that no key opens, or that is damaged, counts as missing: it is removed, said, and fetched again.
 *
 * Crash behaviour: copies in memory are used again after a crash of the agent, as far as their digests agree; the next start does the
 * rest of a sealing. Power that fails costs a download in progress.
 */
import { mkdir, readdir, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../../shared/kit/errors.ts';
import { SealError, type Sealer } from '../../shared/kit/seal.ts';
import { openMemoryFolder } from './memory-folder.ts';
import { Hindrance } from './outcome.ts';
import { openSealedPackages } from './sealed-packages.ts';
import { digestFrom, hexOf, openStore, type PlainStore, type Store, UNPACKED } from './store.ts';

export interface KeptStoreOptions {
  /** `models` in the data folder. */
  readonly folder: string;
  readonly dataDir: string;
  /** A file system in memory; needed with a key to seal with. */
  readonly memoryDir?: string | undefined;
  /** Of the disk that models leave free, for results. */
  readonly reserveBytes: number;
  readonly sealer: Sealer;
  /** A package is lost, or could not be sealed, or there is no memory: why. */
  onProblem(found: { readonly code: 'key-lost' | 'model-invalid' | 'config-invalid'; readonly message: string }): void;
}

function openSealedStore(memory: string, { folder, reserveBytes, sealer, onProblem }: KeptStoreOptions): Store {
  const plain = openStore(memory, 0);
  const sealed = openSealedPackages(path.join(folder, 'sealed'), sealer);

  const lose = async (hex: string, error: unknown) => {
    if (!(error instanceof SealError)) throw error;
    await sealed.remove(hex);
    onProblem(lost(hex, error));
  };

  /** Invariant 1. A package that fails does not keep the others from being used. */
  const prepare = async () => {
    // Of a box that is encrypted from the start nothing lies there yet, and its disk is asked for room.
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await sealed.tidy();
    const before = path.join(folder, 'packages');
    for (const hex of await readdir(before).catch(() => [])) {
      if (!(await sealed.has(hex))) await sealed.put(hex, path.join(before, hex));
      await rm(path.join(before, hex), { recursive: true, force: true });
    }
    for (const place of ['parts', 'drafts']) await rm(path.join(folder, place), { recursive: true, force: true });
    for (const hex of await sealed.list()) {
      try {
        if (await sealed.isCurrent(hex)) continue;
        const dir = await load(hex);
        if (dir !== undefined) await sealed.put(hex, dir);
      } catch (error) {
        await lose(hex, error);
      }
    }
  };
  /** A whole copy in memory; undefined: there is none, and none can be made. */
  const load = async (hex: string): Promise<string | undefined> => {
    const there = await plain.open(digestFrom(hex));
    if (there !== undefined) return there;
    if (!(await sealed.has(hex))) return undefined;
    try {
      await plain.fill(digestFrom(hex), (dir) => sealed.take(hex, dir));
    } catch (error) {
      await lose(hex, error);
      return undefined;
    }
    const made = await plain.open(digestFrom(hex));
    if (made === undefined) await lose(hex, new SealError('it is not whole'));
    return made;
  };
  const ready = prepare().catch((error: unknown) =>
    onProblem({
      code: 'model-invalid',
      message: `not all model packages could be encrypted: ${messageOf(error)}; the next start tries again`,
    }),
  );

  return after(ready, {
    has: async (digest) => (await plain.has(digest)) || sealed.has(hexOf(digest)),
    async open(digest) {
      const dir = await load(hexOf(digest));
      // A crash may have come between the copy and its seal.
      if (dir !== undefined && !(await sealed.has(hexOf(digest)))) await sealed.put(hexOf(digest), dir);
      return dir;
    },
    partOf: plain.partOf,
    async requireRoom(digest, bytes) {
      await plain.requireRoom(digest, bytes);
      const { bavail, bsize } = await statfs(folder);
      if (bavail * bsize >= bytes * UNPACKED + reserveBytes) return;
      throw new Hindrance('the disk has too little room for the model, encrypted, beside `updates.reserveMb`');
    },
    async install(digest) {
      await plain.install(digest);
      const dir = await plain.open(digest);
      if (dir !== undefined) await sealed.put(hexOf(digest), dir);
    },
    async collect(needed) {
      const gone = await plain.collect(needed);
      for (const hex of await sealed.list()) if (!needed().packages.has(digestFrom(hex))) await sealed.remove(hex);
      return gone;
    },
  });
}

/** Opens the store as the keys say: sealed, plain, or plain again. Without a folder in memory there is none, and the reason is told. */
export function openKeptStore(options: KeptStoreOptions): Store {
  const { folder, dataDir, memoryDir = '', reserveBytes, sealer, onProblem } = options;
  if (sealer.keyId === undefined) {
    const plain = openStore(folder, reserveBytes);
    return sealer.hasKeys ? after(unseal(plain, options), plain) : plain;
  }
  try {
    return openSealedStore(openMemoryFolder(memoryDir, dataDir), options);
  } catch (error) {
    onProblem({ code: 'config-invalid', message: messageOf(error) });
    return noStore(messageOf(error));
  }
}

/** Back to plain text: what earlier keys sealed becomes packages of a plain store. */
async function unseal(plain: PlainStore, { folder, sealer, onProblem }: KeptStoreOptions): Promise<void> {
  const sealed = openSealedPackages(path.join(folder, 'sealed'), sealer);
  await sealed.tidy();
  for (const hex of await sealed.list()) {
    try {
      await plain.fill(digestFrom(hex), (dir) => sealed.take(hex, dir));
      await sealed.remove(hex);
    } catch (error) {
      if (error instanceof SealError) {
        await sealed.remove(hex);
        onProblem(lost(hex, error));
      } else {
        const message = `the model package sha256:${hex} could not be decrypted: ${messageOf(error)}`;
        onProblem({ code: 'model-invalid', message });
      }
    }
  }
}

function after(ready: Promise<void>, store: Store): Store {
  return {
    has: (digest) => ready.then(() => store.has(digest)),
    open: (digest) => ready.then(() => store.open(digest)),
    partOf: store.partOf,
    requireRoom: (digest, bytes) => ready.then(() => store.requireRoom(digest, bytes)),
    install: (digest) => ready.then(() => store.install(digest)),
    collect: (needed) => ready.then(() => store.collect(needed)),
  };
}

/** Nothing can be stored, and nothing is there. */
function noStore(why: string): Store {
  const hindered = () => Promise.reject(new Hindrance(why));
  return {
    has: () => Promise.resolve(false),
    open: () => Promise.resolve(undefined),
    partOf: () => {
      throw new Hindrance(why);
    },
    requireRoom: hindered,
    install: hindered,
    collect: () => Promise.resolve(0),
  };
}

function lost(hex: string, { message }: SealError) {
  const code = 'key-lost' as const;
  return { code, message: `the model package sha256:${hex} cannot be opened: ${message}; it is fetched again` };
}
