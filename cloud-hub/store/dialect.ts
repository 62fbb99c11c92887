/** A way into a database, and what databases say differently. Each has one of these in its room; everything else that the store says is in the words of both. */

import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** What a statement may be given. Booleans are kept as 0 and 1. */
export type Value = number | string | null | Uint8Array;

export interface Result {
  readonly rows: readonly unknown[];
  /** Rows that were inserted, updated or deleted, when the statement gives none back. */
  readonly changes: number;
}

/** A way into the database: one transaction, or single statements. A part of the store is made for one. */
export interface Db {
  readonly query: Kysely<Tables>;
  /** Runs one statement whose text is always the same (statement.ts). @param text with the placeholders of the dialect */
  execute(text: string, values: readonly Value[]): Promise<Result>;
  readonly dialect: Dialect;
}

export interface Dialect {
  readonly name: 'sqlite' | 'postgres';
  /** The nth placeholder of a statement, from 1. */
  placeholder(n: number): string;
  /** SQL: the numbers of a list that is bound as text, as JSON; behind IN. */
  readonly idsOf: string;
  /** SQL: text at a path of a column that holds JSON, NULL where there is none. Of an object or a list: its JSON. */
  jsonText(column: string, ...path: readonly string[]): string;
  /** SQL: a table `alias` whose column `value` has the elements of a list at a path of a column that holds JSON. */
  jsonElements(alias: string, column: string, ...path: readonly string[]): string;
  /** SQL: does the text of a column hold the text that is bound? */
  holds(column: string): string;
  /** SQL: the larger of two numbers. */
  larger(a: string, b: string): string;
  /**
   * Inserts rows of records; one whose (device, epoch, seq) is there stays as it is. Ids rise in the order of the rows, and above each
   * id that was ever given (`id_floors`), and in the order of commits: whoever sees one finds no lower one later. Part of a transaction.
   * @param values of each row, in the order of the columns
   * @returns the id of each row; undefined: it was there
   */
  insertNew(
    db: Db,
    table: string,
    columns: readonly string[],
    values: readonly (readonly Value[])[],
  ): Promise<(number | undefined)[]>;
  /** Ids for rows of a table that `insertNew` does not insert: they rise as its ids do. Part of a transaction. */
  nextIds(db: Db, table: string, count: number): Promise<number[]>;
  /** SQL: the column of `losses` that rises with each row. */
  readonly arrival: string;
  /** Did the database fail (full, gone, locked), and not the statement? Then the same statement may work later. */
  isOutage(error: unknown): boolean;
}
