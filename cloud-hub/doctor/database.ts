/** The hub's database: is it whole, and of a version that this program knows? */
import path from 'node:path';
import type { Finding } from '../../shared/doctor/finding.ts';
import { lookAtDatabase } from '../../shared/doctor/probes/database.ts';
import { judgeDatabase } from '../../shared/doctor/verdicts/database.ts';
import { SCHEMA_VERSION } from '../store/migrations.ts';
import { DATABASE_FILE } from '../store/sqlite/open.ts';

export function examineDatabase(dataDir: string): Finding {
  const file = path.join(dataDir, DATABASE_FILE);
  const facts = lookAtDatabase(file, (database) =>
    Number(
      database.prepare<[], { version: number }>('SELECT max(version) AS version FROM schema_version').get()?.version,
    ),
  );
  return judgeDatabase(
    {
      subject: 'database',
      file,
      missing: { level: 'note', text: `${file} is not there: the first start of the hub makes it` },
      damaged: 'stop the hub and put a backup in its place; or move the file aside: the hub begins with an empty one',
      unreadable: 'run this as the user of the hub; is it another program that holds the file?',
      more: (version) => schemaWords(version, SCHEMA_VERSION),
    },
    facts,
  );
}

/** @param known the newest version that this program knows. Pure */
export function schemaWords(version: number, known: number) {
  const text = `schema ${version}`;
  if (version === known) return { text };
  if (version > known)
    return {
      text: `${text}, and this program knows up to ${known}: a newer version wrote it`,
      wrong: { level: 'broken' as const, advice: 'install that version, or put a backup of this one in its place' },
    };
  return { text: `${text}; the next start of the hub brings it to ${known}` };
}
