/** The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), and a digest of what a request asks. Pure. */
import { ProblemError } from '../../shared/http/problems.ts';
import { digestOf } from '../../shared/kit/digest.ts';

export const KEY_HEADER = 'idempotency-key';
/** Answers are sealed with it, so nobody may guess it; a UUID has 36 characters. */
export const KEY_MIN = 16;
export const KEY_MAX = 128;

const shape = new RegExp(`^"?([\\x21\\x23-\\x5b\\x5d-\\x7e]{${KEY_MIN},${KEY_MAX}})"?$`);

/** The key, with or without its quotes; undefined when there is none. @throws ProblemError 400 */
export function repeatKeyOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const key = typeof header === 'string' ? shape.exec(header)?.[1] : undefined;
  if (key === undefined)
    throw new ProblemError(
      400,
      `Idempotency-Key: must be one text of ${KEY_MIN} to ${KEY_MAX} characters in quotes, new for each change, such as a UUID`,
    );
  return key;
}

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
}

/** @param body as it was understood, or a digest of its bytes */
export function digestOfRequest({ method, url, ifMatch, ifNoneMatch }: Asked, body: unknown): string {
  return digestOf(JSON.stringify([method, url, ifMatch ?? null, ifNoneMatch ?? null, body ?? null]));
}
