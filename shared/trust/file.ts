/** One metadata file: bytes to checked content, signatures, and the canonical form that is signed. The home of canonical JSON. */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { canonicalize } from '@tufjs/canonical-json';
import { messageOf } from '../kit/errors.ts';
import { complaintsOf, describeComplaints } from '../kit/schema.ts';
import { TrustError } from './error.ts';
import {
  type Envelope,
  envelope,
  maxBytesOf,
  type PublicKey,
  type RoleName,
  type RootSigned,
  type SignedOf,
  signedSchemas,
} from './schema.ts';

/** A metadata file whose shape is checked; its signatures are not, until `requireSigned`. */
export interface MetadataFile<R extends RoleName> {
  readonly role: R;
  readonly bytes: Uint8Array;
  readonly signed: SignedOf<R>;
  readonly envelope: Envelope;
}

/** @throws TrustError `size` or `malformed` */
export function readFile<R extends RoleName>(role: R, bytes: Uint8Array): MetadataFile<R> {
  if (bytes.length > maxBytesOf[role]) {
    throw new TrustError('size', `${role}.json: ${bytes.length} bytes; at most ${maxBytesOf[role]} are allowed`);
  }
  let raw: unknown;
  try {
    raw = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new TrustError('malformed', `${role}.json: not JSON: ${messageOf(error)}`);
  }
  const outer = envelope.safeParse(raw);
  const inner = outer.success ? signedSchemas[role].safeParse(outer.data.signed) : undefined;
  if (!outer.success || !inner?.success) {
    const complaints = outer.success
      ? inner?.error && complaintsOf(inner.error, outer.data.signed, 'signed')
      : complaintsOf(outer.error, raw);
    throw new TrustError('malformed', `${role}.json: ${describeComplaints((complaints ?? []).slice(0, 5))}`);
  }
  // The schema at this role's place is the one of its type.
  return { role, bytes, signed: inner.data as SignedOf<R>, envelope: outer.data };
}

/** What is signed: OLPC canonical JSON (specification, 4.2.1). @throws TrustError `malformed` for numbers that are no integers */
export function canonicalBytes(signed: unknown): Buffer {
  try {
    return Buffer.from(canonicalize(signed), 'utf8');
  } catch (error) {
    throw new TrustError('malformed', `no canonical form: ${messageOf(error)}`);
  }
}

/** Id of a key (4.2.1): SHA-256 of its canonical JSON. */
export function keyIdOf(key: PublicKey): string {
  return createHash('sha256').update(canonicalBytes(key)).digest('hex');
}

/**
 * How many different keys of `role` have signed, by what `root` says of keys and roles. A key counts once however often it
 * is listed, and only under its true id.
 */
export function countSigners(root: RootSigned, role: RoleName, file: Pick<MetadataFile<RoleName>, 'envelope'>): number {
  const bytes = canonicalBytes(file.envelope.signed);
  const allowed = new Set(root.roles[role].keyids);
  const signers = new Set<string>();
  for (const { keyid, sig } of file.envelope.signatures) {
    const key = allowed.has(keyid) ? root.keys[keyid] : undefined;
    if (!key || signers.has(key.keyval.public) || keyIdOf(key) !== keyid) continue;
    if (verify(null, bytes, publicKeyObject(key.keyval.public), Buffer.from(sig, 'hex')))
      signers.add(key.keyval.public);
  }
  return signers.size;
}

/** @throws TrustError `signature` when fewer keys than the threshold have signed */
export function requireSigned(root: RootSigned, role: RoleName, file: MetadataFile<RoleName>): void {
  const { threshold } = root.roles[role];
  const found = countSigners(root, role, file);
  if (found >= threshold) return;
  const { version } = file.signed;
  throw new TrustError(
    'signature',
    `${role}.json ${version}: ${found} valid signatures of ${threshold} that are needed`,
  );
}

/** RFC 8410: what DER puts before the 32 bytes of an ed25519 public key. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function publicKeyObject(hex: string): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, Buffer.from(hex, 'hex')]), format: 'der', type: 'spki' });
}
