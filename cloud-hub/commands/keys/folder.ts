/** A folder of signing keys: `ROLE-ID.pem`, ed25519 as PKCS #8, mode 0600. It can live on a stick; the hub never sees it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../../shared/kit/errors.ts';
import { newSigningKey, pemOf, type SigningKey, signingKeyFromPem } from '../../../shared/trust/sign.ts';
import { UsageError } from '../context.ts';

export const offlineRoles = ['root', 'targets'] as const;
export type OfflineRole = (typeof offlineRoles)[number];

/** Makes a key; its file is never written over. */
export function createKey(folder: string, role: OfflineRole): { key: SigningKey; file: string } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const key = newSigningKey();
  const file = path.join(folder, `${role}-${key.id.slice(0, 12)}.pem`);
  writeFileSync(file, pemOf(key), { mode: 0o600, flag: 'wx' });
  return { key, file };
}

/** All keys of a folder, for a role or any. @throws UsageError for a folder that is not there or a file that is no key */
export function readKeys(folder: string, role?: OfflineRole): SigningKey[] {
  if (!existsSync(folder)) throw new UsageError(`--keys: there is no folder ${folder}`);
  const files = readdirSync(folder).filter((file) => /^(root|targets)-[0-9a-f]+\.pem$/.test(file));
  return files
    .filter((file) => role === undefined || file.startsWith(`${role}-`))
    .map((file) => {
      try {
        return signingKeyFromPem(readFileSync(path.join(folder, file), 'utf8'));
      } catch (error) {
        throw new UsageError(`${path.join(folder, file)}: ${messageOf(error)}`);
      }
    });
}
