/** Looks at who answers a TLS connection: with the eyes of the program itself, so the same servers are trusted. */
import type { TLSSocket } from 'node:tls';
import { messageOf } from '../../kit/errors.ts';
import { nameOf } from '../../pki/chain.ts';
import { chainOf, type DialOptions, dialTls, TrustFault } from '../../pki/dial.ts';
import { validityOf } from '../../pki/pem.ts';

export type TlsFacts =
  | {
      readonly state: 'trusted';
      /** `TLSv1.3` … */
      readonly protocol: string;
      /** What the server presents, leaf first. */
      readonly chain: readonly Presented[];
    }
  | { readonly state: 'untrusted'; readonly why: TrustFault['why']; readonly message: string }
  | { readonly state: 'unreachable'; readonly message: string };

export interface Presented {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/** Connects, and ends the connection before anything is said on it. */
export async function lookAtTls(options: DialOptions): Promise<TlsFacts> {
  let socket: TLSSocket | undefined;
  try {
    socket = await dialTls(options);
    const chain = chainOf(socket).map((one) => ({ name: nameOf(one), ...validityOf(one) }));
    return { state: 'trusted', protocol: socket.getProtocol() ?? 'TLS', chain };
  } catch (error) {
    if (error instanceof TrustFault) return { state: 'untrusted', why: error.why, message: error.message };
    return { state: 'unreachable', message: messageOf(error) };
  } finally {
    socket?.destroy();
  }
}
