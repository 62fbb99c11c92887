/** Why signed metadata, or what it stands for, is not trusted. */

/**
 * `malformed`: not such a file; `size`: longer than allowed or stated; `signature`: too few valid signatures; `rollback`:
 * older than what was trusted before; `mismatch`: not the file that the one above it names; `expired`: nobody has vouched
 * for it lately; `missing`: not there; `unreachable`: could not be fetched in time; `target`: not what the metadata names.
 */
export type Distrust =
  | 'malformed'
  | 'size'
  | 'signature'
  | 'rollback'
  | 'mismatch'
  | 'expired'
  | 'missing'
  | 'unreachable'
  | 'target';

export class TrustError extends Error {
  override readonly name = 'TrustError';
  readonly why: Distrust;
  constructor(why: Distrust, message: string, options?: ErrorOptions) {
    super(message, options);
    this.why = why;
  }
}
