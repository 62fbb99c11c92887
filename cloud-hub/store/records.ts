/**
 * Records of every kind: which table a kind lives in and how a checked record becomes a row. (device, epoch, seq) is unique
 * in each table; the sequence ledger keeps it unique over all of them.
 */
import type { RecordBody } from '../../shared/contract/messages/record.ts';
import type { Db, Value } from './database.ts';
import { indexText, timeColumn } from './rows.ts';
import { statementsOf } from './statement.ts';

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

const common = ['device', 'epoch', 'seq', 'at', 'received_at', 'backfill', 'body'];

/** Columns of each table, behind the common ones. */
const columns = {
  events: ['stream', 'rule', 'label', 'has_snapshot', 'sample'],
  summaries: ['stream'],
  readings: ['stream', 'score', 'anomalous'],
  problems: ['stream', 'kind', 'code'],
  records: ['stream', 'kind'],
} as const;
type Table = keyof typeof columns;

interface Rows {
  readonly values: Value[][];
  /** Which item each of them is. */
  readonly items: number[];
}

export function createRecordStore(db: Db) {
  const snapshot = statementsOf(db)('INSERT INTO snapshots (event_id, mime, picture) VALUES (?, ?, ?)');

  return {
    /**
     * Stores records, in order. Part of the ingest transaction.
     * @returns those that are new, in the same order
     */
    async add(items: readonly NewRecord[]): Promise<StoredRecord[]> {
      const tables = new Map<Table, Rows>();
      let at = 0;
      for (const item of items) {
        const { table, values } = rowOf(item);
        let rows = tables.get(table);
        if (!rows) {
          rows = { values: [], items: [] };
          tables.set(table, rows);
        }
        rows.values.push(values);
        rows.items.push(at++);
      }
      const ids: (number | undefined)[] = items.map(() => undefined);
      for (const [table, { values, items: of }] of tables) {
        const given = await db.dialect.insertNew(db, table, [...common, ...columns[table]], values);
        of.forEach((item, row) => {
          ids[item] = given[row];
        });
      }
      const stored: StoredRecord[] = [];
      let index = 0;
      for (const item of items) {
        const id = ids[index++];
        if (id === undefined) continue;
        // Written out: spreading the item costs a sixth of the whole insert.
        const { device, epoch, seq, receivedAt, backfill, record, body, picture } = item;
        if (picture) await snapshot.run(id, 'image/jpeg', picture);
        stored.push({ id, device, epoch, seq, receivedAt, backfill, record, body, picture });
      }
      return stored;
    },
  };
}

/** Where a record goes, and the values of its columns. */
function rowOf({ device, epoch, seq, record, receivedAt, backfill, body, picture }: NewRecord): {
  readonly table: Table;
  readonly values: Value[];
} {
  const values: Value[] = [
    device,
    epoch,
    seq,
    timeColumn(record.wall),
    timeColumn(receivedAt),
    backfill ? 1 : 0,
    body,
    record.stream ?? null,
  ];
  switch (record.kind) {
    case 'event':
      values.push(record.rule, indexText(record.label), picture ? 1 : 0);
      values.push(record.sample === undefined ? null : indexText(record.sample));
      return { table: 'events', values };
    case 'summary':
      return { table: 'summaries', values };
    case 'reading':
      values.push(record.score ?? null, record.anomalous === undefined ? null : Number(record.anomalous));
      return { table: 'readings', values };
    case 'error':
      values.push('error', indexText(record.code));
      return { table: 'problems', values };
    case 'loss':
      values.push('loss', 'loss');
      return { table: 'problems', values };
    default:
      values.push(record.kind);
      return { table: 'records', values };
  }
}
