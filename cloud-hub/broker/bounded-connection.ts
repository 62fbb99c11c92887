/**
 * A connection that counts MQTT packet lengths before the parser sees a byte: mqtt-packet alone would gather up to 256 MB
 * that a fixed header announces (MQTT 3.1.1, 2.2.3), also from one who has not signed in.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

export interface PacketBounds {
  /** Of the first packet (CONNECT), in bytes after the fixed header. */
  readonly first: number;
  /** Of every later packet. */
  readonly later: number;
}

/** Follows the framing of MQTT over any split into chunks. */
export class PacketMeter {
  readonly #bounds: PacketBounds;
  #state: 'type' | 'length' | 'body' = 'type';
  #packets = 0;
  #length = 0;
  #shift = 0;
  #left = 0;

  constructor(bounds: PacketBounds) {
    this.#bounds = bounds;
  }

  /** Follows a chunk; a string says which bound it breaks. */
  accept(chunk: Uint8Array): string | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#state === 'body') {
        const step = Math.min(this.#left, chunk.length - at);
        this.#left -= step;
        at += step;
        if (this.#left === 0) this.#state = 'type';
        continue;
      }
      const byte = chunk[at++] ?? 0;
      if (this.#state === 'type') {
        this.#state = 'length';
        this.#length = 0;
        this.#shift = 0;
        continue;
      }
      this.#length += (byte & 0x7f) * 2 ** this.#shift;
      this.#shift += 7;
      const more = (byte & 0x80) !== 0;
      if (more && this.#shift >= 28) return 'malformed packet length';
      const bound = this.#packets === 0 ? this.#bounds.first : this.#bounds.later;
      if (this.#length > bound) return `packet of at least ${this.#length} bytes exceeds ${bound}`;
      if (more) continue;
      this.#packets++;
      this.#left = this.#length;
      this.#state = this.#left > 0 ? 'body' : 'type';
    }
    return undefined;
  }
}

/** Wraps a socket; a packet over its bound destroys both with an error. */
export class BoundedConnection extends Duplex {
  readonly #socket: Socket;
  #holds = 0;

  constructor(socket: Socket, bounds: PacketBounds) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    const meter = new PacketMeter(bounds);
    socket.on('data', (chunk: Buffer) => {
      const problem = meter.accept(chunk);
      if (problem !== undefined) this.destroy(new Error(problem));
      else if (!this.push(chunk) || this.#holds > 0) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** Reads nothing more until `wait` has settled; TCP then slows the sender down. */
  hold(wait: Promise<void>): void {
    this.#holds++;
    this.#socket.pause();
    const release = () => {
      this.#holds--;
      if (this.#holds === 0) this.#socket.resume();
    };
    wait.then(release, release);
  }

  override _read(): void {
    if (this.#holds === 0) this.#socket.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, encoding, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.write(Buffer.concat(chunks.map((c) => c.chunk)), done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
