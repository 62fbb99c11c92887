/**
 * Sealing small pieces of content for the disk: AES-256-GCM (NIST SP 800-38D), with a key of its own for each start.
 *
 * Format of a sealed piece: `VSL1` (4 bytes), id of the key (8), salt (16), counter (6, big-endian), the ciphertext, tag (16).
 * The key of a start is HKDF-SHA256 (RFC 5869) of the user's key and the salt; the counter is the nonce, padded with zeros.
 *
 * Invariants:
 * 1. No nonce is used twice under one key: each sealer has a random salt, and counts.
 * 2. All before the ciphertext is authenticated with it, and so is `purpose`: a piece of one kind cannot stand for one of another.
 * 3. The id says which key it is and nothing about it: it is a hash of the key.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

const MAGIC = Buffer.from('VSL1', 'latin1');
const ID_BYTES = 8;
const SALT_BYTES = 16;
const COUNTER_BYTES = 6;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;
const ID_END = MAGIC.length + ID_BYTES;
const SALT_END = ID_END + SALT_BYTES;
/** Of a sealed piece: what stands before the ciphertext. */
export const SEAL_HEAD_BYTES = SALT_END + COUNTER_BYTES;
/** Of an AES-256 key. */
export const KEY_BYTES = 32;
/** Keys of earlier starts that are remembered while much is read. */
const MOST_DERIVED = 256;

/** A piece that none of the keys opens: another key's, changed, or cut off. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

export interface Sealer {
  /** Id of the key that new pieces are sealed with, 16 hexadecimal digits; undefined: they stay plain. */
  readonly keyId: string | undefined;
  /** Are there any keys? */
  readonly hasKeys: boolean;
  knows(keyId: string): boolean;
  /** @returns the sealed piece, or `content` itself where there is no key to seal with */
  seal(content: Uint8Array): Buffer;
  /** @returns what was sealed; a piece that is not sealed as it is @throws SealError */
  open(piece: Buffer): Buffer;
  /** Is a piece as `seal` would leave it now: sealed with the newest key, or plain where there is none? Its first SEAL_HEAD_BYTES will do. */
  isCurrent(piece: Buffer): boolean;
  /** The same keys for pieces of another kind. */
  for(purpose: string): Sealer;
}

/**
 * @param key 32 bytes that seal; undefined: new pieces stay plain
 * @param oldKeys 32 bytes each; they only open
 */
export function createSealer(key: Buffer | undefined, oldKeys: readonly Buffer[] = [], purpose = ''): Sealer {
  const keys = new Map([...oldKeys, ...(key ? [key] : [])].map((one) => [keyIdOf(one), one]));
  const keyId = key && keyIdOf(key);
  const derived = new Map<string, Buffer>();
  const salt = randomBytes(SALT_BYTES);
  const head = Buffer.concat([MAGIC, Buffer.from(keyId ?? '', 'hex'), salt]);
  const own = key && derivedOf(key, salt);
  let counter = 0;

  const derive = (id: string, master: Buffer, of: Buffer): Buffer => {
    const name = id + of.toString('latin1');
    const found = derived.get(name) ?? derivedOf(master, of);
    if (derived.size >= MOST_DERIVED) derived.clear();
    derived.set(name, found);
    return found;
  };

  return {
    keyId,
    hasKeys: keys.size > 0,
    knows: (id) => keys.has(id),
    seal(content) {
      if (!own) return Buffer.from(content);
      const nonce = Buffer.alloc(NONCE_BYTES);
      nonce.writeUIntBE(++counter, NONCE_BYTES - COUNTER_BYTES, COUNTER_BYTES);
      const start = Buffer.concat([head, nonce.subarray(NONCE_BYTES - COUNTER_BYTES)]);
      const cipher = createCipheriv('aes-256-gcm', own, nonce);
      cipher.setAAD(Buffer.concat([start, Buffer.from(purpose)]));
      return Buffer.concat([start, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
    },
    open(piece) {
      const id = sealedWith(piece);
      if (id === undefined) return piece;
      const master = keys.get(id);
      if (!master) throw new SealError(`it is sealed with the key ${id}, which is not given`);
      if (piece.length < SEAL_HEAD_BYTES + TAG_BYTES) throw new SealError('it is cut off');
      const nonce = Buffer.alloc(NONCE_BYTES);
      piece.copy(nonce, NONCE_BYTES - COUNTER_BYTES, SALT_END, SEAL_HEAD_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', derive(id, master, piece.subarray(ID_END, SALT_END)), nonce, {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.concat([piece.subarray(0, SEAL_HEAD_BYTES), Buffer.from(purpose)]));
      decipher.setAuthTag(piece.subarray(-TAG_BYTES));
      try {
        return Buffer.concat([decipher.update(piece.subarray(SEAL_HEAD_BYTES, -TAG_BYTES)), decipher.final()]);
      } catch {
        throw new SealError(`it was changed after it was sealed with the key ${id}`);
      }
    },
    isCurrent: (piece) => sealedWith(piece) === keyId,
    for: (other) => createSealer(key, oldKeys, other),
  };
}

/** Leaves everything as it is. */
export const noSealer: Sealer = createSealer(undefined);

/** Id of the key that a piece is sealed with; undefined: it is plain. */
export function sealedWith(piece: Uint8Array): string | undefined {
  if (piece.length < ID_END || !MAGIC.equals(piece.subarray(0, MAGIC.length))) return undefined;
  return Buffer.from(piece.subarray(MAGIC.length, ID_END)).toString('hex');
}

/** Names a key without saying anything of it: 16 hexadecimal digits. */
export function keyIdOf(key: Uint8Array): string {
  const hash = createHash('sha256').update('vedette key id').update(key).digest();
  return hash.subarray(0, ID_BYTES).toString('hex');
}

function derivedOf(master: Buffer, salt: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', master, salt, 'vedette seal', KEY_BYTES));
}
