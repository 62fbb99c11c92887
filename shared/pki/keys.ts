/** Keys of devices and authorities: EC P-256, as PKCS#8 PEM, and requests for certificates of them. A home of @peculiar/x509. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, webcrypto } from 'node:crypto';

export const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
export const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;

export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

export function keyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The pair in the form of Web Crypto, which the library signs with. */
export async function signingPair(key: KeyObject): Promise<webcrypto.CryptoKeyPair> {
  const { subtle } = webcrypto;
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  return {
    publicKey: await subtle.importKey('spki', spki, CURVE, true, ['verify']),
    privateKey: await subtle.importKey('pkcs8', pkcs8, CURVE, false, ['sign']),
  };
}

/** A request (PKCS#10) for a certificate of this name, signed by the key. PEM. */
export async function certificateRequest(name: string, privateKeyPem: string): Promise<string> {
  // Loaded when it is wanted: a running agent asks once in weeks.
  const { Pkcs10CertificateRequestGenerator } = await import('@peculiar/x509');
  const keys = await signingPair(createPrivateKey(privateKeyPem));
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: SIGNING,
  });
  return request.toString('pem');
}
