/**
 * Records of every kind: which table a kind lives in and how a checked record becomes a row. (device, epoch, seq) is unique
 * in each table; the sequence ledger keeps it unique over all of them.
 */
import type { RecordBody } from '../../shared/contract/messages/record.ts';
import type { HubDatabase } from './database.ts';
import type { IdFloors } from './id-floors.ts';
import { indexText, timeColumn } from './rows.ts';

/** A record that passed its schema, ready to be stored. */
export interface NewRecord {
  readonly device: string;
  readonly epoch: string;
  readonly seq: number;
  readonly receivedAt: number;
  /** Later records of the same device and epoch were received before. */
  readonly backfill: boolean;
  readonly record: RecordBody;
  /** The record as it came, as JSON, without the picture. */
  readonly body: string;
  readonly picture?: Uint8Array | undefined;
}

/** A record with the id under which it is stored. */
export interface StoredRecord extends NewRecord {
  readonly id: number;
}

export type RecordStore = ReturnType<typeof createRecordStore>;

export function createRecordStore(database: HubDatabase, floors: IdFloors) {
  const insert = (table: string, columns: readonly string[]) => {
    const all = ['id', 'device', 'epoch', 'seq', 'at', 'received_at', 'backfill', 'body', ...columns];
    const highest = database.prepare(`SELECT coalesce(max(id), 0) AS id FROM ${table}`);
    const highestOf = () => (highest.get() as { id: number }).id;
    const statement = database.prepare(
      `INSERT INTO ${table} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')})
         ON CONFLICT (device, epoch, seq) DO NOTHING`,
    );
    return { run: (...values: unknown[]) => statement.run(floors.next(table, highestOf), ...values) };
  };
  const event = insert('events', ['stream', 'rule', 'label', 'has_snapshot', 'sample']);
  const summary = insert('summaries', ['stream']);
  const reading = insert('readings', ['stream', 'score', 'anomalous']);
  const problem = insert('problems', ['stream', 'kind', 'code']);
  const other = insert('records', ['stream', 'kind']);
  const snapshot = database.prepare('INSERT INTO snapshots (event_id, mime, picture) VALUES (?, ?, ?)');

  return {
    /** Stores a record; undefined when it is there already. Part of the ingest transaction. */
    add(item: NewRecord): StoredRecord | undefined {
      const { record } = item;
      const common = [
        item.device,
        item.epoch,
        item.seq,
        timeColumn(record.wall),
        timeColumn(item.receivedAt),
        item.backfill ? 1 : 0,
        item.body,
      ];
      let result: { changes: number; lastInsertRowid: number | bigint };
      switch (record.kind) {
        case 'event':
          result = event.run(
            ...common,
            record.stream,
            record.rule,
            indexText(record.label),
            item.picture ? 1 : 0,
            record.sample === undefined ? null : indexText(record.sample),
          );
          break;
        case 'summary':
          result = summary.run(...common, record.stream);
          break;
        case 'reading': {
          const { anomalous } = record;
          const flag = anomalous === undefined ? null : Number(anomalous);
          result = reading.run(...common, record.stream, record.score ?? null, flag);
          break;
        }
        case 'error':
          result = problem.run(...common, record.stream ?? null, 'error', indexText(record.code));
          break;
        case 'loss':
          result = problem.run(...common, record.stream ?? null, 'loss', 'loss');
          break;
        default:
          result = other.run(...common, record.stream ?? null, record.kind);
      }
      if (result.changes === 0) return undefined;
      const id = Number(result.lastInsertRowid);
      if (item.picture) snapshot.run(id, 'image/jpeg', item.picture);
      // Written out: spreading the item costs a sixth of the whole insert.
      const { device, epoch, seq, receivedAt, backfill, body, picture } = item;
      return { id, device, epoch, seq, receivedAt, backfill, record, body, picture };
    },
  };
}
