/** The texts of records as the file keeps them: plain in `body`, or sealed in `sealed`, and then `body` is empty. */

import { CodedError } from '../../../shared/kit/errors.ts';
import { SealError, type Sealer } from '../../../shared/kit/seal.ts';
import { DamagedFileError, LostKeyError, type MetaState } from './format.ts';

/** The two columns of a row. */
export interface Stored {
  readonly body: string;
  readonly sealed: Buffer | null;
}

export interface Texts {
  /** What the columns hold of a new text. */
  keep(json: string): [body: string, sealed: Buffer | null];
  /** @throws DamagedFileError when it was changed, or its key is not given */
  read(stored: Stored): string;
  /** Is it kept as a new one would be? */
  isCurrent(stored: Stored): boolean;
}

export function textsOf(sealer: Sealer): Texts {
  return {
    keep: (json) => (sealer.keyId === undefined ? [json, null] : ['', sealer.seal(Buffer.from(json))]),
    read({ body, sealed }) {
      if (!sealed) return body;
      try {
        return sealer.open(sealed).toString('utf8');
      } catch (error) {
        if (error instanceof SealError) throw new DamagedFileError(`a record cannot be opened: ${error.message}`);
        throw error;
      }
    },
    isCurrent: ({ sealed }) => (sealed ? sealer.isCurrent(sealed) : sealer.keyId === undefined),
  };
}

/** What a new file says of its keys. */
export function keysOfNew({ keyId }: Sealer): Pick<MetaState, 'keys' | 'plain'> {
  return { keys: keyId === undefined ? [] : [keyId], plain: keyId === undefined };
}

/**
 * What the file says of its keys from this opening on, when new texts are kept as `sealer` does.
 * @throws LostKeyError when a key is missing; CodedError when none is given at all, which is taken for a mistake
 */
export function keysAfterOpening(
  { keys, plain }: MetaState,
  sealer: Sealer,
  path: string,
): Pick<MetaState, 'keys' | 'plain'> {
  const missing = keys.filter((id) => !sealer.knows(id));
  if (missing.length > 0 && !sealer.hasKeys) {
    const what = `${path} is encrypted with the key ${missing.join(', ')}, and the configuration has no \`encryption\``;
    throw new CodedError(
      'config-invalid',
      `${what}: name the key in \`encryption.keyFile\`, or in \`encryption.oldKeyFiles\` alone to go back to plain text`,
    );
  }
  if (missing.length > 0)
    throw new LostKeyError(`it is encrypted with the key ${missing.join(', ')}, which is not given`);
  const { keyId } = sealer;
  return keyId === undefined ? { keys, plain: true } : { keys: [...new Set([...keys, keyId])], plain };
}

/** Are there texts that are not kept as new ones are? */
export function isToReseal({ keys, plain }: Pick<MetaState, 'keys' | 'plain'>, { keyId }: Sealer): boolean {
  if (keyId === undefined) return keys.length > 0;
  return plain || keys.some((id) => id !== keyId);
}
