/** Chunks as rows of their table, and records as rows of chunks. */
import { timeColumn } from '../rows.ts';
import { Chunk, type ChunkRecord, encodeChunk, MAX_CHUNK_RECORDS } from './chunk.ts';

/** A table of chunks, and the kind of records that is in it. */
export type ChunkTableName = 'summaries' | 'readings';

export const chunkTables: readonly ChunkTableName[] = ['summaries', 'readings'];

export function isChunked(table: string): table is ChunkTableName {
  return table === 'summaries' || table === 'readings';
}

/** Whose records are in one chunk together. */
export interface ChunkKey {
  readonly device: string;
  readonly epoch: string;
  readonly stream: string;
}

/** A record, and how many bytes of JSON it is (about: of what the device sent). */
export interface SizedRecord extends ChunkRecord {
  readonly bytes: number;
}

/** In the order of `chunkColumns`. */
export type ChunkRow = readonly (string | number | Uint8Array)[];

export const chunkColumns = [
  ...['id', 'first_id', 'device', 'epoch', 'stream', 'from_seq', 'to_seq', 'from_at', 'to_at'],
  ...['from_received', 'to_received', 'wrong', 'records', 'open', 'data'],
] as const;

/** JSON of the records of one chunk: what a page decodes at once. */
const MAX_CHUNK_BYTES = 256 * 1024;
/** A chunk that has these is not merged any more: to write it again costs more than it saves. */
const FULL_RECORDS = 128;
const FULL_BYTES = 64 * 1024;
/**
 * From the first id to the last: a list that goes on at an id looks so far ahead for chunks that begin before it.
 */
export const MAX_CHUNK_SPAN = 2 ** 20;
/** From the lowest number to the highest: who asks whether a number is here looks so far ahead, and no farther. */
export const MAX_CHUNK_NUMBERS = 2 ** 15;
/** From the first receipt to the last: ages and holes are told by chunks. */
const MAX_CHUNK_MS = 86_400_000;

/** What the store asks of a record's own fields. They passed their schema. */
interface Timed {
  readonly wall?: number;
  readonly clock?: string;
}

export const atOf = (record: object): number => timeColumn((record as Timed).wall ?? 0);
export const isWrong = (record: object): boolean => (record as Timed).clock === 'wrong';

/** The rows of records of one key, in the order of their ids. */
export function rowsOf(key: ChunkKey, records: readonly SizedRecord[]): ChunkRow[] {
  const rows: ChunkRow[] = [];
  let part: SizedRecord[] = [];
  let bytes = 0;
  for (const one of records) {
    const [first] = part;
    if (first && !(part.length < MAX_CHUNK_RECORDS && bytes + one.bytes <= MAX_CHUNK_BYTES && isNear(first, one))) {
      rows.push(rowOf(key, part, false));
      part = [];
      bytes = 0;
    }
    part.push(one);
    bytes += one.bytes;
  }
  if (part.length > 0) rows.push(rowOf(key, part, part.length < FULL_RECORDS && bytes < FULL_BYTES));
  return rows;
}

function isNear(first: ChunkRecord, one: ChunkRecord): boolean {
  return (
    one.id - first.id < MAX_CHUNK_SPAN &&
    // On both sides of the first.
    Math.abs(one.seq - first.seq) < MAX_CHUNK_NUMBERS / 2 &&
    Math.abs(one.receivedAt - first.receivedAt) <= MAX_CHUNK_MS / 2
  );
}

function rowOf({ device, epoch, stream }: ChunkKey, part: readonly SizedRecord[], isOpen: boolean): ChunkRow {
  const [ids, seqs] = [new Span(), new Span()];
  const [ats, received] = [new Span(), new Span()];
  let wrong = 0;
  for (const { id, seq, receivedAt, record } of part) {
    ids.add(id);
    seqs.add(seq);
    ats.add(atOf(record));
    received.add(timeColumn(receivedAt));
    if (isWrong(record)) wrong = 1;
  }
  const data = encodeChunk(part);
  const spans = [seqs, ats, received].flatMap(({ low, high }) => [low, high]);
  return [ids.high, ids.low, device, epoch, stream, ...spans, wrong, part.length, isOpen ? 1 : 0, data];
}

class Span {
  low = Number.POSITIVE_INFINITY;
  high = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    if (value < this.low) this.low = value;
    if (value > this.high) this.high = value;
  }
}

/** All records of a chunk that was read. */
export function recordsOf(data: Uint8Array): SizedRecord[] {
  const chunk = new Chunk(data);
  return chunk.ids.map((id, at) => {
    const json = chunk.json(at);
    return {
      ...{ id, seq: chunk.seqs[at] ?? 0, receivedAt: chunk.receivedAt[at] ?? 0, backfill: chunk.isBackfill(at) },
      ...{ record: JSON.parse(json) as object, bytes: Buffer.byteLength(json) },
    };
  });
}
