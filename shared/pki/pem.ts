/** Certificates as PEM text. */
import { X509Certificate } from 'node:crypto';
import { messageOf } from '../kit/errors.ts';

/** A chain or a bundle of authorities has a few; more is something else. */
const MAX_CERTIFICATES = 64;
const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** All certificates of a PEM text, in its order. @throws Error when there is none, or one cannot be read */
export function certificatesOf(pem: string): X509Certificate[] {
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0) throw new Error('there is no certificate in PEM form (-----BEGIN CERTIFICATE-----)');
  if (blocks.length > MAX_CERTIFICATES) throw new Error(`there are more than ${MAX_CERTIFICATES} certificates`);
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      throw new Error(`certificate ${index + 1} cannot be read: ${messageOf(error)}`);
    }
  });
}

export function pemOf(certificates: readonly X509Certificate[]): string {
  return certificates
    .map((certificate) => certificate.toString().trim())
    .join('\n')
    .concat('\n');
}

/** When a certificate begins and ends to be valid, in milliseconds since 1970. */
export function validityOf(certificate: X509Certificate): { readonly from: number; readonly to: number } {
  return { from: Date.parse(certificate.validFrom), to: Date.parse(certificate.validTo) };
}
