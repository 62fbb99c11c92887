/** Who is at the other end of a TLS connection: the device whose certificate it presented, if that may be used now. */
import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { name } from '../../shared/contract/names.ts';
import { commonNameOf, judgeChain } from '../../shared/pki/chain.ts';
import { chainOf } from '../../shared/pki/dial.ts';
import { validityOf } from '../../shared/pki/pem.ts';
import { exactTime } from '../../shared/pki/time.ts';

export type ClientVerdict =
  /** It presented none. */
  | { readonly kind: 'none' }
  | { readonly kind: 'device'; readonly device: string; readonly serial: string }
  /** Its certificate was good until then, and nothing else is wrong with it. */
  | { readonly kind: 'expired'; readonly device: string; readonly serial: string; readonly at: number }
  | { readonly kind: 'refused'; readonly why: ClientFault };

export type ClientFault = 'foreign certificate' | 'certificate revoked' | 'unknown device';

export interface ClientQuestion {
  readonly chain: readonly X509Certificate[];
  readonly roots: readonly X509Certificate[];
  /** What the hub noted of the certificate; undefined: nothing, as after an older backup was put back. */
  readonly noted: { readonly revokedAt: number | undefined } | undefined;
  readonly isKnown: (device: string) => Promise<boolean>;
  readonly now: number;
}

/** A certificate that the authority signed is enough, for a device that is there; nothing that was revoked is. */
export async function judgeClient(question: ClientQuestion): Promise<ClientVerdict> {
  const { chain, roots, noted, isKnown, now } = question;
  const [leaf] = chain;
  if (!leaf) return { kind: 'none' };
  const time = exactTime(now);
  const judged = judgeChain({ chain, anchors: roots, purpose: 'client', time });
  const end = validityOf(leaf).to;
  // Only the leaf may have ended: with the time of its last moment everything has to be good.
  const isOver = !judged.ok && judged.why === 'expired' && end < time.earliest;
  const good = isOver ? judgeChain({ chain, anchors: roots, purpose: 'client', time: exactTime(end) }) : judged;
  const device = commonNameOf(leaf);
  if (!good.ok || device === undefined || !name.safeParse(device).success) return refused('foreign certificate');
  if (noted?.revokedAt !== undefined) return refused('certificate revoked');
  if (!(await isKnown(device))) return refused('unknown device');
  const { serialNumber: serial } = leaf;
  return isOver ? { kind: 'expired', device, serial, at: end } : { kind: 'device', device, serial };
}

function refused(why: ClientFault): ClientVerdict {
  return { kind: 'refused', why };
}

export interface ClientsOptions {
  readonly roots: () => readonly X509Certificate[];
  /** Authorities below the roots, which may be missing from what a client presents. */
  readonly issuers: () => readonly X509Certificate[];
  readonly noted: (serial: string) => Promise<ClientQuestion['noted']>;
  readonly isKnown: (device: string) => Promise<boolean>;
  readonly now: () => number;
}

/** Says who it is, now: a certificate that was revoked since counts no more. */
export type IdentifyClient = (socket: Socket) => Promise<ClientVerdict>;

export function identifyClients({ roots, issuers, noted, isKnown, now }: ClientsOptions): IdentifyClient {
  /** A connection keeps its certificate. */
  const chains = new WeakMap<Socket, readonly X509Certificate[]>();
  return async (socket) => {
    if (!(socket instanceof TLSSocket)) return { kind: 'none' };
    const chain = chains.get(socket) ?? withIssuers(chainOf(socket), issuers);
    chains.set(socket, chain);
    const [leaf] = chain;
    if (!leaf) return { kind: 'none' };
    return judgeClient({ chain, roots: roots(), noted: await noted(leaf.serialNumber), isKnown, now: now() });
  };
}

/** Node 24 tells a server only the leaf of a chain that OpenSSL has verified, whatever the client presented. */
function withIssuers(
  chain: readonly X509Certificate[],
  issuers: ClientsOptions['issuers'],
): readonly X509Certificate[] {
  return chain.length === 1 ? [...chain, ...issuers()] : chain;
}
