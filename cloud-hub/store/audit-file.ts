/** Checks the audit in a database file without the hub, which may be running meanwhile. */
import { openSqlite } from '../../shared/kit/sqlite.ts';
import type { AuditHead } from '../contract/audit.ts';
import { CHAIN_SQL, FROM_THE_FIRST } from './audit.ts';
import { ChainCheck, type ChainReport } from './audit-chain.ts';

/** Entries in memory at once. */
const PART = 1000;

/**
 * @param expected a head that somebody kept
 * @returns undefined when the file is of a version without a chain
 * @throws the SQLite error of a file that is no database
 */
export function checkAuditFile(file: string, expected?: AuditHead): ChainReport | undefined {
  const database = openSqlite(file, { synchronous: 'NORMAL', readonly: true });
  try {
    const columns = database.prepare("SELECT name FROM pragma_table_info('audit')").pluck().all();
    if (!columns.includes('digest')) return undefined;
    const check = new ChainCheck(expected);
    const rows = database.prepare<[number, number], { id: number }>(CHAIN_SQL);
    for (let after = FROM_THE_FIRST; ; ) {
      const part = rows.all(after, PART);
      for (const row of part) check.add(row);
      const last = part.at(-1);
      // As in audit.ts.
      if (!last || last.id <= after) return check.report();
      after = last.id;
    }
  } finally {
    database.close();
  }
}
