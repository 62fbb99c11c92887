/** A datagram socket of the local kind, as systemd and journald have them. */
import { closeSync } from 'node:fs';
import koffi from 'koffi';
import { expect, onTestFinished } from 'vitest';

/** @param socket its path, or a name that begins with `@` (abstract). @returns what has arrived since the call before */
export function listenTo(socket: string): () => Buffer[] {
  const libc = koffi.load('libc.so.6');
  const fd: number = libc.func('int socket(int, int, int)')(1, 2, 0);
  onTestFinished(() => closeSync(fd));
  const name = socket.startsWith('@') ? `\0${socket.slice(1)}` : `${socket}\0`;
  const address = Buffer.concat([Buffer.from([1, 0]), Buffer.from(name)]);
  expect(libc.func('int bind(int, const void *, unsigned int)')(fd, address, address.length)).toBe(0);
  const recv = libc.func('long recv(int, _Out_ void *, size_t, int)');
  const MSG_DONTWAIT = 0x40;
  return () => {
    const found: Buffer[] = [];
    for (;;) {
      const bytes = Buffer.alloc(2 ** 20);
      const length = Number(recv(fd, bytes, bytes.length, MSG_DONTWAIT));
      if (length < 0) return found;
      found.push(bytes.subarray(0, length));
    }
  };
}
