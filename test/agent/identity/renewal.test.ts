/** When a certificate is renewed, over random lives. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextStep, renewAt } from '../../../agent/identity/renewal.ts';
import { issueClient, makeIssuer, makeRoot } from '../../../cloud-hub/pki/certificates.ts';
import { newKey } from '../../../shared/pki/keys.ts';

const DAY_MS = 86_400_000;
const from = Date.UTC(2026, 5, 1);
const root = await makeRoot({ from, to: from + 4000 * DAY_MS });
const issuer = await makeIssuer(root, { from, to: from + 4000 * DAY_MS });
const certificate = async (days: number) =>
  `${await issueClient(issuer, newKey(), 'gate', { from, to: from + days * DAY_MS })}`;
const identity = (text: string, next?: object) => ({
  device: 'gate',
  hub: 'https://hub',
  current: { key: 'k', certificate: text },
  ...(next ? { next: next as { key: string } } : {}),
});

test('it is renewed about two thirds into its life, each at a moment of its own, and that one is kept', async () => {
  const moments: number[] = [];
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 365 }), async (days) => {
      const text = await certificate(days);
      const share = (renewAt(text) - from) / (days * DAY_MS);
      moments.push(share);
      expect(share).toBeGreaterThan(2 / 3 - 1 / 20 - 1e-6);
      expect(share).toBeLessThan(2 / 3 + 1 / 20 + 1e-6);
      expect(renewAt(text)).toBe(renewAt(text));
      const at = renewAt(text);
      expect(nextStep(identity(text), at - 1)).toEqual({ kind: 'wait', until: at });
      expect(nextStep(identity(text), at)).toEqual({ kind: 'key' });
    }),
    { numRuns: 60 },
  );
  // A fleet that was enrolled at once does not come back at once.
  expect(new Set(moments.map((share) => share.toFixed(3))).size).toBeGreaterThan(30);
});

test('what was begun goes on, whatever the time', async () => {
  const text = await certificate(30);
  for (const now of [0, from, from + 1e13]) {
    expect(nextStep(identity(text, { key: 'k' }), now)).toEqual({ kind: 'ask' });
    expect(nextStep(identity(text, { key: 'k', certificate: text }), now)).toEqual({ kind: 'prove' });
  }
});
