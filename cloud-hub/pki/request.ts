/**
 * Looks at a request for a certificate (PKCS#10, RFC 2986) from outside: it may ask for a name and nothing else, with a key of the one kind
 * that we use, and prove that it has that key. A home of @peculiar/x509.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { MAX_REQUEST } from '../../shared/contract/enrolment.ts';
import { name } from '../../shared/contract/names.ts';
import { keyFingerprintOf } from '../../shared/pki/fingerprint.ts';
import { RESERVED_NAMES } from './reserved.ts';

export interface Asked {
  readonly device: string;
  readonly publicKey: KeyObject;
  /** Of the key. */
  readonly fingerprint: string;
}

/** Why a request is refused, in words for whoever sent it. */
export class RequestFault extends Error {
  override readonly name = 'RequestFault';
}

const BLOCK =
  /^\s*-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----\s([A-Za-z0-9+/=\s]+)-----END (?:NEW )?CERTIFICATE REQUEST-----\s*$/;

/** @throws RequestFault */
export async function checkRequest(pem: string): Promise<Asked> {
  if (pem.length > MAX_REQUEST) throw new RequestFault(`it is longer than ${MAX_REQUEST} characters`);
  const body = BLOCK.exec(pem)?.[1];
  if (body === undefined) throw new RequestFault('it is not one block of PEM (-----BEGIN CERTIFICATE REQUEST-----)');
  let request: x509.Pkcs10CertificateRequest;
  let publicKey: KeyObject;
  try {
    request = new x509.Pkcs10CertificateRequest(Buffer.from(body, 'base64'));
    publicKey = createPublicKey({ key: Buffer.from(request.publicKey.rawData), format: 'der', type: 'spki' });
  } catch {
    throw new RequestFault('it cannot be read as a request for a certificate (PKCS#10)');
  }
  const { asymmetricKeyType, asymmetricKeyDetails } = publicKey;
  if (asymmetricKeyType !== 'ec' || asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new RequestFault(
      `its key must be EC P-256, and is ${asymmetricKeyType} ${asymmetricKeyDetails?.namedCurve ?? ''}`.trim(),
    );
  if (request.attributes.length > 0)
    throw new RequestFault('it asks for attributes or extensions: what a certificate says is up to the hub');
  const device = deviceOf(request);
  // The types say that each algorithm has a hash; one that the library does not know has none.
  const { hash }: { readonly hash?: { readonly name: string } } = request.signatureAlgorithm;
  if (hash?.name !== 'SHA-256' || !(await request.verify().catch(() => false)))
    throw new RequestFault('its signature is not one of its key, with SHA-256');
  return { device, publicKey, fingerprint: keyFingerprintOf(publicKey) };
}

/** The subject has to be one common name, and that a device's id. */
function deviceOf(request: x509.Pkcs10CertificateRequest): string {
  const parts = request.subjectName.toJSON().flatMap((part) => Object.entries(part));
  const [key, values] = parts[0] ?? [];
  const value = values?.[0];
  if (parts.length !== 1 || key !== 'CN' || values?.length !== 1 || value === undefined)
    throw new RequestFault('its subject must be CN=NAME and nothing else');
  const parsed = name.safeParse(value);
  if (!parsed.success) throw new RequestFault(`its name ${parsed.error.issues[0]?.message ?? 'is not allowed'}`);
  if (RESERVED_NAMES.has(parsed.data)) throw new RequestFault(`the name "${parsed.data}" is the hub's own`);
  return parsed.data;
}
