/** When a certificate is renewed, and which step comes next. Pure. */
import { createHash } from 'node:crypto';
import { certificatesOf, validityOf } from '../../shared/pki/pem.ts';
import type { Identity } from './file.ts';

export type Step =
  /** Nothing before then; milliseconds since 1970. */
  | { readonly kind: 'wait'; readonly until: number }
  /** Make a key, and write it down. */
  | { readonly kind: 'key' }
  /** Ask the hub for its certificate. */
  | { readonly kind: 'ask' }
  /** Connect with it; where that works, it becomes the current one. */
  | { readonly kind: 'prove' };

/** Of the life of a certificate. */
const SHARE = 2 / 3;
/** So that devices that were enrolled together do not renew together: up to this share of the life, earlier or later. */
const JITTER = 1 / 20;

/** @param now the latest that the time may well be, milliseconds since 1970 */
export function nextStep({ current, next }: Identity, now: number): Step {
  if (next) return { kind: next.certificate === undefined ? 'ask' : 'prove' };
  const until = renewAt(current.certificate);
  return now < until ? { kind: 'wait', until } : { kind: 'key' };
}

/** The same for the same certificate, always. */
export function renewAt(certificate: string): number {
  const [leaf] = certificatesOf(certificate);
  if (!leaf) return 0;
  const { from, to } = validityOf(leaf);
  const chance = createHash('sha256').update(leaf.raw).digest().readUInt32BE() / 2 ** 32;
  return from + (to - from) * (SHARE + JITTER * (2 * chance - 1));
}
