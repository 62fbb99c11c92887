/** Making keys and signed metadata: for the hub's own roles, and for those who sign offline. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { canonicalBytes, keyIdOf } from './file.ts';
import type { Envelope, PublicKey, RoleName, SignedOf } from './schema.ts';

export const SPEC_VERSION = '1.0.31';

export interface SigningKey {
  readonly id: string;
  readonly public: PublicKey;
  readonly private: KeyObject;
}

export function newSigningKey(): SigningKey {
  return signingKeyOf(generateKeyPairSync('ed25519').privateKey);
}

/** A key out of its PEM (PKCS #8). @throws Error for what is no ed25519 key */
export function signingKeyFromPem(pem: string): SigningKey {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(`an ed25519 key is needed, this is ${key.asymmetricKeyType}`);
  return signingKeyOf(key);
}

export function pemOf(key: SigningKey): string {
  return String(key.private.export({ format: 'pem', type: 'pkcs8' }));
}

/** A file of metadata with the signatures of these keys. */
export function signMetadata<R extends RoleName>(signed: SignedOf<R>, keys: readonly SigningKey[]): Envelope {
  return addSignatures({ signed, signatures: [] }, keys);
}

/** Signs a draft with more keys; a key that has signed before signs anew. */
export function addSignatures(draft: Envelope, keys: readonly SigningKey[]): Envelope {
  const bytes = canonicalBytes(draft.signed);
  const ids = new Set(keys.map((key) => key.id));
  const fresh = keys.map((key) => ({ keyid: key.id, sig: sign(null, bytes, key.private).toString('hex') }));
  return { ...draft, signatures: [...draft.signatures.filter((s) => !ids.has(s.keyid)), ...fresh] };
}

/** The bytes of a metadata file, as it is kept, served and hashed. */
export function metadataBytes(file: Envelope): Buffer {
  return Buffer.from(`${JSON.stringify(file, undefined, 1)}\n`, 'utf8');
}

function signingKeyOf(key: KeyObject): SigningKey {
  const { x } = key.export({ format: 'jwk' });
  const publicKey: PublicKey = {
    keytype: 'ed25519',
    scheme: 'ed25519',
    keyval: { public: Buffer.from(x ?? '', 'base64url').toString('hex') },
  };
  return { id: keyIdOf(publicKey), public: publicKey, private: key };
}
