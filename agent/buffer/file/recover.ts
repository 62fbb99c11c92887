/**
 * Opens the outbox's file. A damaged file is moved aside, and what can be read of it is copied into a new one (a new epoch, new
 * numbers, the old order); an `error` and a `loss` record report the damage.
 *
 * Crash behaviour: the new file is filled as `FILE.draft`, with the records about the damage, and then renamed in one step. The
 * draft exists before the damaged file moves. So where there is a draft and no file, a salvage was interrupted: it is done again
 * from the file that was moved last.
 */
import { closeSync, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { messageOf } from '../../../shared/kit/errors.ts';
import type { Sealer } from '../../../shared/kit/seal.ts';
import { isCorruption, isFull, type SqliteDatabase } from '../../../shared/kit/sqlite.ts';
import { lastAside, moveAside, moveOrphans, removeAside } from './aside.ts';
import { noteEpoch, readEpochNote } from './epoch-note.ts';
import { DamagedFileError, type Entry, LostKeyError, type MetaState } from './format.ts';
import { OutboxFile } from './outbox-file.ts';
import { openSalvage, type Salvage } from './salvage.ts';

export interface Recovery {
  /** Path of the damaged file; the newest is kept, as long as there is space. */
  readonly movedTo: string;
  /** Its size in bytes. */
  readonly bytes: number;
  /** Records that were read out of it. */
  readonly salvaged: number;
  /** Records that it held and that could not be read; undefined when that is unknown. */
  readonly lost: number | undefined;
  readonly reason: string;
  /** Nothing is wrong with it, but its key is not given. */
  readonly isKeyLost: boolean;
}

export interface OpenContext {
  readonly path: string;
  readonly open: (path: string) => SqliteDatabase;
  /** How texts are kept; default: plain. */
  readonly sealer?: Sealer | undefined;
  /** Makes the records that report the damage; `meta` is the state of the damaged file, if it could be read. */
  readonly report: (recovery: Recovery, meta: MetaState | undefined) => Entry[];
}

/** The new file after damage, and the records about the damage for which it had no room. */
export interface Recovered {
  readonly file: OutboxFile;
  readonly recovery: Recovery;
  readonly entries: readonly Entry[];
}

const STEP_RECORDS = 1000;
const STEP_BYTES = 256 * 1024;

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
  const draft = draftOf(context.path);
  if (existsSync(draft)) {
    const interrupted = existsSync(context.path) ? undefined : lastAside(context.path);
    if (interrupted !== undefined) return salvageInto(context, interrupted, 'saving what it held was interrupted');
    removeDraft(draft);
  }
  try {
    return { file: openWithRoom(context) };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return recover(context, messageOf(error), error instanceof LostKeyError);
  }
}

/** Moves the (closed) file aside and begins a new one. */
export function recover(context: OpenContext, reason: string, isKeyLost = false): Recovered {
  beginDraft(draftOf(context.path));
  return salvageInto(context, moveAside(context.path), reason, isKeyLost);
}

function salvageInto(context: OpenContext, movedTo: string, reason: string, isKeyLost = false): Recovered {
  const draft = draftOf(context.path);
  beginDraft(draft);
  const file = openDraft(context, draft);
  const salvage = openSalvage(movedTo, readEpochNote(context.path), context.sealer);
  let recovery: Recovery;
  let entries: readonly Entry[];
  try {
    const salvaged = salvage ? refill(file, salvage) : 0;
    const held = salvage?.meta?.held.reduce((sum, tally) => sum + tally.records, 0);
    const lost = held === undefined ? undefined : Math.max(0, held - salvaged);
    recovery = { movedTo, bytes: statSync(movedTo).size, salvaged, lost, reason, isKeyLost };
    entries = reportIn(file, context.report(recovery, salvage?.meta));
  } finally {
    file.close();
    salvage?.close();
  }
  renameSync(draft, context.path);
  return { file: openWithRoom(context), recovery, entries };
}

/** Without a WAL: it would need the room twice, and a rename would not move it. A torn draft is simply made again. */
function openDraft(context: OpenContext, draft: string): OutboxFile {
  const database = context.open(draft);
  database.pragma('journal_mode = MEMORY');
  return new OutboxFile(database, draft, context.sealer);
}

/** If there is no room to open the file, removes the salvaged one and tries again. */
function openWithRoom(context: OpenContext): OutboxFile {
  try {
    return openFile(context);
  } catch (error) {
    if (isFull(error) && removeAside(context.path)) return openFile(context);
    throw error;
  }
}

function draftOf(file: string): string {
  return `${file}.draft`;
}

/** An empty draft, in place of what lies there: at no moment is there none. */
function beginDraft(draft: string): void {
  removeDraft(draft, ['-wal', '-shm']);
  closeSync(openSync(draft, 'w', 0o600));
}

function removeDraft(draft: string, parts = ['', '-wal', '-shm']): void {
  for (const part of parts) rmSync(draft + part, { force: true });
}

/** Writes the records about the damage; returns those for which there is no room. */
function reportIn(file: OutboxFile, entries: readonly Entry[]): readonly Entry[] {
  try {
    file.change((transaction) => transaction.insert(entries));
    return [];
  } catch (error) {
    if (!isFull(error)) throw error;
    return entries;
  }
}

/** @throws SQLite's or our own error about the file, after closing it */
export function openFile(context: OpenContext): OutboxFile {
  const database = context.open(context.path);
  try {
    const file = new OutboxFile(database, context.path, context.sealer);
    noteEpoch(context.path, file.meta.epoch);
    return file;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Copies until the end, or until the disk is full: then the rest stays in the damaged file. */
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
