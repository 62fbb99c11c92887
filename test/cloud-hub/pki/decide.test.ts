/** Every state that a box, its claim and its name can be in. */
import { expect, test } from 'vitest';
import { decideEnrolment, type Question } from '../../../cloud-hub/pki/decide.ts';

const NOW = 1_000;
const good = { id: 1, uses: 2, used: 1, approve: false, expiresAt: NOW + 1, revokedAt: undefined };
const plain: Question = { claim: good, key: 'k', earlier: undefined, isKnown: false, hasCertificate: false, now: NOW };

const states = ['waiting', 'approved', 'refused', 'enrolled'] as const;
const questions: Question[] = [undefined, NOW - 1].flatMap((revokedAt) =>
  [NOW, NOW + 1].flatMap((expiresAt) =>
    [0, 1, 2].flatMap((used) =>
      [false, true].flatMap((approve) =>
        [
          undefined,
          ...[1, 2].flatMap((claim) => ['k', 'other'].flatMap((key) => states.map((state) => ({ claim, key, state })))),
        ].flatMap((earlier) =>
          [false, true].flatMap((isKnown) =>
            [false, true].map((hasCertificate) => ({
              ...plain,
              claim: { ...good, revokedAt, expiresAt, used, approve },
              earlier,
              isKnown,
              hasCertificate,
            })),
          ),
        ),
      ),
    ),
  ),
);

test('what holds in every state', () => {
  expect(questions).toHaveLength(2 * 2 * 3 * 2 * 17 * 4);
  for (const question of questions) {
    const { claim, earlier, isKnown, hasCertificate } = question;
    const decision = decideEnrolment(question);
    const isSame = earlier?.claim === 1 && earlier.key === 'k';
    const context = JSON.stringify({ question, decision });
    // A revoked claim lets nobody in, whatever was before.
    if (claim?.revokedAt !== undefined) expect(decision, context).toEqual({ kind: 'refuse', why: 'revoked' });
    // Only a claim with a use left, in its time, begins anything.
    if (decision.kind === 'issue' && decision.counts) {
      expect([claim && claim.used < claim.uses, claim && claim.expiresAt > NOW, claim?.approve], context).toEqual([
        true,
        true,
        false,
      ]);
    }
    if (decision.kind === 'wait' && decision.isNew) expect(claim?.approve, context).toBe(true);
    // A name that a device has is never given to another key, nor one that another box waits for.
    const begins = decision.kind === 'issue' || (decision.kind === 'wait' && decision.isNew);
    if (isKnown || (earlier && !isSame && earlier.state !== 'refused')) expect(begins, context).toBe(false);
    // The same answer twice is for the same key, the same claim and a certificate that is good.
    if (decision.kind === 'repeat')
      expect([isSame, isKnown, hasCertificate, earlier?.state], context).toEqual([true, true, true, 'enrolled']);
    // Where a person is asked, nothing is issued without one.
    if (decision.kind === 'issue' && claim?.approve)
      expect([isSame, earlier?.state], context).toEqual([true, 'approved']);
    if (isSame && earlier.state === 'refused') expect(begins, context).toBe(false);
  }
});

test.each([
  [{ claim: undefined }, { kind: 'refuse', why: 'unknown claim' }],
  [{}, { kind: 'issue', counts: true }],
  [{ claim: { ...good, expiresAt: NOW } }, { kind: 'refuse', why: 'expired' }],
  [{ claim: { ...good, used: 2 } }, { kind: 'refuse', why: 'used up' }],
  [{ isKnown: true }, { kind: 'refuse', why: 'name taken' }],
  [{ claim: { ...good, approve: true } }, { kind: 'wait', isNew: true }],
  // An answer that was lost is given again, although the claim is used up and over.
  [
    {
      claim: { ...good, used: 2, expiresAt: 0 },
      earlier: { claim: 1, key: 'k', state: 'enrolled' },
      isKnown: true,
      hasCertificate: true,
    },
    { kind: 'repeat' },
  ],
  [
    { claim: { ...good, used: 2, expiresAt: 0 }, earlier: { claim: 1, key: 'k', state: 'approved' } },
    { kind: 'issue', counts: false },
  ],
  [{ earlier: { claim: 1, key: 'k', state: 'refused' } }, { kind: 'refuse', why: 'refused by a person' }],
  [{ earlier: { claim: 1, key: 'thief', state: 'refused' } }, { kind: 'issue', counts: true }],
] as const)('%j', (more, decision) => {
  expect(decideEnrolment({ ...plain, ...more } as Question)).toEqual(decision);
});
