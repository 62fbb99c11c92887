/** Looks at a file that holds a secret: is it there, and who may read it? Its content is not looked at. */
import { statSync } from 'node:fs';
import { platform } from 'node:os';
import { messageOf } from '../../kit/errors.ts';

export type SecretFileFacts =
  | { readonly state: 'missing' }
  | { readonly state: 'unreadable'; readonly error: string }
  /** `others`: users beside its owner and its group may read it. */
  | { readonly state: 'there'; readonly others: boolean };

const READ_BY_OTHERS = 0o004;

export function lookAtSecretFile(file: string): SecretFileFacts {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found) return { state: 'missing' };
    // Elsewhere rights are no bits.
    return { state: 'there', others: platform() !== 'win32' && (found.mode & READ_BY_OTHERS) !== 0 };
  } catch (error) {
    return { state: 'unreadable', error: messageOf(error) };
  }
}
