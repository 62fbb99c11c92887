/** The keys of `encryption`: files with 32 random bytes each, as hexadecimal digits, as Base64, or as they are. */
import { readFileSync } from 'node:fs';
import { messageOf } from '../../shared/kit/errors.ts';
import { createSealer, KEY_BYTES, noSealer, type Sealer } from '../../shared/kit/seal.ts';
import { ConfigError } from '../config.ts';

const MAKE = '`openssl rand -hex 32` makes one';
/** Of 32 random bytes, fewer than that differ once in 10^20 keys. */
const FEWEST_DIFFERENT = 12;

export interface KeyFiles {
  readonly keyFile?: string | undefined;
  readonly oldKeyFiles: readonly string[];
}

/** How this agent keeps content on the disk. */
export interface AtRest {
  readonly sealer: Sealer;
  /** Base64 of the newest key, for the runners; undefined: content stays plain. */
  readonly key: string | undefined;
}

/** As without `encryption`. */
export const plainAtRest: AtRest = { sealer: noSealer, key: undefined };

/** @throws ConfigError naming the field and the file */
export function readKeys(encryption: KeyFiles | undefined): AtRest {
  if (!encryption) return plainAtRest;
  const { keyFile, oldKeyFiles } = encryption;
  const key = keyFile === undefined ? undefined : readKey(keyFile, 'encryption.keyFile');
  const oldKeys = oldKeyFiles.map((file, at) => readKey(file, `encryption.oldKeyFiles[${at}]`));
  return { sealer: createSealer(key, oldKeys), key: key?.toString('base64') };
}

function readKey(file: string, field: string): Buffer {
  let found: Buffer;
  try {
    found = readFileSync(file);
  } catch (error) {
    throw new ConfigError(`${field}: ${file} cannot be read: ${messageOf(error)}; ${MAKE}`);
  }
  const key = keyIn(found);
  if (!key)
    throw new ConfigError(
      `${field}: ${file} must hold 32 bytes, as 64 hexadecimal digits, as Base64 or as they are, and has ${found.length} bytes; ${MAKE}`,
    );
  if (new Set(key).size < FEWEST_DIFFERENT)
    throw new ConfigError(`${field}: the key in ${file} is not random; ${MAKE}`);
  return key;
}

function keyIn(found: Buffer): Buffer | undefined {
  if (found.length === KEY_BYTES) return found;
  const text = found.length > 128 ? '' : found.toString('latin1').trim();
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  return /^[A-Za-z0-9+/]{43}=$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}
