/** Numbers and text as bytes, and back within bounds: whoever reads may be handed anything. */

/** These bytes are no chunk that this version writes. */
export class ChunkError extends Error {
  constructor(message: string) {
    super(`a chunk of records cannot be read: ${message}`);
    this.name = 'ChunkError';
  }
}

const FIRST_BYTES = 1024;
/** Below it bit operations are exact. */
const SMALL = 0x80000000;

export class ByteWriter {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.#length + more));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  /** LEB128. @param value a whole number from 0 to 2^53 - 1 */
  varint(value: number): void {
    this.#room(8);
    let left = value;
    while (left >= SMALL) {
      this.#bytes[this.#length++] = (left % 128) | 128;
      left = Math.floor(left / 128);
    }
    while (left >= 128) {
      this.#bytes[this.#length++] = (left & 127) | 128;
      left >>>= 7;
    }
    this.#bytes[this.#length++] = left;
  }

  float(value: number): void {
    this.#room(4);
    this.#length = this.#bytes.writeFloatLE(value, this.#length);
  }

  double(value: number): void {
    this.#room(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  /** UTF-8 behind its length. */
  text(value: string): void {
    const bytes = Buffer.byteLength(value);
    this.varint(bytes);
    this.#room(bytes);
    this.#length += this.#bytes.write(value, this.#length);
  }

  /** What another one has written, behind its length. */
  part(other: ByteWriter): void {
    this.varint(other.#length);
    this.#room(other.#length);
    this.#length += other.#bytes.copy(this.#bytes, this.#length, 0, other.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  done(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }
}

export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** How many are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  #take(bytes: number): number {
    if (bytes > this.left) throw new ChunkError('it ends too early');
    const at = this.#at;
    this.#at += bytes;
    return at;
  }

  byte(): number {
    return this.#bytes[this.#take(1)] ?? 0;
  }

  varint(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.byte();
      value += (byte & 127) * unit;
      if (value > Number.MAX_SAFE_INTEGER) throw new ChunkError('a number is too large');
      if (byte < 128) return value;
      // Zeros behind the eighth byte would go on for ever.
      if (unit > Number.MAX_SAFE_INTEGER) throw new ChunkError('a number is too long');
    }
  }

  float(): number {
    return this.#bytes.readFloatLE(this.#take(4));
  }

  double(): number {
    return this.#bytes.readDoubleLE(this.#take(8));
  }

  text(): string {
    const bytes = this.varint();
    const from = this.#take(bytes);
    return this.#bytes.toString('utf8', from, from + bytes);
  }

  part(): Uint8Array {
    const bytes = this.varint();
    const from = this.#take(bytes);
    return this.#bytes.subarray(from, from + bytes);
  }
}
