/**
 * Answers to changes, kept for whoever sends the same request again (`Idempotency-Key`): `answers.db`, a SQLite file of its own.
 *
 * Format: one table, a row per caller and key. `id` is a digest of both, `request` one of what was asked, `answer` is sealed with a
 * key that only the sender's key gives (null: the work has begun), `run` names the run of the hub.
 *
 * Invariants:
 * 1. A row is on disk before the work begins, so that no repeat does the work twice.
 * 2. Whoever reads the file learns no answer (some hold tokens that are shown once), and no key.
 * 3. There are at most MOST rows, PER_CALLER of a caller, and BYTES of answers; the oldest that is not at work goes first.
 * 4. A row is kept for KEPT_MS. No backup holds them: who repeats a request to a restored hub asks anew.
 *
 * Crash behaviour: a row without an answer that another run began stays so: nobody knows whether the work was done. A damaged
 * file is made anew.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import { digestOf } from '../../shared/kit/digest.ts';
import { isCorruption, openSqlite, type SqliteDatabase } from '../../shared/kit/sqlite.ts';
import { type Answer, open, seal } from './sealed-answer.ts';

/** In the data folder. */
export const ANSWERS_FILE = 'answers.db';
export const KEPT_MS = 24 * 3600_000;
const MOST = 20_000;
const PER_CALLER = 1_000;
const BYTES = 64 * 1024 * 1024;
/** Of one answer. A larger one is not kept, only that there was one. */
export const ANSWER_BYTES = 64 * 1024;

/** Who sends, and by which key. */
export interface Sender {
  /** Something that no other caller has. */
  readonly caller: string;
  readonly key: string;
}

/**
 * What is known of a request. `working`: it is at work now. `unknown`: the hub ended while it was at work. `large`: it is done, and
 * its answer was too large to keep. `request`: the digest of what was asked.
 */
export type Known =
  | { readonly state: 'new' }
  | { readonly state: 'working' }
  | { readonly state: 'unknown' }
  | { readonly state: 'large'; readonly request: string }
  | { readonly state: 'done'; readonly request: string; readonly answer: Answer };

export type Answers = ReturnType<typeof openAnswers>;

interface Row {
  readonly request: string;
  readonly answer: Buffer | null;
  readonly run: string;
}

/** @throws the SQLite error when the file cannot be opened */
export function openAnswers(folder: string) {
  const database = openFile(path.join(folder, ANSWERS_FILE));
  const run = randomUUID();
  database.exec(
    `CREATE TABLE IF NOT EXISTS answers (row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, caller TEXT NOT NULL,
       request TEXT NOT NULL, answer BLOB, run TEXT NOT NULL, begun_at INTEGER NOT NULL);
     CREATE INDEX IF NOT EXISTS answers_caller ON answers (caller, row);
     CREATE INDEX IF NOT EXISTS answers_begun ON answers (begun_at);`,
  );
  const find = database.prepare('SELECT request, answer, run FROM answers WHERE id = ?');
  const insert = database.prepare('INSERT INTO answers (id, caller, request, run, begun_at) VALUES (?, ?, ?, ?, ?)');
  const finish = database.prepare('UPDATE answers SET request = ?, answer = ? WHERE id = ?');
  const remove = database.prepare('DELETE FROM answers WHERE id = ?');
  // A clock that was set back must not keep a row for longer.
  const sweep = database.prepare('DELETE FROM answers WHERE begun_at <= ? OR begun_at > ?');
  const total = database.prepare('SELECT count(*) AS rows, coalesce(sum(length(answer)), 0) AS bytes FROM answers');
  const rowsOf = database.prepare('SELECT count(*) FROM answers WHERE caller = ?').pluck();
  const isIdle = '(answer IS NOT NULL OR run <> ?)';
  const dropOf = database.prepare(
    `DELETE FROM answers WHERE row = (SELECT min(row) FROM answers WHERE caller = ? AND ${isIdle})`,
  );
  const drop = database.prepare(
    `DELETE FROM answers WHERE row IN (SELECT row FROM answers WHERE ${isIdle} ORDER BY row LIMIT ?)`,
  );
  const idOf = ({ caller, key }: Sender) => digestOf(JSON.stringify([caller, key]));

  const makeRoom = (caller: string) => {
    if (Number(rowsOf.get(caller)) >= PER_CALLER) dropOf.run(caller, run);
    const { rows, bytes } = total.get() as { rows: number; bytes: number };
    // Many at once: the sum is not worked out for each.
    if (rows >= MOST || bytes > BYTES) drop.run(run, Math.ceil(rows / 10));
  };

  return {
    /** Says what is known; a request of which nothing is known is at work from now on. @param request digest of what is asked */
    begin(sender: Sender, request: string, now: number): Known {
      const id = idOf(sender);
      return database
        .transaction((): Known => {
          sweep.run(now - KEPT_MS, now + KEPT_MS);
          const row = find.get(id) as Row | undefined;
          if (row) {
            if (row.answer === null) return row.run === run ? { state: 'working' } : { state: 'unknown' };
            if (row.answer.length === 0) return { state: 'large', request: row.request };
            const answer = open(row.answer, sender.key);
            if (answer) return { state: 'done', request: row.request, answer };
            remove.run(id);
          }
          makeRoom(sender.caller);
          insert.run(id, sender.caller, request, run, now);
          return { state: 'new' };
        })
        .immediate();
    },

    /** @param request the digest, also where it was not known before */
    finish(sender: Sender, request: string, answer: Answer): void {
      const isLarge = answer.body.length > ANSWER_BYTES;
      finish.run(request, isLarge ? Buffer.alloc(0) : seal(answer, sender.key), idOf(sender));
    },

    /** It was refused, and nothing was done: the key may be used again. */
    forget: (sender: Sender): void => void remove.run(idOf(sender)),

    close: () => void database.close(),
  };
}

function openFile(file: string): SqliteDatabase {
  const make = () => {
    closeSync(openSync(file, 'a', 0o600));
    return openSqlite(file, { synchronous: 'FULL' });
  };
  try {
    return make();
  } catch (error) {
    if (!isCorruption(error)) throw error;
    for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
    return make();
  }
}
