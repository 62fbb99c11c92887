/**
 * The files of the hub's own authority, in `pki/` of the data folder:
 *
 *   root.key     key of the root; it may lie elsewhere (offline), the hub needs it only to make an issuer
 *   root.pem     the newest root
 *   ca.pem       every root that is trusted, the newest first: what devices and brokers trust. Public
 *   issuer.pem   key and certificate of the issuer, which signs devices and servers; then the new root under older ones, where there are any
 *   issuers/     issuers before it, each like issuer.pem: they sign their own lists of revoked certificates until they end
 *   server.pem   key and certificate of this hub's listeners
 *   crl.pem      what was revoked: one list per issuer. Public
 *
 * 1. A key and its certificate are one file, or the key is written first: no crash leaves a certificate without its key.
 * 2. Each file appears whole (`writeDurably`). root.pem is the last that a first start writes of the root: without it, all starts afresh.
 * 3. Keys have the mode 0600.
 */
import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writeDurably } from '../../shared/kit/durable-file.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { keyPem } from '../../shared/pki/keys.ts';
import { certificatesOf, pemOf, validityOf } from '../../shared/pki/pem.ts';
import type { Authority } from './certificates.ts';

const SECRET = 0o600;
const PUBLIC = 0o644;

/** A key with its certificate, and what stands above it in the chain. */
export interface KeyFile extends Authority {
  readonly above: readonly X509Certificate[];
}

export type AuthorityFiles = ReturnType<typeof authorityFiles>;

/** @param folder `pki/` of the data folder */
export function authorityFiles(folder: string) {
  const at = (name: string) => path.join(folder, name);
  const issuersFolder = at('issuers');

  return {
    folder,
    caFile: at('ca.pem'),
    crlFile: at('crl.pem'),
    rootKeyFile: at('root.key'),
    hasRoot: () => existsSync(at('root.pem')),
    hasRootKey: () => existsSync(at('root.key')),

    /** The newest root first. @throws Error that names the file */
    roots: (): X509Certificate[] => readCertificates(at('ca.pem')),
    root: (): X509Certificate => first(readCertificates(at('root.pem'))),

    /** @param keyFile where the root's key lies; default: in the folder. @throws Error when it is not there, or another's */
    rootAuthority(keyFile = at('root.key')): Authority {
      const certificate = first(readCertificates(at('root.pem')));
      const key = readKey(keyFile);
      if (!certificate.checkPrivateKey(key)) throw new Error(`${keyFile} is not the key of ${at('root.pem')}`);
      return { certificate, key };
    },

    /** @param trusted roots that stay trusted beside it, newest first */
    writeRoot(root: Authority, trusted: readonly X509Certificate[]): void {
      writeDurably(at('root.key'), keyPem(root.key), SECRET);
      writeDurably(at('ca.pem'), pemOf([root.certificate, ...trusted]), PUBLIC);
      writeDurably(at('root.pem'), pemOf([root.certificate]), PUBLIC);
    },

    /** Roots that are trusted from now on; the newest stays. */
    writeTrusted: (roots: readonly X509Certificate[]): void => writeDurably(at('ca.pem'), pemOf(roots), PUBLIC),

    issuer: (): KeyFile | undefined => readKeyFile(at('issuer.pem')),
    /** Makes it the issuer; the one before goes on among the old ones. */
    writeIssuer(issuer: KeyFile): void {
      const before = readKeyFile(at('issuer.pem'));
      if (before && !before.certificate.raw.equals(issuer.certificate.raw)) {
        mkdirSync(issuersFolder, { recursive: true, mode: 0o700 });
        writeDurably(path.join(issuersFolder, `${before.certificate.serialNumber}.pem`), textOf(before), SECRET);
      }
      writeDurably(at('issuer.pem'), textOf(issuer), SECRET);
    },

    /** Issuers before the present one that can still have valid certificates; the others are removed. */
    oldIssuers(now: number): KeyFile[] {
      if (!existsSync(issuersFolder)) return [];
      const files = readdirSync(issuersFolder).filter((file) => file.endsWith('.pem'));
      return files.flatMap((file) => {
        const found = readKeyFile(path.join(issuersFolder, file));
        if (found && validityOf(found.certificate).to > now) return [found];
        rmSync(path.join(issuersFolder, file), { force: true });
        return [];
      });
    },

    server: (): KeyFile | undefined => readKeyFile(at('server.pem')),
    writeServer: (server: KeyFile): void => writeDurably(at('server.pem'), textOf(server), SECRET),
    writeCrl: (pem: string): void => writeDurably(at('crl.pem'), pem, PUBLIC),
  };
}

function textOf({ key, certificate, above }: KeyFile): string {
  return `${keyPem(key)}${pemOf([certificate, ...above])}`;
}

function readKeyFile(file: string): KeyFile | undefined {
  if (!existsSync(file)) return undefined;
  const key = readKey(file);
  const [certificate, ...above] = readCertificates(file);
  if (!certificate?.checkPrivateKey(key)) throw new Error(`${file}: its key is not the one of its certificate`);
  return { key, certificate, above };
}

function readKey(file: string): KeyObject {
  try {
    const block = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/.exec(readFileSync(file, 'utf8'))?.[0];
    if (block === undefined) throw new Error('there is no key in PEM form (-----BEGIN PRIVATE KEY-----)');
    return createPrivateKey(block);
  } catch (error) {
    throw new Error(`${file}: ${messageOf(error)}`, { cause: error });
  }
}

function readCertificates(file: string): X509Certificate[] {
  try {
    return certificatesOf(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file}: ${messageOf(error)}`, { cause: error });
  }
}

function first(certificates: readonly X509Certificate[]): X509Certificate {
  const [certificate] = certificates;
  if (!certificate) throw new Error('there is no certificate');
  return certificate;
}
