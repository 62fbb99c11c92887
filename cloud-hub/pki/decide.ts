/** What becomes of a box that asks to be let in. Pure. */
import type { EnrolmentState } from '../contract/enrolment.ts';

export interface Question {
  /** Undefined: the hub has no such claim. */
  readonly claim:
    | {
        readonly id: number;
        readonly uses: number;
        readonly used: number;
        readonly approve: boolean;
        readonly expiresAt: number;
        readonly revokedAt: number | undefined;
      }
    | undefined;
  /** Fingerprint of the key of the box. */
  readonly key: string;
  /** Who asked last for this name. */
  readonly earlier: { readonly claim: number; readonly key: string; readonly state: EnrolmentState } | undefined;
  /** Is there a device of this name? */
  readonly isKnown: boolean;
  /** Has this very key a certificate for this name that is still good? */
  readonly hasCertificate: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export type Decision =
  /** It becomes a device now. `counts`: that uses the claim. */
  | { readonly kind: 'issue'; readonly counts: boolean }
  /** The same answer as before: it got lost. */
  | { readonly kind: 'repeat' }
  /** A person decides. `isNew`: nobody was asked yet. */
  | { readonly kind: 'wait'; readonly isNew: boolean }
  | { readonly kind: 'refuse'; readonly why: Refusal };

export type Refusal = 'unknown claim' | 'revoked' | 'expired' | 'used up' | 'name taken' | 'refused by a person';

const refuse = (why: Refusal): Decision => ({ kind: 'refuse', why });

export function decideEnrolment({ claim, key, earlier, isKnown, hasCertificate, now }: Question): Decision {
  if (!claim) return refuse('unknown claim');
  if (claim.revokedAt !== undefined) return refuse('revoked');
  // What was asked in time goes on, however late the answer comes: the box is that one, it has the key.
  if (earlier?.claim === claim.id && earlier.key === key) {
    switch (earlier.state) {
      case 'refused':
        return refuse('refused by a person');
      case 'waiting':
        return { kind: 'wait', isNew: false };
      case 'approved':
        return isKnown ? refuse('name taken') : { kind: 'issue', counts: false };
      case 'enrolled':
        // Its certificate was revoked, or has ended: another claim is needed.
        return isKnown && hasCertificate ? { kind: 'repeat' } : refuse(isKnown ? 'name taken' : 'used up');
    }
  }
  if (claim.expiresAt <= now) return refuse('expired');
  if (claim.used >= claim.uses) return refuse('used up');
  if (isKnown || (earlier && earlier.state !== 'refused')) return refuse('name taken');
  return claim.approve ? { kind: 'wait', isNew: true } : { kind: 'issue', counts: true };
}
