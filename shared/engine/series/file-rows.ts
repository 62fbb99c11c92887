/** The rows of a CSV or JSON-lines file, one after another. */
import path from 'node:path';
import { type CsvReader, createCsvReader, delimiterLine } from './csv.ts';
import { readJsonRows } from './json.ts';
import { type Line, linesOf, MAX_LINE } from './lines.ts';
import type { Row } from './row.ts';

export type SeriesFormat = 'csv' | 'jsonl';

export interface FileRow {
  /** Of its line, from 1. A line of JSON may hold several rows. */
  readonly number: number;
  /** Or what is wrong with the line. */
  readonly row: Row | string;
}

export interface FileRowsOptions {
  readonly format: SeriesFormat;
  /** Where a list of rows stands in a line of JSON. */
  readonly rows?: string | undefined;
  /** Told the columns of a CSV file, before its first row; of JSON lines told nothing, at the first line. */
  readonly onHeader?: (columns: readonly string[] | undefined) => void;
}

/** The format, by the file's ending. */
export function formatOf(file: string): SeriesFormat {
  return /\.(csv|tsv)$/i.test(path.basename(file)) ? 'csv' : 'jsonl';
}

/** @throws the file system's error */
export function rowsOfFile(file: string, options: FileRowsOptions, signal: AbortSignal): AsyncGenerator<FileRow> {
  return rowsOfLines(linesOf(file, signal), options);
}

/** @param lines of one file, from its first; of a CSV file those after its header may be left out */
export async function* rowsOfLines(lines: AsyncIterable<Line>, options: FileRowsOptions): AsyncGenerator<FileRow> {
  const { format, rows, onHeader } = options;
  let csv: CsvReader | undefined;
  let delimiter: string | undefined;
  let begun = false;
  for await (const { number, text, cut } of lines) {
    if (text.trim() === '') continue;
    if (format === 'csv' && !csv) {
      const given: string | undefined = delimiter === undefined ? delimiterLine(text) : undefined;
      delimiter ??= given;
      if (given !== undefined) continue;
      csv = createCsvReader(text, delimiter);
      onHeader?.(csv.columns);
      continue;
    }
    if (!begun && !csv) onHeader?.(undefined);
    begun = true;
    const read = cut ? `is longer than ${MAX_LINE} characters` : csv ? csv.read(text) : readJsonRows(text, rows);
    if (typeof read !== 'object') yield { number, row: read };
    else for (const row of read) yield { number, row };
  }
}
