/**
 * Opens a TLS connection to a hub or broker and judges who answers, before a byte is sent.
 *
 * With trust in given certificates our own judgement counts (chain.ts): it bears a clock that is wrong. With trust in the system's
 * authorities OpenSSL judges, with its clock.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import type { Clock } from '../kit/clock.ts';
import { type ChainFault, judgeChain } from './chain.ts';
import { isHub } from './hub-name.ts';
import type { TimeRange } from './time.ts';

/**
 * Whom to trust: certificates (authorities, or the server's own), or the authorities of the system. `anybody`: only for what proves
 * itself, as a root does by its fingerprint.
 */
export type ServerTrust = { readonly anchors: readonly X509Certificate[] } | 'system' | 'anybody';

/** What a client proves itself with: PEM. */
export interface ClientCredentials {
  readonly key: string;
  /** The certificate, then what is between it and a root. */
  readonly cert: string;
}

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  readonly trust: ServerTrust;
  readonly credentials?: ClientCredentials | undefined;
  /** Application protocols that are offered (RFC 7301). */
  readonly protocols?: readonly string[];
  readonly timeoutMs: number;
  readonly time: () => TimeRange;
  readonly clock: Pick<Clock, 'after'>;
  readonly signal?: AbortSignal | undefined;
}

/** The server is not the one that is trusted. */
export class TrustFault extends Error {
  override readonly name = 'TrustFault';
  readonly why: ChainFault | 'another name';
  constructor(why: TrustFault['why'], message: string) {
    super(message);
    this.why = why;
  }
}

/** @throws TrustFault; or the error of the connection */
export function dialTls(options: DialOptions): Promise<TLSSocket> {
  const { host, port, trust, credentials, protocols, timeoutMs, clock, signal } = options;
  return new Promise((resolve, reject) => {
    // Said here, because OpenSSL's words for a damaged key help nobody.
    if (credentials) createPrivateKey(credentials.key);
    const socket = connect({
      host,
      port,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      rejectUnauthorized: trust === 'system',
      minVersion: 'TLSv1.2',
      ...(protocols ? { ALPNProtocols: [...protocols] } : {}),
      ...credentials,
    });
    const end = (error?: Error) => {
      cancel();
      signal?.removeEventListener('abort', aborted);
      socket.off('error', end).off('close', closed);
      if (!error) return resolve(socket);
      // What still comes of it is nobody's business.
      socket.on('error', () => undefined).destroy();
      reject(error);
    };
    const aborted = () => end(signal?.reason instanceof Error ? signal.reason : new Error('given up'));
    const closed = () => end(new Error('the connection was closed before it was secure'));
    const cancel = clock.after(timeoutMs, () => end(new Error(`no secure connection in ${timeoutMs} ms`)));
    if (signal?.aborted) return aborted();
    signal?.addEventListener('abort', aborted, { once: true });
    socket.on('error', end).on('close', closed);
    socket.once('secureConnect', () =>
      end(typeof trust === 'string' ? undefined : whyNotTrusted(socket, options, trust.anchors)),
    );
  });
}

function whyNotTrusted(
  socket: TLSSocket,
  { host, time }: DialOptions,
  anchors: readonly X509Certificate[],
): Error | undefined {
  const chain = chainOf(socket);
  const judged = judgeChain({ chain, anchors, purpose: 'server', time: time() });
  if (!judged.ok) return new TrustFault(judged.why, `${host}: ${judged.message}`);
  const [leaf] = chain;
  if (leaf && isHub(leaf, judged.anchor, host)) return undefined;
  return new TrustFault(
    'another name',
    `${host}: the certificate is for another name (${leaf?.subjectAltName ?? 'none'})`,
  );
}

/** More than any chain has. */
const MAX_CHAIN = 10;

/** What the other side presented, leaf first; empty where it presented nothing. */
export function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let at: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (at?.raw && chain.length < MAX_CHAIN) {
    const { raw }: { raw: Buffer } = at;
    // A root is its own issuer.
    if (chain.some((known) => known.raw.equals(raw))) break;
    chain.push(new X509Certificate(raw));
    at = at.issuerCertificate;
  }
  return chain;
}
