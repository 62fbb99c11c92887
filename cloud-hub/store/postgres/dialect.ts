/** What PostgreSQL says in its own way. */
import type { Dialect } from '../dialect.ts';
import { isOutage } from './failures.ts';

/** Keys are names (contract), or our own words: they need no quotes. */
const pathOf = (path: readonly string[]) => `'{${path.join(',')}}'`;

export const postgresDialect: Dialect = {
  name: 'postgres',
  placeholder: (n) => `$${n}`,
  idsOf: '(SELECT value::bigint FROM json_array_elements_text(?::json))',
  jsonText: (column, ...path) => `(${column}::json #>> ${pathOf(path)})`,
  jsonElements: (alias, column, ...path) => `json_array_elements(${column}::json #> ${pathOf(path)}) AS ${alias}(value)`,
  holds: (column) => `strpos(${column}, ?) > 0`,
  larger: (a, b) => `greatest(${a}, ${b})`,
  arrival: 'rowid',
  isOutage,
};
