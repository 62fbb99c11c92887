/**
 * Opens the outbox's file; a damaged one is moved aside, what can be read of it goes into a new file (a new epoch, new
 * numbers, the old order), and the damage becomes an `error` and a `loss` record.
 *
 * Crash behaviour: killed while salvaging, the new file holds a part and the damaged one stays where it was moved.
 */
import { statSync } from 'node:fs';
import { messageOf } from '../../shared/kit/errors.ts';
import { isCorruption, isFull, type SqliteDatabase } from '../../shared/kit/sqlite.ts';
import { moveAside, moveOrphans } from './aside.ts';
import { noteEpoch, readEpochNote } from './epoch-note.ts';
import { DamagedFileError, type Entry, type MetaState } from './format.ts';
import type { LossWriter } from './losses.ts';
import { OutboxFile } from './outbox-file.ts';
import { openSalvage, type Salvage } from './salvage.ts';

export interface Recovery {
  /** Path of the damaged file; nothing deletes it. */
  readonly movedTo: string;
  /** Its size in bytes. */
  readonly bytes: number;
  /** Records that were read out of it. */
  readonly salvaged: number;
  /** Records that it held and that could not be read; undefined when that is unknown. */
  readonly lost: number | undefined;
  readonly reason: string;
}

export interface OpenContext {
  readonly path: string;
  readonly open: (path: string) => SqliteDatabase;
  readonly losses: LossWriter;
}

/** A file that was begun after damage, and what is still to be appended to it about that. */
export interface Recovered {
  readonly file: OutboxFile;
  readonly recovery: Recovery;
  readonly entries: readonly Entry[];
}

const STEP_RECORDS = 1000;
const STEP_BYTES = 1024 * 1024;

/** Is this failure a damaged file, to SQLite or to us? */
export function isDamage(thrown: unknown): boolean {
  return isCorruption(thrown) || thrown instanceof DamagedFileError;
}

/**
 * Opens the file, or recovers from its damage.
 * @throws what is not damage: no rights, no room, a newer version's file
 */
export function openOrRecover(
  context: OpenContext,
): Recovered | { readonly file: OutboxFile; readonly recovery?: never } {
  moveOrphans(context.path);
  try {
    return { file: openFile(context) };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return recover(context, messageOf(error));
  }
}

/** Moves the (closed) file aside and begins a new one. */
export function recover(context: OpenContext, reason: string): Recovered {
  const notedEpoch = readEpochNote(context.path);
  const movedTo = moveAside(context.path);
  const bytes = statSync(movedTo).size;
  const file = openFile(context);
  const salvage = openSalvage(movedTo, notedEpoch);
  try {
    const salvaged = salvage ? refill(file, salvage) : 0;
    const held = salvage?.meta?.held.reduce((sum, tally) => sum + tally.records, 0);
    const lost = held === undefined ? undefined : Math.max(0, held - salvaged);
    const recovery = { movedTo, bytes, salvaged, lost, reason };
    return { file, recovery, entries: entriesAbout(recovery, context.losses, salvage?.meta) };
  } catch (error) {
    file.close();
    throw error;
  } finally {
    salvage?.close();
  }
}

/** @throws SQLite's or our own complaint about the file, after closing it */
export function openFile(context: OpenContext): OutboxFile {
  const database = context.open(context.path);
  try {
    const file = new OutboxFile(database, context.path);
    noteEpoch(context.path, file.meta.epoch);
    return file;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Copies until the end, or until there is no room: the rest stays in the damaged file. */
function refill(file: OutboxFile, salvage: Salvage): number {
  let salvaged = 0;
  let step: Entry[] = [];
  let bytes = 0;
  const write = () => {
    if (step.length > 0) file.change((transaction) => transaction.insert(step));
    salvaged += step.length;
    step = [];
    bytes = 0;
  };
  try {
    for (const entry of salvage.entries) {
      step.push(entry);
      bytes += entry.bytes;
      if (step.length >= STEP_RECORDS || bytes >= STEP_BYTES) write();
    }
    write();
  } catch (error) {
    if (!isFull(error)) throw error;
  }
  return salvaged;
}

function entriesAbout(recovery: Recovery, losses: LossWriter, meta: MetaState | undefined): Entry[] {
  const { movedTo, salvaged, lost, reason } = recovery;
  const message = `the outbox was damaged (${reason}); it was moved to ${movedTo}, ${salvaged} records were saved from it`;
  const entries = [losses.error('outbox-corrupt', message)];
  if (meta && lost) {
    entries.push(losses.entry({ epoch: meta.epoch, from: 1, to: meta.nextSeq - 1, lost, reason: 'outbox-corrupt' }));
  }
  return entries;
}
