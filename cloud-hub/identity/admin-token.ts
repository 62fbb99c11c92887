/**
 * `admin.token` in the data folder: how the first person gets in. It is made on the first start, and made anew when the file
 * is gone, which is how an admin who lost it gets a new one: delete the file, restart the hub.
 *
 * The file is written before the database knows the digest: a crash between them leaves a file that the next start
 * replaces.
 */
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Store } from '../store/store.ts';
import { digestSecret, matchesDigest, newSecret } from './secrets.ts';

const NAME = 'admin';

export interface AdminToken {
  readonly file: string;
  /** Only when it was made just now. */
  readonly created: string | undefined;
  /** The file is not the token that the database knows. */
  readonly mismatch: boolean;
}

/** @param now milliseconds since 1970 */
export async function ensureAdminToken(folder: string, store: Store, now: number): Promise<AdminToken> {
  const file = path.join(folder, 'admin.token');
  const known = await store.tokens.byName(NAME);
  if (known && existsSync(file)) {
    const mismatch = !matchesDigest(readFileSync(file, 'utf8').trim(), known.hash);
    return { file, created: undefined, mismatch };
  }
  const token = newSecret();
  const draft = `${file}.new`;
  writeFileSync(draft, `${token}\n`, { mode: 0o600 });
  // The mode above counts only for a file that did not exist.
  chmodSync(draft, 0o600);
  renameSync(draft, file);
  if (known) {
    await store.tokens.remove(known.id);
    await store.sessions.removeNamed(NAME);
  }
  await store.tokens.add(NAME, 'admin', digestSecret(token), now);
  return { file, created: token, mismatch: false };
}
