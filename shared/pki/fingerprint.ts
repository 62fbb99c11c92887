/** Fingerprints of certificates and keys: the SHA-256 of their DER form, written `sha256:HEX`. */
import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { digestOf } from '../kit/digest.ts';

/** Takes `sha256:HEX`, and also what OpenSSL prints: `SHA256:AA:BB:…`, `sha256 Fingerprint=AA:BB:…`, or bare hex. */
export const fingerprint = z
  .string()
  .max(256)
  .transform((text) =>
    text
      .replace(/^\s*sha-?256(\s+fingerprint)?\s*[:=]?/i, '')
      .replaceAll(/[:\s]/g, '')
      .toLowerCase(),
  )
  .pipe(z.string().regex(/^[0-9a-f]{64}$/, 'must be sha256: and 64 hex digits'))
  .transform((hex) => `sha256:${hex}`);

export function fingerprintOf(certificate: Pick<X509Certificate, 'raw'>): string {
  return digestOf(certificate.raw);
}

/** Of a public key (SubjectPublicKeyInfo): it stays the same when the key gets a new certificate. */
export function keyFingerprintOf(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return digestOf(publicKey.export({ type: 'spki', format: 'der' }));
}
