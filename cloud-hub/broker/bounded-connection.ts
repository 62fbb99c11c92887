/** A connection that checks the length of each MQTT packet before the parser sees a byte (shared/kit/packet-meter.ts). */
import { Duplex } from 'node:stream';
import { type PacketBounds, PacketMeter } from '../../shared/kit/packet-meter.ts';

/** Wraps a socket, or the stream of a WebSocket. A packet over its bound destroys this connection and the socket, with an error. */
export class BoundedConnection extends Duplex {
  readonly #socket: Duplex;
  #holds = 0;

  constructor(socket: Duplex, bounds: PacketBounds) {
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

  /** Stops reading until `wait` has settled; TCP then slows the sender down. Several holds may overlap. */
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
