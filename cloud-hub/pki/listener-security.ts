/** Key and certificate of the hub's listeners: the first set at the start, later ones while they run. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, type Server, type TlsOptions } from 'node:tls';
import { validityOf } from '../../shared/pki/pem.ts';

export interface ListenerKeys {
  /** PEM. */
  readonly key: string;
  /** PEM: the certificate, then what is above it. */
  readonly cert: string;
  /** Roots of client certificates, PEM; absent: no client certificate is asked for. */
  readonly clientCa?: string;
}

export class ListenerKeysHolder {
  readonly #servers = new Set<Server>();
  #keys: ListenerKeys;

  /** @throws Error when key and certificate do not fit */
  constructor(keys: ListenerKeys) {
    createSecureContext(contextOf(keys));
    this.#keys = keys;
  }

  options(): TlsOptions {
    // Who presents which certificate is judged by our own rules, after the handshake (shared/pki/chain.ts).
    const client = this.#keys.clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: false };
    return { ...contextOf(this.#keys), ...client };
  }

  /** When the certificate that is used now ends, milliseconds since 1970. */
  end(): number {
    return validityOf(new X509Certificate(this.#keys.cert)).to;
  }

  follow(server: Server): void {
    this.#servers.add(server);
    server.once('close', () => this.#servers.delete(server));
  }

  /** Connections that are there stay as they are. @throws Error when key and certificate do not fit; then the old ones stay */
  replace(keys: ListenerKeys): void {
    if (JSON.stringify(keys) === JSON.stringify(this.#keys)) return;
    createSecureContext(contextOf(keys));
    this.#keys = keys;
    for (const server of this.#servers) server.setSecureContext(contextOf(keys));
  }
}

function contextOf({ key, cert, clientCa }: ListenerKeys) {
  return { key, cert, minVersion: 'TLSv1.2' as const, ...(clientCa === undefined ? {} : { ca: clientCa }) };
}
