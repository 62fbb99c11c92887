/** The tables of the outbox's file: made, and brought up to date (the format is in outbox-file.ts). */
import { randomBytes } from 'node:crypto';
import { CodedError } from '../../../shared/kit/errors.ts';
import type { Sealer } from '../../../shared/kit/seal.ts';
import type { SqliteDatabase } from '../../../shared/kit/sqlite.ts';
import { DamagedFileError, FORMAT, type MetaState, tableOf } from './format.ts';
import { RANKS } from './rank.ts';
import { newStart, withEpoch } from './starts.ts';
import { keysOfNew } from './texts.ts';

/** A new epoch in the same file. @param below numbers below it are the same records in the epoch that ends */
export function beginEpoch(draft: MetaState, below: number): void {
  draft.earlier = withEpoch(draft.earlier, { epoch: draft.epoch, below });
  draft.epoch = newEpoch();
  draft.starts = [newStart(1)];
  draft.inDoubt = [];
}

const META_COLUMNS = 'only INTEGER PRIMARY KEY CHECK (only = 1), state TEXT NOT NULL';
const RECORD_COLUMNS = 'seq INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, body TEXT NOT NULL, sealed BLOB';

export function newEpoch(): string {
  return randomBytes(8).toString('hex');
}

/**
 * Makes the tables of a new file, and brings those of an older one up to date.
 * @throws DamagedFileError for a file of something else, CodedError for one of a newer version
 */
export function create(database: SqliteDatabase, path: string, sealer: Sealer): void {
  const format = database.pragma('user_version', { simple: true });
  if (format === FORMAT) return;
  if (format === 1 || format === 2) {
    upgrade(database, format);
    return;
  }
  if (format !== 0) {
    throw new CodedError(
      'config-invalid',
      `${path} has format ${String(format)}, this agent knows ${FORMAT}: it was made by a newer version; run that one, or move the file away`,
    );
  }
  const tables = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
  if (tables !== 0) throw new DamagedFileError('the file has tables of something else');
  // Opening in WAL mode has created the file, and from then on only VACUUM can turn this on.
  database.pragma('auto_vacuum = INCREMENTAL');
  database.exec('VACUUM');
  const none = { records: 0, bytes: 0 };
  const state: MetaState = {
    epoch: newEpoch(),
    nextSeq: 1,
    held: [none, none, none, none],
    refused: 0,
    givenUp: 0,
    starts: [],
    earlier: [],
    inDoubt: [],
    secure: true,
    ...keysOfNew(sealer),
  };
  database.transaction(() => {
    database.exec(`
      CREATE TABLE meta (${META_COLUMNS}) STRICT;
      CREATE TABLE meta_copy (${META_COLUMNS}) STRICT;
      ${RANKS.map((rank) => `CREATE TABLE ${tableOf(rank)} (${RECORD_COLUMNS}) STRICT;`).join('')}
      CREATE TABLE refused (
        id INTEGER PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL, reason TEXT NOT NULL,
        bytes INTEGER NOT NULL, body TEXT NOT NULL, sealed BLOB
      ) STRICT;
    `);
    for (const table of ['meta', 'meta_copy'])
      database.prepare(`INSERT INTO ${table} (only, state) VALUES (1, ?)`).run(JSON.stringify(state));
    database.pragma(`user_version = ${FORMAT}`);
  })();
}

function upgrade(database: SqliteDatabase, from: 1 | 2): void {
  database.transaction(() => {
    if (from === 1)
      database.exec(`CREATE TABLE meta_copy (${META_COLUMNS}) STRICT; INSERT INTO meta_copy SELECT * FROM meta;`);
    for (const table of [...RANKS.map(tableOf), 'refused'])
      database.exec(`ALTER TABLE ${table} ADD COLUMN sealed BLOB`);
    database.pragma(`user_version = ${FORMAT}`);
  })();
}
