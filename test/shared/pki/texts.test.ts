/** Texts that people copy: claims and fingerprints. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { claimText, parseClaim } from '../../../shared/pki/claim.ts';
import { fingerprint } from '../../../shared/pki/fingerprint.ts';
import { certificatesOf } from '../../../shared/pki/pem.ts';

const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });

test('a claim is read back as it was written; no other text is one', () => {
  fc.assert(
    fc.property(bytes, fc.option(bytes), (secret, root) => {
      const claim = {
        secret: Buffer.from(secret).toString('base64url'),
        ...(root ? { root: `sha256:${Buffer.from(root).toString('hex')}` } : {}),
      };
      const text = claimText(claim);
      expect(parseClaim(text)).toEqual(claim);
      expect(parseClaim(` ${text}\n`)).toEqual(claim);
      for (const bad of [text.slice(1), `${text}x`, text.replace('.', ' '), text.replace('vedette1', 'vedette2')])
        expect(parseClaim(bad)).toBeUndefined();
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => parseClaim(text) === undefined));
});

test('a fingerprint is taken in every way that tools write it', () => {
  const hex = 'ab'.repeat(32);
  const colons = hex.toUpperCase().match(/../g)?.join(':') ?? '';
  for (const text of [
    `sha256:${hex}`,
    `SHA256:${hex.toUpperCase()}`,
    hex,
    colons,
    `sha256 Fingerprint=${colons}`,
    ` sha256:${hex}\n`,
  ])
    expect(fingerprint.parse(text)).toBe(`sha256:${hex}`);
  for (const text of ['', 'sha256:', `sha256:${hex.slice(1)}`, `sha256:${hex}0`, `sha1:${hex}`, 'x'.repeat(300)])
    expect(fingerprint.safeParse(text).success).toBe(false);
});

test('a text without a certificate, or with a damaged one, says so', () => {
  expect(() => certificatesOf('')).toThrow(/no certificate in PEM form/);
  expect(() => certificatesOf('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')).toThrow(
    /certificate 1 cannot be read/,
  );
});
