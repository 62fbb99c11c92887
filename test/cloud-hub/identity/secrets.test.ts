import { expect, test } from 'vitest';
import { digestSecret, matchesDigest, newSecret } from '../../../cloud-hub/identity/secrets.ts';

test('a secret is 256 random bits, and matches its own digest only', () => {
  const secret = newSecret();
  expect(secret).toMatch(/^[\w-]{43}$/);
  expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  const digest = digestSecret(secret);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(matchesDigest(secret, digest)).toBe(true);
  expect(matchesDigest(Buffer.from(secret), digest)).toBe(true);
  expect(matchesDigest(`${secret} `, digest)).toBe(false);
  expect(matchesDigest(secret, digestSecret(newSecret()))).toBe(false);
  for (const other of ['', 'zz', digest.slice(0, 60), `zz${digest}`, `${digest.slice(0, 62)}zz`])
    expect(matchesDigest(secret, other), other).toBe(false);
  // Hex beyond the 32 bytes of a digest says nothing.
  expect(matchesDigest(secret, `${digest}00`)).toBe(true);
});

test('a digest that was cut off matches nothing, also when what is missing is zero', () => {
  const secret = Array.from({ length: 100_000 }, (_, n) => `secret ${n}`).find((s) => digestSecret(s).endsWith('00'));
  const digest = digestSecret(secret ?? '');
  expect(digest.endsWith('00')).toBe(true);
  expect(matchesDigest(secret ?? '', digest)).toBe(true);
  expect(matchesDigest(secret ?? '', digest.slice(0, -2))).toBe(false);
});

test('the digest is SHA-256, of text and of bytes alike', () => {
  const known = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect([digestSecret('abc'), digestSecret(Buffer.from('abc'))]).toEqual([known, known]);
});
