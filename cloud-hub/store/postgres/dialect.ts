/** What PostgreSQL says in its own way. */
import type { Dialect } from '../dialect.ts';
import { isOutage } from './failures.ts';
import { insertNew, nextIds } from './insert-new.ts';

/** Keys are names (contract), or our own words: they need no quotes. */
const pathOf = (path: readonly string[]) => `'{${path.join(',')}}'`;

/**
 * Text as JSON. PostgreSQL reads no NUL and no half of a pair of surrogates, wherever they are in it; a device that sends such text may not keep others
 * from being looked at. An escape counts behind an even number of backslashes.
 */
const jsonOf = (column: string) => {
  const text = `CAST(${column} AS text)`;
  return String.raw`CAST(CASE WHEN strpos(${text}, '\u') = 0 THEN ${text} ELSE regexp_replace(${text},
    '(?<!\\)((?:\\\\)*)\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\1\\ufffd', 'g') END AS json)`;
};

export const postgresDialect: Dialect = {
  name: 'postgres',
  placeholder: (n) => `$${n}`,
  // No `::`: a statement takes what follows a colon for the name of a value.
  idsOf: '(SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(? AS json)))',
  jsonText: (column, ...path) => `(${jsonOf(column)} #>> ${pathOf(path)})`,
  jsonElements: (alias, column, ...path) =>
    `json_array_elements(${jsonOf(column)} #> ${pathOf(path)}) AS ${alias}(value)`,
  holds: (column) => `strpos(${column}, ?) > 0`,
  larger: (a, b) => `greatest(${a}, ${b})`,
  insertNew,
  nextIds,
  arrival: 'rowid',
  isOutage,
};
