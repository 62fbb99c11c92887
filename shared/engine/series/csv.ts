/**
 * Lines of a CSV file (RFC 4180; the delimiter `,`, `;` or tab is found in the header; no line breaks in quotes). Where the delimiter is no
 * comma, numbers may have a decimal comma, as in spreadsheets of half of the world. Pure.
 */
import { withPoint } from './number.ts';
import type { Row } from './row.ts';

const DELIMITERS = [',', ';', '\t'] as const;

export interface CsvReader {
  readonly columns: readonly string[];
  /** @returns the row, or what is wrong with the line */
  read(line: string): Row | string;
}

/** `sep=;`, which Excel writes and reads before the header. */
export function delimiterLine(line: string): string | undefined {
  return /^\s*"?sep=(.)"?\s*$/i.exec(line)?.[1];
}

/**
 * @param header the first line: names of the columns
 * @param given the delimiter, where a line before the header says it
 */
export function createCsvReader(header: string, given?: string): CsvReader {
  const text = header.replace(/^\uFEFF/, '');
  const delimiter = given ?? DELIMITERS.toSorted((a, b) => text.split(b).length - text.split(a).length)[0] ?? ',';
  const columns = (splitCsv(text, delimiter) ?? [text]).map((name) => name.trim());
  const places = new Map(columns.map((name, index) => [name, index]));
  return {
    columns,
    read(line) {
      const fields = splitCsv(line, delimiter);
      if (!fields) return 'has a quote that is not closed';
      if (fields.length > columns.length) return `has ${fields.length} fields for ${columns.length} columns`;
      return (place) => {
        const field = fields[places.get(place) ?? -1];
        return field === undefined || delimiter === ',' ? field : withPoint(field);
      };
    },
  };
}

/** The fields of one line; undefined for a quote that is not closed. */
export function splitCsv(line: string, delimiter: string): string[] | undefined {
  if (!line.includes('"')) return line.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (line[at] === '"') {
      let field = '';
      let close = line.indexOf('"', at + 1);
      let from = at + 1;
      while (close >= 0 && line[close + 1] === '"') {
        field += line.slice(from, close + 1);
        from = close + 2;
        close = line.indexOf('"', from);
      }
      if (close < 0) return undefined;
      const end = line.indexOf(delimiter, close + 1);
      fields.push(field + line.slice(from, close) + line.slice(close + 1, end < 0 ? undefined : end));
      if (end < 0) return fields;
      at = end + 1;
    } else {
      const end = line.indexOf(delimiter, at);
      fields.push(line.slice(at, end < 0 ? undefined : end));
      if (end < 0) return fields;
      at = end + 1;
    }
  }
}
