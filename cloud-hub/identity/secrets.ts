/**
 * Secrets: 256 random bits as base64url. Only the SHA-256 digest is kept. A slow password hash is not needed: nobody can guess
 * 256 random bits.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** SHA-256 of a secret, 64 hex digits. */
export function digestSecret(secret: string | Uint8Array): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Does a secret have this digest? In constant time; an empty digest matches nothing. */
export function matchesDigest(secret: string | Uint8Array, digest: string): boolean {
  const actual = Buffer.from(digestSecret(secret), 'hex');
  const expected = Buffer.alloc(actual.length);
  const isDigest = Buffer.from(digest, 'hex').copy(expected) === actual.length;
  return timingSafeEqual(actual, expected) && isDigest;
}
