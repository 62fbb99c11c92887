/**
 * Judges a chain of certificates, leaf first, under given anchors. Pure; the signatures are checked by Node's crypto.
 *
 * OpenSSL judges chains too, and with its own clock only: where that is wrong, every certificate is "not yet valid". If its judgement is
 * only looked at afterwards, an error of time hides an error of trust. So this judges everything itself (RFC 5280, 6.1, as far as
 * our own authorities go): each certificate is issued and signed by the next, which is an authority; the last is signed by an anchor; the leaf is
 * for this purpose; all can be valid now. Limits of path length are not looked at: who holds the key of an authority can give certificates
 * to anybody without another authority below it.
 */
import type { X509Certificate } from 'node:crypto';
import { validityOf } from './pem.ts';
import { type TimeRange, whyNotNow } from './time.ts';

export type Purpose = 'server' | 'client';

export type Judgement =
  | { readonly ok: true; readonly anchor: X509Certificate }
  | { readonly ok: false; readonly why: ChainFault; readonly message: string };

export type ChainFault = 'untrusted' | 'expired' | 'not yet valid' | 'purpose' | 'missing';

/** Leaf, and so many authorities below the anchor. */
const MAX_AUTHORITIES = 3;
/** Extended key usages (RFC 5280, 4.2.1.12). */
const usages: Readonly<Record<Purpose, string>> = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };

export interface ChainQuestion {
  /** As it came: leaf first; more than needed does no harm. */
  readonly chain: readonly X509Certificate[];
  /** Trusted for themselves: authorities, or the very leaf. */
  readonly anchors: readonly X509Certificate[];
  readonly purpose: Purpose;
  readonly time: TimeRange;
}

export function judgeChain({ chain, anchors, purpose, time }: ChainQuestion): Judgement {
  const [leaf, ...others] = chain;
  if (!leaf) return fault('missing', 'there is no certificate');
  const path = pathTo(leaf, others, anchors, MAX_AUTHORITIES);
  if (!path) return fault('untrusted', `${nameOf(leaf)} is not signed by an authority that is trusted`);
  for (const certificate of path) {
    const why = whyNotNow(validityOf(certificate), time);
    if (why === undefined) continue;
    const when = why === 'expired' ? `expired on ${certificate.validTo}` : `is valid from ${certificate.validFrom} on`;
    return fault(why, `the certificate of ${nameOf(certificate)} ${when}`);
  }
  const isPinned = path.length === 1;
  // Typed as a list of strings; the property is missing from a certificate without the extension.
  const allowed = leaf.keyUsage as string[] | undefined;
  const fits = allowed === undefined ? isPinned && purpose === 'server' : allowed.includes(usages[purpose]);
  if (!fits) return fault('purpose', `the certificate of ${nameOf(leaf)} is not one of a ${purpose}`);
  return { ok: true, anchor: path.at(-1) ?? leaf };
}

/** From `from` up to an anchor, both included; the shortest. */
function pathTo(
  from: X509Certificate,
  others: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
  authorities: number,
): X509Certificate[] | undefined {
  if (anchors.some((anchor) => anchor.raw.equals(from.raw))) return [from];
  const anchor = anchors.find((candidate) => isIssuedBy(from, candidate));
  if (anchor) return [from, anchor];
  if (authorities === 0) return undefined;
  for (const issuer of others.filter((candidate) => isIssuedBy(from, candidate))) {
    const rest = pathTo(
      issuer,
      others.filter((other) => other !== issuer),
      anchors,
      authorities - 1,
    );
    if (rest) return [from, ...rest];
  }
  return undefined;
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function fault(why: ChainFault, message: string): Judgement {
  return { ok: false, why, message };
}

/** The common name, or the whole subject, on one line. */
export function nameOf(certificate: X509Certificate): string {
  return commonNameOf(certificate) ?? certificate.subject.replaceAll('\n', ', ');
}

/** The one common name of a certificate; undefined where it has none or several. */
export function commonNameOf(certificate: X509Certificate): string | undefined {
  const names = certificate.subject.split('\n').filter((part) => part.startsWith('CN='));
  return names.length === 1 ? names[0]?.slice('CN='.length) : undefined;
}
