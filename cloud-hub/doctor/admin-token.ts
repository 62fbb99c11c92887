/** `admin.token`: is it there, for its owner alone, and the one that the database knows? */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Finding, finding } from '../../shared/doctor/finding.ts';
import { lookAtDatabase } from '../../shared/doctor/probes/database.ts';
import { lookAtSecretFile } from '../../shared/doctor/probes/secret-file.ts';
import { judgeSecretFile } from '../../shared/doctor/verdicts/secret-file.ts';
import { ADMIN_NAME, ADMIN_TOKEN_FILE } from '../identity/admin-token.ts';
import { matchesDigest } from '../identity/secrets.ts';
import { DATABASE_FILE } from '../store/sqlite/open.ts';

const SUBJECT = 'admin token';
const MEND = 'remove it and start the hub again: it makes a new one';

/** Of a hub that was started once; nothing is said of another one. */
export function examineAdminToken(dataDir: string): Finding[] {
  const known = lookAtDatabase(path.join(dataDir, DATABASE_FILE), (database) =>
    database.prepare<[string], { hash: string }>('SELECT hash FROM tokens WHERE name = ?').get(ADMIN_NAME),
  );
  if (known.state !== 'whole' || known.more === undefined) return [];
  const file = path.join(dataDir, ADMIN_TOKEN_FILE);
  const wrong = judgeSecretFile(SUBJECT, file, lookAtSecretFile(file), 'start the hub again: it makes a new one');
  if (wrong) return [wrong];
  if (matchesDigest(readFileSync(file, 'utf8').trim(), known.more.hash))
    return [finding(SUBJECT, 'ok', `${file} is the one that the database knows`)];
  return [finding(SUBJECT, 'broken', `${file} is not the one that the database knows`, MEND)];
}
