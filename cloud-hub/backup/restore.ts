/**
 * Puts a backup (archive.ts) into an empty data folder, and leaves word in it: what a hub has to know of it is
 * store/restores.ts.
 *
 * Crash behaviour: all is unpacked and proved in `restoring/` first, word is left there too, and `hub.db` goes to its place last. A restore that broke off
 * leaves a folder that is not empty and has no `hub.db`; the next one says so.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { forceFolder } from '../../shared/kit/durable-file.ts';
import { makeDataFolder } from '../store/folder.ts';
import { LOCK_FILE, takeLock } from '../store/lock.ts';
import { SCHEMA_VERSION } from '../store/migrations.ts';
import { freeBytes } from '../store/space.ts';
import { DATABASE_FILE } from '../store/sqlite/open.ts';
import { openStore } from '../store/store.ts';
import { type About, DATA_FOLDER } from './archive.ts';
import { aboutBackup, unpack } from './unpack.ts';

export interface RestoreOptions {
  readonly file: string;
  /** Missing or empty. */
  readonly dataDir: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Restoration {
  readonly about: About;
  readonly files: number;
  readonly devices: number;
  /** Rollouts that ran: they wait for a person now. */
  readonly paused: readonly string[];
  /** The hub has signed metadata, whose versions devices may have seen in a later state. */
  readonly isSigning: boolean;
}

const STAGE = 'restoring';
const ACTOR = 'hub';

/** @throws Error that says what to do: a folder with something in it, a backup that is damaged or of a newer hub */
export async function restoreBackup({ file, dataDir, now }: RestoreOptions): Promise<Restoration> {
  const about = aboutBackup(file);
  if (about.schema > SCHEMA_VERSION) {
    const wrote = `${file} was written by Vedette ${about.version} (schema ${about.schema}, and this program knows up to ${SCHEMA_VERSION})`;
    throw new Error(`${wrote}: install that version, and restore with it`);
  }
  const existed = existsSync(dataDir);
  if (existed && readdirSync(dataDir).length > 0)
    throw new Error(
      `${dataDir} is not empty: restore into a new folder with --data-dir, or move what is there aside (also what a restore that broke off has left)`,
    );
  makeDataFolder(dataDir);
  const stage = path.join(dataDir, STAGE);
  let files: number;
  let word: Awaited<ReturnType<typeof leaveWord>>;
  try {
    requireRoom(file, dataDir);
    // Nobody starts a hub in it meanwhile.
    const lock = takeLock(dataDir);
    try {
      mkdirSync(stage, { mode: 0o700 });
      files = Object.keys(await unpack(file, stage)).length;
      const data = path.join(stage, DATA_FOLDER);
      // Before it is in its place: a hub that starts there must not take itself for the old one.
      word = await leaveWord(data, about, now);
      const names = readdirSync(data).filter((name) => name !== DATABASE_FILE && !name.startsWith(LOCK_FILE));
      for (const name of [...names, DATABASE_FILE]) renameSync(path.join(data, name), path.join(dataDir, name));
      rmSync(stage, { recursive: true });
      forceFolder(dataDir);
    } finally {
      lock.close();
    }
  } catch (error) {
    for (const name of readdirSync(dataDir)) rmSync(path.join(dataDir, name), { recursive: true, force: true });
    if (!existed) rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
  return { about, files, ...word };
}

/** @throws Error when the disk has no room for it: a backup is not compressed */
function requireRoom(file: string, dataDir: string): void {
  const needed = statSync(file).size;
  const free = freeBytes(dataDir);
  if (free >= needed) return;
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
  throw new Error(
    `${file} needs ${megabytes(needed)}, and the disk of ${dataDir} has ${megabytes(free)} free: choose another with --data-dir`,
  );
}

/** Says in the database that it was put back, and stops what people may have decided otherwise since the backup. */
async function leaveWord(dataDir: string, { takenAt, version }: About, now: number) {
  const store = await openStore(dataDir, now);
  try {
    const act = { at: now, actor: ACTOR };
    const reason = `the hub was restored from a backup of ${takenAt}: look whether it shall go on`;
    const running = (await store.rollouts.open()).filter(({ status }) => status === 'running');
    await store.transact(async (tx) => {
      await tx.audit.add(act, tx.restores.action, 'hub', { takenAt, version });
      for (const rollout of running) {
        await tx.rollouts.change(rollout.row, { ...rollout, status: 'paused', reason }, now);
        await tx.rollouts.addHistory(rollout.row, act, 'paused', reason);
      }
    });
    const { known } = await store.devices.counts();
    const isSigning = existsSync(path.join(dataDir, 'trust', 'metadata'));
    return { devices: known, paused: running.map(({ id }) => id), isSigning };
  } finally {
    await store.close();
  }
}
