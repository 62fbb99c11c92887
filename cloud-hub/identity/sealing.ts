/**
 * Seals what must be read again, unlike a password: AES-256-GCM (NIST SP 800-38D), a new nonce of 12 bytes each time. What it is
 * for is authenticated, so that something sealed for one owner fits no other.
 *
 * A key file (mode 0600) lies beside the database: a copy of `hub.db` alone does not give away what is sealed.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const NONCE = 12;
const TAG = 16;
const KEY = 32;

export interface Sealing {
  /** @param owner what it is for */
  seal(owner: string, text: string): string;
  /** Undefined when it was sealed with another key, for another owner, or was changed. */
  open(owner: string, sealed: string): string | undefined;
}

/** @param key 32 bytes; default: a key that ends with the process */
export function sealingWith(key: Buffer = randomBytes(KEY)): Sealing {
  return {
    seal(owner, text) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(owner));
      const bytes = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), bytes]).toString('base64');
    },
    open(owner, sealed) {
      const bytes = Buffer.from(sealed, 'base64');
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE), { authTagLength: TAG })
          .setAAD(Buffer.from(owner))
          .setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
        return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}

/**
 * Makes the file where there is none.
 * @param loss what to do when the file is lost for good
 * @throws Error that says what to do when the file is damaged
 */
export function keyInFile(file: string, loss: string): Buffer {
  try {
    // Whoever comes second takes the key of the first.
    writeFileSync(file, `${randomBytes(KEY).toString('hex')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const text = readFileSync(file, 'utf8').trim();
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new Error(`${file} is damaged: restore it from a backup, or delete it and ${loss}`);
  return Buffer.from(text, 'hex');
}
