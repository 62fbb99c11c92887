/** What PostgreSQL says in its own way. */
import type { Dialect } from '../dialect.ts';
import { isOutage } from './failures.ts';
import { insertNew } from './insert-new.ts';

/** Keys are names (contract), or our own words: they need no quotes. */
const pathOf = (path: readonly string[]) => `'{${path.join(',')}}'`;

export const postgresDialect: Dialect = {
  name: 'postgres',
  placeholder: (n) => `$${n}`,
  // No `::`: a statement takes what follows a colon for the name of a value.
  idsOf: '(SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(? AS json)))',
  jsonText: (column, ...path) => `(CAST(${column} AS json) #>> ${pathOf(path)})`,
  jsonElements: (alias, column, ...path) =>
    `json_array_elements(CAST(${column} AS json) #> ${pathOf(path)}) AS ${alias}(value)`,
  holds: (column) => `strpos(${column}, ?) > 0`,
  larger: (a, b) => `greatest(${a}, ${b})`,
  insertNew,
  arrival: 'rowid',
  isOutage,
};
