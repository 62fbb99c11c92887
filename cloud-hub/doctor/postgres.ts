/** The hub's database on a PostgreSQL server: does it answer, and is it of a version that this program knows? */
import { type Finding, finding } from '../../shared/doctor/finding.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { HubConfig } from '../config.ts';
import { POSTGRES_SCHEMA_VERSION } from '../store/postgres/migrations.ts';
import { type Facts, factsOf, readDatabase } from '../store/postgres/read-database.ts';
import { databaseAddressOf } from '../store/postgres/settings.ts';
import { requireWhereabouts } from '../store/whereabouts.ts';
import { schemaWords } from './database.ts';

const SUBJECT = 'database';

/** Undefined: the database is the file in the data folder. */
export async function examinePostgres(config: HubConfig, dataDir: string): Promise<Finding | undefined> {
  try {
    const address = databaseAddressOf(config);
    requireWhereabouts(dataDir, address);
    return address && judgePostgres(address.shown, await readDatabase(address, factsOf));
  } catch (error) {
    return finding(
      SUBJECT,
      'broken',
      messageOf(error),
      'the hub stores nothing until this is mended; devices keep what they have',
    );
  }
}

/** Pure. */
export function judgePostgres(shown: string, { schema, bytes }: Facts): Finding {
  if (schema === undefined)
    return finding(SUBJECT, 'note', `${shown} answers and is empty: the first start of the hub makes its tables`);
  const { text, wrong } = { wrong: undefined, ...schemaWords(schema, POSTGRES_SCHEMA_VERSION) };
  const found = finding(SUBJECT, 'ok', `${shown}: ${(bytes / 1e6).toFixed(1)} MB; ${text}`);
  return { ...found, ...wrong };
}
