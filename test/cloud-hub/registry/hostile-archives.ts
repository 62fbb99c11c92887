/** Archives that are made to cost a hub time or memory. Small to send, each of them. */
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type TarEntry, tarOf } from '../../support/tar.ts';

/** A tar header of 512 bytes (POSIX.1-2017, pax: ustar interchange format). */
function headerOf(name: string, type: string, size: number): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((a, b) => a + b, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** Folders with names that do not shrink: 16 MB of them, packed. */
export function folders(): Buffer {
  const some = Array.from({ length: 1000 }, () => headerOf(`${randomBytes(48).toString('hex')}/`, '5', 0));
  const member = gzipSync(Buffer.concat(some), { level: 1 });
  // A gzip file may have many members (RFC 1952, 2.2).
  return Buffer.concat(Array.from({ length: Math.ceil(16e6 / member.length) }, () => member));
}

/** Headers that say nothing but the next one's long name. */
export function longNames(): Buffer {
  const body = Buffer.alloc(512).fill('a');
  const some = Buffer.concat(Array.from({ length: 1000 }, () => [headerOf('x', 'L', 500), body]).flat());
  const member = gzipSync(some);
  return Buffer.concat(Array.from({ length: 200 }, () => member));
}

/** A file of zeros after the others: 2 GiB out of 2 MB. */
export function zeros(entries: readonly TarEntry[], name: string): Buffer {
  const size = 2 ** 31 - 2 ** 24;
  const part = 2 ** 24;
  const member = gzipSync(Buffer.alloc(part));
  // Without the two empty blocks that end an archive.
  const before = tarOf(entries, false);
  const header = gzipSync(headerOf(name, '0', size));
  return Buffer.concat([before, header, ...Array.from({ length: size / part }, () => member)]);
}

/** What comes after an archive has ended: 2 GB of nothing out of 2 MB. */
export function trailingZeros(entries: readonly TarEntry[]): Buffer {
  const member = gzipSync(Buffer.alloc(2 ** 26));
  return Buffer.concat([tarOf(entries), ...Array.from({ length: 32 }, () => member)]);
}

const text = (value: string) => Buffer.from(value, 'latin1');

/** Bytes in reverse order of writing, so that each length is known when its field is written. */
class Backwards {
  readonly #parts: Buffer[] = [];
  length = 0;

  put(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.length += bytes.length;
  }

  /** A field around all that was written since it was so long. */
  wrap(field: number, since = 0): void {
    this.put(varint(this.length - since));
    this.put(varint(field * 8 + 2));
  }

  text(field: number, value: string): void {
    const before = this.length;
    this.put(text(value));
    this.wrap(field, before);
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts.toReversed());
  }
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  while (rest > 127) {
    out.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...out, rest]);
}

/** An ONNX model whose graph has an `If` whose branch has an `If`, so many times; or `Loop`. */
export function nestedModel(operator: 'If' | 'Loop', depth: number): Buffer {
  const model = new Backwards();
  for (let level = 0; level < depth; level++) {
    // AttributeProto: g = 6, name = 1, type = 20 (GRAPH = 5).
    model.wrap(6);
    model.text(1, operator === 'If' ? 'then_branch' : 'body');
    model.put(Buffer.from([160, 1, 5]));
    // NodeProto: attribute = 5, op_type = 4. GraphProto: node = 1.
    model.wrap(5);
    model.text(4, operator);
    model.wrap(1);
  }
  // ModelProto: graph = 7, ir_version = 1.
  model.wrap(7);
  model.put(Buffer.from([8, 8]));
  return model.bytes();
}
