/** Archives that no honest program would write. */
import { gzipSync } from 'node:zlib';

export interface TarEntry {
  readonly name: string;
  readonly body?: string | Uint8Array;
  /** POSIX type flag; default: a plain file. */
  readonly type?: string;
  readonly link?: string;
}

/**
 * A gzipped ustar archive (IEEE Std 1003.1, pax interchange format).
 * @param ends with the two empty blocks that end an archive
 */
export function tarOf(entries: readonly TarEntry[], ends = true): Buffer {
  return gzipSync(Buffer.concat([...entries.map(blocksOf), Buffer.alloc(ends ? 1024 : 0)]));
}

function blocksOf({ name, body = '', type = '0', link = '' }: TarEntry): Buffer {
  const bytes = Buffer.from(body);
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(link, 157, 100);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((a, b) => a + b, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}
