/**
 * Looks at the length of each MQTT packet before a parser sees a byte. Without it mqtt-packet buffers up to 256 MB when a fixed
 * header announces them (MQTT 3.1.1, 2.2.3), also from somebody who has not signed in.
 */
import type { Readable } from 'node:stream';

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

/** The largest of our own packets has 4 MiB. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Watches what comes over a stream, beside whoever reads it; told of each chunk with a packet of more than 16 MiB. */
export function boundPackets(stream: Readable, tooLarge: (problem: string) => void): void {
  const meter = new PacketMeter({ first: MOST_BYTES, later: MOST_BYTES });
  stream.on('data', (chunk: Buffer) => {
    const problem = meter.accept(chunk);
    if (problem !== undefined) tooLarge(problem);
  });
}
