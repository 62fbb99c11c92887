/**
 * What an authority of the hub signs: itself, the authority below it, certificates of the hub and of devices, and lists of what was
 * revoked. EC P-256 and SHA-256 throughout (RFC 5280, RFC 5480). A home of @peculiar/x509.
 */
import { createPublicKey, type KeyObject, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { FLEET_ROOT, HUB_NAME } from '../../shared/pki/hub-name.ts';
import { CURVE, newKey, SIGNING, signingPair } from '../../shared/pki/keys.ts';

export interface Authority {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

export interface Life {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

const { KeyUsageFlags } = x509;
const SERIAL_BYTES = 16;

export async function makeRoot(life: Life): Promise<Authority> {
  const key = newKey();
  const keys = await signingPair(key);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    ...frameOf(life),
    name: `CN=${FLEET_ROOT}, OU=${randomBytes(4).toString('hex')}`,
    keys,
    extensions: [...authorityExtensions(2), await subjectKey(keys.publicKey)],
  });
  return { certificate: nodeOf(made), key };
}

/** An authority that gives certificates to leaves only. */
export async function makeIssuer(root: Authority, life: Life): Promise<Authority> {
  const key = newKey();
  const name = `CN=Vedette fleet issuer, OU=${randomBytes(4).toString('hex')}`;
  const certificate = await sign(root, key, name, life, authorityExtensions(0));
  return { certificate, key };
}

/** A new root under the old one, so that those who know only the old one trust what the new one signs. */
export function crossSign(old: Authority, fresh: Authority, life: Life): Promise<X509Certificate> {
  return sign(old, fresh.key, parsed(fresh.certificate).subjectName, life, authorityExtensions(1));
}

/** @param names DNS names and IP addresses, beside the one that every device knows */
export function issueServer(
  issuer: Authority,
  key: KeyObject,
  { names, life, isHub }: { readonly names: readonly ServerName[]; readonly life: Life; readonly isHub: boolean },
): Promise<X509Certificate> {
  const all: ServerName[] = [...(isHub ? [{ type: 'dns' as const, value: HUB_NAME }] : []), ...names];
  return sign(issuer, key, `CN=${isHub ? 'Vedette hub' : 'Vedette broker'}`, life, [
    ...leafExtensions(x509.ExtendedKeyUsage.serverAuth),
    new x509.SubjectAlternativeNameExtension(all),
  ]);
}

export interface ServerName {
  readonly type: 'dns' | 'ip';
  readonly value: string;
}

/** @param name id of the device, or of the hub where it is a client of a broker */
export function issueClient(issuer: Authority, key: KeyObject, name: string, life: Life): Promise<X509Certificate> {
  return sign(issuer, key, `CN=${name}`, life, leafExtensions(x509.ExtendedKeyUsage.clientAuth));
}

export interface Revoked {
  /** Hexadecimal. */
  readonly serial: string;
  readonly at: number;
}

/** A list of what an issuer takes back, in PEM. It is newer than every one with a smaller `life.from`. */
export async function makeCrl(issuer: Authority, revoked: readonly Revoked[], life: Life): Promise<string> {
  const { privateKey } = await signingPair(issuer.key);
  const crl = await x509.X509CrlGenerator.create({
    issuer: parsed(issuer.certificate).subjectName.toJSON(),
    thisUpdate: new Date(life.from),
    nextUpdate: new Date(life.to),
    signingAlgorithm: SIGNING,
    signingKey: privateKey,
    entries: revoked.map(({ serial, at }) => ({ serialNumber: serial, revocationDate: new Date(at) })),
    extensions: [await x509.AuthorityKeyIdentifierExtension.create(await publicKeyOf(issuer.key), false)],
  });
  // The library writes another label than RFC 7468 (7) does.
  const lines =
    Buffer.from(crl.rawData)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN X509 CRL-----', ...lines, '-----END X509 CRL-----', ''].join('\n');
}

async function sign(
  issuer: Authority,
  key: KeyObject,
  subject: string | x509.Name,
  life: Life,
  extensions: readonly x509.Extension[],
): Promise<X509Certificate> {
  const publicKey = await publicKeyOf(key);
  const { privateKey } = await signingPair(issuer.key);
  const made = await x509.X509CertificateGenerator.create({
    ...frameOf(life),
    subject: typeof subject === 'string' ? subject : subject.toJSON(),
    issuer: parsed(issuer.certificate).subjectName.toJSON(),
    publicKey,
    signingKey: privateKey,
    extensions: [
      ...extensions,
      await subjectKey(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(await publicKeyOf(issuer.key), false),
    ],
  });
  return nodeOf(made);
}

function frameOf({ from, to }: Life) {
  const serial = randomBytes(SERIAL_BYTES);
  // Positive, and of the same length always.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return {
    serialNumber: serial.toString('hex'),
    notBefore: new Date(from),
    notAfter: new Date(to),
    signingAlgorithm: SIGNING,
  };
}

function authorityExtensions(pathLength: number): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(true, pathLength, true),
    new x509.KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ];
}

function leafExtensions(usage: x509.ExtendedKeyUsage): x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([usage], false),
  ];
}

function publicKeyOf(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const spki = (key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' });
  return webcrypto.subtle.importKey('spki', spki, CURVE, true, ['verify']);
}

function subjectKey(key: webcrypto.CryptoKey): Promise<x509.SubjectKeyIdentifierExtension> {
  return x509.SubjectKeyIdentifierExtension.create(key, false);
}

function parsed(certificate: X509Certificate): x509.X509Certificate {
  return new x509.X509Certificate(certificate.raw);
}

function nodeOf(certificate: x509.X509Certificate): X509Certificate {
  return new X509Certificate(Buffer.from(certificate.rawData));
}
