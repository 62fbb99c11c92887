import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { Entry } from '../../../../agent/buffer/file/format.ts';
import { OutboxFile } from '../../../../agent/buffer/file/outbox-file.ts';
import type { Rank } from '../../../../agent/buffer/file/rank.ts';
import type { SqliteDatabase } from '../../../../shared/kit/sqlite.ts';
import { tempFolder } from '../../../support/temp.ts';
import { unsynced } from '../fixture.ts';

export const entry = (bytes: number, rank: Rank = 2): Entry => ({ rank, bytes, json: 'x'.repeat(bytes) });
export const entries = (many: number, bytes = 10, rank: Rank = 2) =>
  Array.from({ length: many }, () => entry(bytes, rank));

/** An outbox's file on its own, with what its tables say; it ends with the test. */
export function opened(prepare: (database: SqliteDatabase) => void = () => undefined) {
  const at = path.join(tempFolder(), 'outbox.db');
  const database = unsynced(at);
  prepare(database);
  const file = new OutboxFile(database, at);
  onTestFinished(() => file.close());
  const all = (sql: string) => database.prepare<[], Record<string, unknown>>(sql).all();
  return {
    at,
    file,
    database,
    insert: (some: readonly Entry[]) => file.change((transaction) => transaction.insert(some)),
    seqs: () => file.lease(1e6, 1e9, { from: 1, to: 1e9 }).map(({ seq }) => seq),
    refused: () => all('SELECT epoch, seq, reason, bytes, body FROM refused ORDER BY id'),
    held: () => file.meta.held.map(({ records, bytes }) => [records, bytes]),
  };
}
