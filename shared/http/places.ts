/**
 * Places for connections. When all are taken, the one that has waited for the longest time without a use (no request, no
 * sign-in) makes room for a new one; if each is in use, the new one is closed.
 *
 * A connection under TLS has two objects, the raw socket and the one with the plain text: both stand for the same place.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export class Places {
  readonly #most: number;
  readonly #dropped: () => void;
  readonly #open = new Map<unknown, Duplex>();
  /** Out of use, the longest first. */
  readonly #waiting = new Set<unknown>();

  /** @param dropped called for each connection that was closed for want of a place */
  constructor(most: number, dropped: () => void = () => undefined) {
    this.#most = most;
    this.#dropped = dropped;
  }

  /** Gives a new connection a place; one that has one keeps it. False: it was closed. */
  enter(connection: Duplex): boolean {
    const key = keyOf(connection);
    if (this.#open.has(key)) return true;
    if (this.#open.size >= this.#most && !this.#makeRoom()) {
      this.#drop(connection);
      return false;
    }
    this.#open.set(key, connection);
    this.#waiting.add(key);
    connection.once('close', () => this.#forget(key));
    return true;
  }

  /** From now on it does not make room. */
  use(connection: Duplex): void {
    this.#waiting.delete(keyOf(connection));
  }

  /** It may make room again. */
  rest(connection: Duplex): void {
    const key = keyOf(connection);
    if (this.#open.has(key)) this.#waiting.add(key);
  }

  /** Somebody else counts it now. */
  leave(connection: Duplex): void {
    this.#forget(keyOf(connection));
  }

  #makeRoom(): boolean {
    const [oldest] = this.#waiting;
    const connection = this.#open.get(oldest);
    if (!connection) return false;
    this.#forget(oldest);
    this.#drop(connection);
    return true;
  }

  #drop(connection: Duplex): void {
    connection.destroy();
    this.#dropped();
  }

  #forget(key: unknown): void {
    this.#open.delete(key);
    this.#waiting.delete(key);
  }
}

/** The ends of a connection; of a stream without ends (in a WebSocket) itself. */
function keyOf(connection: Duplex): unknown {
  const { remoteAddress, remotePort, localPort } = connection as Partial<Socket>;
  return remotePort === undefined ? connection : `${remoteAddress} ${remotePort} ${localPort}`;
}
