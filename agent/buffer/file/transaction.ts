/** What a change of the outbox's file is made of. Each step keeps the draft's tallies equal to the tables. */
import type { Range } from '../../../shared/kit/ranges.ts';
import type { SqliteDatabase } from '../../../shared/kit/sqlite.ts';
import { type Entry, type MetaState, tableOf } from './format.ts';
import { type ByRank, byRank, RANKS, type Rank } from './rank.ts';
import type { Stored, Texts } from './texts.ts';

export interface Victim {
  readonly seq: number;
  readonly bytes: number;
}

export interface RefusedRow {
  readonly id: number;
  readonly json: string;
}

interface StoredRow extends Stored {
  readonly at: number;
  readonly bytes: number;
}

interface Weight {
  readonly records: number;
  readonly bytes: number | null;
}

export class FileTransaction {
  readonly #database: SqliteDatabase;
  readonly #texts: Texts;
  readonly #tables: ByRank<ReturnType<typeof statementsOf>>;
  readonly #trimRefused;
  readonly #refusedAfter;
  readonly #removeRefused;
  readonly #rewriteRefused;
  readonly #resealRefused;
  readonly #pages;
  readonly #freePages;
  #draft: MetaState | undefined;

  constructor(database: SqliteDatabase, texts: Texts) {
    this.#database = database;
    this.#texts = texts;
    this.#tables = byRank((rank) => statementsOf(database, rank));
    this.#pages = database.prepare<[], number>('PRAGMA page_count').pluck();
    this.#freePages = database.prepare<[], number>('PRAGMA freelist_count').pluck();
    this.#refusedAfter = database.prepare<[number, number], Stored & { id: number }>(
      'SELECT id, body, sealed FROM refused WHERE id > ? ORDER BY id LIMIT ?',
    );
    this.#removeRefused = database.prepare<[number]>('DELETE FROM refused WHERE id = ?');
    this.#rewriteRefused = database.prepare<[number, string, Buffer | null, number]>(
      'UPDATE refused SET bytes = ?, body = ?, sealed = ? WHERE id = ?',
    );
    this.#resealRefused = resealOf(database, 'refused', 'id');
    this.#trimRefused = database.prepare<[number, number]>(
      `DELETE FROM refused WHERE id IN (
         SELECT id FROM (SELECT id, row_number() OVER newest AS place, sum(bytes) OVER newest AS total
                         FROM refused WINDOW newest AS (ORDER BY id DESC))
         WHERE place > ? OR total > ?)`,
    );
  }

  /** For OutboxFile.change: `draft` is what the steps write to. */
  run<T>(draft: MetaState, change: (transaction: FileTransaction) => T): T {
    this.#draft = draft;
    try {
      return change(this);
    } finally {
      this.#draft = undefined;
    }
  }

  get draft(): MetaState {
    if (!this.#draft) throw new Error('a step of a transaction was called outside of one');
    return this.#draft;
  }

  /** Appends records; returns the number of the first. */
  insert(entries: readonly Entry[]): number {
    const draft = this.draft;
    const first = draft.nextSeq;
    let seq = first;
    for (const { rank, bytes, json } of entries) {
      this.#tables[rank].insert.run(seq++, bytes, ...this.#texts.keep(json));
      const tally = draft.held[rank];
      tally.records++;
      tally.bytes += bytes;
    }
    draft.nextSeq = seq;
    return first;
  }

  /** Replaces a record that has never been leased. */
  rewrite(seq: number, entry: Entry, oldBytes: number): void {
    const { changes } = this.#tables[entry.rank].rewrite.run(entry.bytes, ...this.#texts.keep(entry.json), seq);
    if (changes !== 1) throw new Error(`record ${seq} is not there`);
    this.draft.held[entry.rank].bytes += entry.bytes - oldBytes;
  }

  /** The oldest records of a rank with numbers in `range`. */
  oldest(rank: Rank, range: Range, limit: number): Victim[] {
    return this.#tables[rank].oldest.all(range.from, range.to, limit);
  }

  /** Deletes `from`..`to` of some ranks; returns how many there were. */
  remove(from: number, to: number, ranks: readonly Rank[] = RANKS): number {
    let removed = 0;
    for (const rank of ranks) {
      const weight = this.#tables[rank].weigh.get(from, to);
      if (!weight || weight.records === 0) continue;
      this.#tables[rank].remove.run(from, to);
      const tally = this.draft.held[rank];
      tally.records -= weight.records;
      tally.bytes -= weight.bytes ?? 0;
      removed += weight.records;
    }
    return removed;
  }

  /** Moves `from`..`to` to the refused ones, the newest `maxRecords` of each rank; returns how many there were. */
  refuse(from: number, to: number, reason: string, maxRecords: number): number {
    for (const rank of RANKS) this.#tables[rank].keepRefused.run(this.draft.epoch, reason, from, to, maxRecords);
    const moved = this.remove(from, to);
    this.draft.refused += moved;
    return moved;
  }

  /** Deletes the oldest of the refused ones until at most `maxRecords` and `maxBytes` are left. Reads all of them. */
  trimRefused(maxRecords: number, maxBytes: number): void {
    this.#trimRefused.run(maxRecords, maxBytes);
  }

  /** The refused ones after a row: its `id` is not a record's number. */
  refusedAfter(id: number, limit: number): RefusedRow[] {
    return this.#refusedAfter.all(id, limit).map((row) => ({ id: row.id, json: this.#texts.read(row) }));
  }

  /** Deletes a refused one, or replaces its text. */
  changeRefused(id: number, json: string | undefined): void {
    if (json === undefined) this.#removeRefused.run(id);
    else this.#rewriteRefused.run(Buffer.byteLength(json), ...this.#texts.keep(json), id);
  }

  /**
   * Keeps the texts of the next rows after `after` as new ones are kept: under the newest key.
   * @param from a rank, or the refused ones
   * @returns the last number or id that it looked at; undefined when there was none left
   */
  reseal(from: Rank | 'refused', after: number, maxRows: number, maxBytes: number): number | undefined {
    const { next, keep } = from === 'refused' ? this.#resealRefused : this.#tables[from];
    const found: StoredRow[] = [];
    let bytes = 0;
    for (const row of next.iterate(after, maxRows)) {
      found.push(row);
      bytes += row.bytes;
      if (bytes >= maxBytes) break;
    }
    for (const row of found) {
      if (!this.#texts.isCurrent(row)) keep.run(...this.#texts.keep(this.#texts.read(row)), row.at);
    }
    return found.at(-1)?.at;
  }

  /** Pages of the file, free ones included. */
  pages(): number {
    return this.#pages.get() ?? 0;
  }

  /** Pages that are not in use: the next records take them before the file grows. */
  freePages(): number {
    return this.#freePages.get() ?? 0;
  }

  /** Gives free pages back to the file system at the next checkpoint. */
  releasePages(pages: number): void {
    this.#database.pragma(`incremental_vacuum(${pages})`);
  }
}

function statementsOf(database: SqliteDatabase, rank: Rank) {
  const table = tableOf(rank);
  return {
    insert: database.prepare<[number, number, string, Buffer | null]>(
      `INSERT INTO ${table} (seq, bytes, body, sealed) VALUES (?, ?, ?, ?)`,
    ),
    rewrite: database.prepare<[number, string, Buffer | null, number]>(
      `UPDATE ${table} SET bytes = ?, body = ?, sealed = ? WHERE seq = ?`,
    ),
    ...resealOf(database, table, 'seq'),
    oldest: database.prepare<[number, number, number], Victim>(
      `SELECT seq, bytes FROM ${table} WHERE seq BETWEEN ? AND ? ORDER BY seq LIMIT ?`,
    ),
    weigh: database.prepare<[number, number], Weight>(
      `SELECT count(*) AS records, sum(bytes) AS bytes FROM ${table} WHERE seq BETWEEN ? AND ?`,
    ),
    remove: database.prepare<[number, number]>(`DELETE FROM ${table} WHERE seq BETWEEN ? AND ?`),
    keepRefused: database.prepare<[string, string, number, number, number]>(
      `INSERT INTO refused (epoch, seq, reason, bytes, body, sealed)
       SELECT ?, seq, ?, bytes, body, sealed FROM (SELECT * FROM ${table} WHERE seq BETWEEN ? AND ? ORDER BY seq DESC LIMIT ?)
       ORDER BY seq`,
    ),
  };
}

function resealOf(database: SqliteDatabase, table: string, key: 'seq' | 'id') {
  return {
    next: database.prepare<[number, number], StoredRow>(
      `SELECT ${key} AS at, bytes, body, sealed FROM ${table} WHERE ${key} > ? ORDER BY ${key} LIMIT ?`,
    ),
    keep: database.prepare<[string, Buffer | null, number]>(
      `UPDATE ${table} SET body = ?, sealed = ? WHERE ${key} = ?`,
    ),
  };
}
