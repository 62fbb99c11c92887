/**
 * A chunk: records of one device, epoch and stream as columns.
 *
 * Format, version 1 (numbers are LEB128, text is UTF-8 behind its length, columns: column.ts):
 *
 *   1 (one byte) · records · columns of ids, seqs, received at, backfill · shapes · their texts (shape.ts) · the column of which record has which
 *   shape, where there are several · for each shape each of its leaves: a length in bytes, and a column
 *
 * Invariants: 1. What comes back is the JSON value that went in: keys in their order, numbers as doubles (-0 too). Spaces, and digits that a
 * double does not hold, do not come back. 2. Whoever reads may be handed any bytes: it throws ChunkError, and its work is
 * bounded by MAX_CHUNK_RECORDS and MAX_CELLS.
 */
import { ByteReader, ByteWriter, ChunkError } from './bytes.ts';
import { type Leaf, readColumn, writeColumn } from './column.ts';
import { jsonOf, type ReadShape, readShape, type Shape, shapeOf, takeLeaves } from './shape.ts';

export interface ChunkRecord {
  readonly id: number;
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
  readonly backfill: boolean;
  /** What JSON.parse gives for an object. */
  readonly record: object;
}

export const MAX_CHUNK_RECORDS = 512;

const VERSION = 1;
/** Values of one chunk: 512 records of as many values as one may have (RECORD_SHAPE). */
const MAX_CELLS = 512 * 10_000;

interface Rows {
  readonly place: number;
  readonly shape: Shape;
  /** Leaves of its records, one record after the other. */
  readonly cells: Leaf[];
  records: number;
}

/** @param records 1 to MAX_CHUNK_RECORDS of them */
export function encodeChunk(records: readonly ChunkRecord[]): Buffer {
  const shapes = new Map<string, Rows>();
  let last: Rows | undefined;
  const places: number[] = [];
  for (const { record } of records) {
    last = place(shapes, last, record);
    last.records++;
    places.push(last.place);
  }
  const out = new ByteWriter();
  out.byte(VERSION);
  out.varint(records.length);
  for (const column of [
    records.map(({ id }) => id),
    records.map(({ seq }) => seq),
    records.map(({ receivedAt }) => receivedAt),
    records.map(({ backfill }) => backfill),
  ])
    writeColumn(out, column);
  out.varint(shapes.size);
  for (const { shape } of shapes.values()) out.text(shape.text);
  if (shapes.size > 1) writeColumn(out, places);
  const part = new ByteWriter();
  for (const rows of shapes.values()) {
    const { leaves } = rows.shape;
    for (let leaf = 0; leaf < leaves; leaf++) {
      const column = Array<Leaf>(rows.records);
      for (let row = 0; row < rows.records; row++) column[row] = rows.cells[row * leaves + leaf] ?? null;
      part.clear();
      writeColumn(part, column);
      out.part(part);
    }
  }
  return out.done();
}

/** Adds a record to those of its shape. */
function place(shapes: Map<string, Rows>, last: Rows | undefined, record: object): Rows {
  if (last) {
    const before = last.cells.length;
    if (takeLeaves(last.shape.root, record, last.cells)) return last;
    last.cells.length = before;
  }
  const shape = shapeOf(record);
  let rows = shapes.get(shape.text);
  if (!rows) {
    rows = { place: shapes.size, shape, cells: [], records: 0 };
    shapes.set(shape.text, rows);
  }
  takeLeaves(rows.shape.root, record, rows.cells);
  return rows;
}

interface ReadRows {
  readonly shape: ReadShape;
  readonly parts: readonly Uint8Array[];
  readonly records: number;
  /** Columns that somebody has asked for. */
  readonly read: (readonly Leaf[] | undefined)[];
}

