/** What SQLite says in its own way. */
import type { Dialect } from '../dialect.ts';
import { insertNew, nextIds } from './insert-new.ts';

const pathOf = (path: readonly string[]) => `'$${path.map((key) => `."${key}"`).join('')}'`;

const OUTAGE = /^(SQLITE_(FULL|IOERR|BUSY|LOCKED|READONLY|CANTOPEN|CORRUPT|NOTADB|NOMEM|PROTOCOL)|ENOSPC|EIO)/;

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  placeholder: () => '?',
  idsOf: '(SELECT value FROM json_each(?))',
  jsonText: (column, ...path) => `json_extract(${column}, ${pathOf(path)})`,
  jsonElements: (alias, column, ...path) => `json_each(${column}, ${pathOf(path)}) AS ${alias}`,
  holds: (column) => `instr(${column}, ?) > 0`,
  larger: (a, b) => `max(${a}, ${b})`,
  insertNew,
  nextIds,
  arrival: 'rowid',
  isOutage: (error) =>
    error instanceof Error && 'code' in error && typeof error.code === 'string' && OUTAGE.test(error.code),
};
