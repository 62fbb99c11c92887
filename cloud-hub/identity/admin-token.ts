/**
 * `admin.token` in the data folder lets the first person sign in. The first start makes it. An admin who lost the token
 * deletes the file and restarts the hub, which makes a new one.
 *
 * The file is on the disk, safe from a power cut, before the database knows the digest. After a crash in between, the next start replaces the file.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeDurably } from '../../shared/kit/durable-file.ts';
import type { HubStore } from '../store/store.ts';
import { digestSecret, matchesDigest, newSecret } from './secrets.ts';

export const ADMIN_NAME = 'admin';
/** In the data folder. */
export const ADMIN_TOKEN_FILE = 'admin.token';

export interface AdminToken {
  readonly file: string;
  /** The token, only if this start made it. */
  readonly created: string | undefined;
  /** The file holds another token than the database knows. */
  readonly mismatch: boolean;
}

/** @param now milliseconds since 1970 */
export async function ensureAdminToken(folder: string, store: HubStore, now: number): Promise<AdminToken> {
  const file = path.join(folder, ADMIN_TOKEN_FILE);
  const known = await store.tokens.byName(ADMIN_NAME);
  if (known && existsSync(file)) {
    const mismatch = !matchesDigest(readFileSync(file, 'utf8').trim(), known.hash);
    return { file, created: undefined, mismatch };
  }
  const token = newSecret();
  // The mode below counts only for a file that does not exist: a crash may have left one.
  rmSync(`${file}.new`, { force: true });
  writeDurably(file, `${token}\n`, 0o600);
  await store.transact(async (tx) => {
    if (known) await tx.tokens.remove(known.id);
    await tx.tokens.add({ name: ADMIN_NAME, role: 'admin', hash: digestSecret(token), createdAt: now });
    await tx.audit.add({ at: now, actor: 'hub' }, 'token.add', ADMIN_NAME, { role: 'admin' });
  });
  return { file, created: token, mismatch: false };
}