/** A chunk that was read. Columns are decoded when somebody asks for them. */
export class Chunk {
  readonly ids: readonly number[];
  readonly seqs: readonly number[];
  readonly receivedAt: readonly number[];
  readonly #backfill: readonly Leaf[];
  readonly #shapes: readonly ReadRows[];
  /** Of each record its shape, and its place among the records of that shape. Undefined: all have the one shape. */
  readonly #places: readonly { readonly rows: ReadRows; readonly row: number }[] | undefined;

  /** @throws ChunkError */
  constructor(bytes: Uint8Array) {
    const from = new ByteReader(bytes);
    const version = from.byte();
    if (version !== VERSION) throw new ChunkError(`its format is ${version}, and this hub reads ${VERSION}`);
    const count = from.varint();
    if (count < 1 || count > MAX_CHUNK_RECORDS) throw new ChunkError(`it has ${count} records`);
    this.ids = numbers(readColumn(from, count));
    this.seqs = numbers(readColumn(from, count));
    this.receivedAt = numbers(readColumn(from, count));
    this.#backfill = readColumn(from, count);
    const shapes = from.varint();
    if (shapes < 1 || shapes > count) throw new ChunkError(`it has ${shapes} shapes`);
    const read = Array.from({ length: shapes }, () => readShape(from.text()));
    const of = shapes > 1 ? numbers(readColumn(from, count)) : [];
    const records = shapes > 1 ? read.map(() => 0) : [count];
    const rows = of.map((shape) => {
      const row = records[shape];
      if (row === undefined) throw new ChunkError('a record has no shape');
      records[shape] = row + 1;
      return { shape, row };
    });
    const cells = read.reduce((sum, { pieces }, i) => sum + (pieces.length - 1) * (records[i] ?? 0), 0);
    if (cells > MAX_CELLS) throw new ChunkError(`it has ${cells} values`);
    this.#shapes = read.map((shape, i) => {
      const parts = shape.pieces.slice(1).map(() => from.part());
      return { shape, parts, records: records[i] ?? 0, read: parts.map(() => undefined) };
    });
    if (from.left > 0) throw new ChunkError('something follows it');
    this.#places =
      shapes > 1 ? rows.map(({ shape, row }) => ({ rows: this.#shapes[shape] as ReadRows, row })) : undefined;
  }

  get length(): number {
    return this.ids.length;
  }

  isBackfill(at: number): boolean {
    return this.#backfill[at] === true;
  }

  /** The record as JSON. @throws ChunkError */
  json(at: number): string {
    const { rows, row } = this.#place(at);
    return jsonOf(
      rows.shape,
      rows.parts.map((_, leaf) => columnOf(rows, leaf)[row] ?? null),
    );
  }

  /** Of each record a single value of its object itself, undefined where it has none. @throws ChunkError */
  column(key: string): readonly (Leaf | undefined)[] {
    const columns = new Map(
      this.#shapes.map((rows) => {
        const leaf = rows.shape.leafOf(key);
        return [rows, leaf === undefined ? undefined : columnOf(rows, leaf)];
      }),
    );
    const [only] = columns.values();
    if (!this.#places) return only ?? Array<undefined>(this.length).fill(undefined);
    return this.#places.map(({ rows, row }) => columns.get(rows)?.[row]);
  }

  #place(at: number): { readonly rows: ReadRows; readonly row: number } {
    const [only] = this.#shapes;
    const found = this.#places ? this.#places[at] : only && at >= 0 && at < this.length && { rows: only, row: at };
    if (!found) throw new RangeError(`a chunk of ${this.length} records has none at ${at}`);
    return found;
  }
}

function columnOf({ parts, read, records }: ReadRows, leaf: number): readonly Leaf[] {
  const kept = read[leaf];
  if (kept) return kept;
  const made = readColumn(new ByteReader(parts[leaf] ?? new Uint8Array()), records);
  read[leaf] = made;
  return made;
}

function numbers(column: readonly Leaf[]): readonly number[] {
  return column.map((value) => {
    if (typeof value !== 'number') throw new ChunkError('a number of a record is none');
    return value;
  });
}
