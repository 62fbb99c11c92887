/**
 * Records of every kind: which table a kind lives in and how a checked record becomes a row, or a part of a chunk (chunks/).
 * (device, epoch, seq) is unique in each table; the sequence ledger keeps it unique over all of them.
 */
import type { RecordBody } from '../../shared/contract/messages/record.ts';
import { type ChunkTableName, isChunked } from './chunks/chunk-rows.ts';
import { createChunkWriter } from './chunks/write-chunks.ts';
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
  /** The record as it came, as JSON, without the picture. Of a chunk `record` is kept, which says the same. */
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
  problems: ['stream', 'kind', 'code'],
  records: ['stream', 'kind'],
} as const;
type RowTable = keyof typeof columns;
type Table = RowTable | ChunkTableName;

export function createRecordStore(db: Db) {
  const snapshot = statementsOf(db)('INSERT INTO snapshots (event_id, mime, picture) VALUES (?, ?, ?)');

  const inRows = (table: RowTable, items: readonly NewRecord[]) =>
    db.dialect.insertNew(
      db,
      table,
      [...common, ...columns[table]],
      items.map((item) => [...commonOf(item), ...valuesOf(item)]),
    );
  const inChunks = (table: ChunkTableName, items: readonly NewRecord[]) =>
    createChunkWriter(db, table).add(
      items.map(({ device, epoch, seq, receivedAt, backfill, record, body }) => {
        const stream = record.stream ?? '';
        return { device, epoch, stream, seq, receivedAt: timeColumn(receivedAt), backfill, record, bytes: body.length };
      }),
    );

  return {
    /**
     * Stores records, in order. Part of the ingest transaction.
     * @returns those that are new, in the same order
     */
    async add(items: readonly NewRecord[]): Promise<StoredRecord[]> {
      const tables = new Map<Table, NewRecord[]>();
      for (const item of items) {
        const table = tableOf(item);
        const of = tables.get(table);
        if (of) of.push(item);
        else tables.set(table, [item]);
      }
      const ids = new Map<NewRecord, number | undefined>();
      for (const [table, of] of tables) {
        const given = isChunked(table) ? await inChunks(table, of) : await inRows(table, of);
        of.forEach((item, at) => {
          ids.set(item, given[at]);
        });
      }
      const stored: StoredRecord[] = [];
      for (const item of items) {
        const id = ids.get(item);
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

function tableOf({ record: { kind } }: NewRecord): Table {
  switch (kind) {
    case 'event':
      return 'events';
    case 'summary':
      return 'summaries';
    case 'reading':
      return 'readings';
    case 'error':
    case 'loss':
      return 'problems';
    default:
      return 'records';
  }
}

function commonOf({ device, epoch, seq, record, receivedAt, backfill, body }: NewRecord): Value[] {
  return [device, epoch, seq, timeColumn(record.wall), timeColumn(receivedAt), backfill ? 1 : 0, body];
}

/** The values of the columns behind the common ones. */
function valuesOf({ record, picture }: NewRecord): Value[] {
  const stream = record.stream ?? null;
  switch (record.kind) {
    case 'event': {
      const sample = record.sample === undefined ? null : indexText(record.sample);
      return [stream, record.rule, indexText(record.label), picture ? 1 : 0, sample];
    }
    case 'error':
      return [stream, 'error', indexText(record.code)];
    case 'loss':
      return [stream, 'loss', 'loss'];
    default:
      return [stream, record.kind];
  }
}
