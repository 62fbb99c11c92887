/**
 * `identity.json`: what a device proves itself with to its hub. JSON, mode 0600:
 *
 *   device    its name
 *   hub       address of the hub's HTTPS side, for renewals
 *   roots     PEM of the authorities to trust; absent: those of the system
 *   current   key and certificate (PEM) in use
 *   next      key that is to follow, and its certificate once the hub has given one
 *
 * 1. The file appears whole, or the one before stays (`writeDurably`).
 * 2. `next` replaces `current` only after a connection with it was accepted.
 * 3. `next.key` is on disk before it is sent: an answer that got lost is asked for again with the same key.
 *
 * After a crash at any moment the next start goes on with what the file says (renewal.ts).
 */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { name } from '../../shared/contract/names.ts';
import { writeDurably } from '../../shared/kit/durable-file.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { complaintsOf, describeComplaints } from '../../shared/kit/schema.ts';
import { commonNameOf } from '../../shared/pki/chain.ts';
import { certificatesOf } from '../../shared/pki/pem.ts';

const pem = z
  .string()
  .min(1)
  .max(256 * 1024);
const pair = z.strictObject({ key: pem, certificate: pem });

export const identitySchema = z.strictObject({
  device: name,
  hub: z.string().regex(/^https:\/\/[^@\s]+$/, 'must be https://host:port'),
  roots: pem.optional(),
  current: pair,
  next: z.strictObject({ key: pem, certificate: pem.optional() }).optional(),
});
export type Identity = z.infer<typeof identitySchema>;
export type KeyPair = z.infer<typeof pair>;

const SECRET = 0o600;

/** @throws Error that names the file and what is wrong */
export function readIdentity(file: string): Identity {
  try {
    const raw: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const parsed = identitySchema.safeParse(raw);
    // What was found may be a key: it is not shown.
    if (!parsed.success) throw new Error(describeComplaints(complaintsOf(parsed.error, undefined)));
    checkPair(parsed.data.current, parsed.data.device);
    return parsed.data;
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is not JSON' : messageOf(error);
    throw new Error(`${file}: ${why}. \`vedette-agent enroll\` makes a new one`);
  }
}

export function writeIdentity(file: string, identity: Identity): void {
  writeDurably(file, `${JSON.stringify(identity, null, 1)}\n`, SECRET);
}

/** @throws Error unless the certificate is one of this key and this device */
export function checkPair({ key, certificate }: KeyPair, device: string): void {
  const [leaf] = certificatesOf(certificate);
  if (!leaf?.checkPrivateKey(createPrivateKey(key))) throw new Error('the certificate is not one of the key');
  if (commonNameOf(leaf) !== device) throw new Error(`the certificate is not one of "${device}"`);
}
