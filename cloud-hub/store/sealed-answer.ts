/** An answer of the API as it is kept: sealed with a key that the sender's `Idempotency-Key` gives (AES-256-GCM, RFC 5869). */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { z } from 'zod';

const answer = z.strictObject({
  status: z.number().int(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  /** Base64. */
  body: z.string(),
});

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

const ALGORITHM = 'aes-256-gcm';
const NONCE = 12;
const TAG = 16;

/** Nonce, tag, sealed bytes. */
export function seal({ status, headers, body }: Answer, key: string): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv(ALGORITHM, keyOf(key, nonce), nonce);
  const text = JSON.stringify({ status, headers, body: body.toString('base64') });
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/** Undefined when it was sealed with another key, or is damaged. */
export function open(sealed: Buffer, key: string): Answer | undefined {
  try {
    const nonce = sealed.subarray(0, NONCE);
    const decipher = createDecipheriv(ALGORITHM, keyOf(key, nonce), nonce);
    decipher.setAuthTag(sealed.subarray(NONCE, NONCE + TAG));
    const text = Buffer.concat([decipher.update(sealed.subarray(NONCE + TAG)), decipher.final()]).toString('utf8');
    const { body, ...head } = answer.parse(JSON.parse(text));
    return { ...head, body: Buffer.from(body, 'base64') };
  } catch {
    return undefined;
  }
}

function keyOf(key: string, nonce: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', key, nonce, 'vedette answer', 32));
}
