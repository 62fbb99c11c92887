/** Datagrams to sockets of the local kind (unix(7)), by which a service speaks with systemd. Node has none; the C library has. */
import { createRequire } from 'node:module';

/** Sends a datagram at once. @returns whether the other side has it */
export type Send = (datagram: Buffer) => boolean;

/** Sends a datagram and waits, beside the event loop, while the other side's queue is full. @throws Error when it cannot have it */
export type SendWaiting = (datagram: Buffer) => Promise<void>;

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const SOL_SOCKET = 1;
const SO_SNDTIMEO = 21;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** @param socket its path, or a name that begins with `@` (abstract). @throws Error where the C library has no sockets as Linux has them */
export function sendTo(socket: string): Send {
  const { fd, send } = open();
  const address = addressOf(socket);
  return (datagram) =>
    isWhole(send(fd, datagram, datagram.length, MSG_DONTWAIT | MSG_NOSIGNAL, address, address.length), datagram);
}

/**
 * @param socket as of `sendTo`
 * @param waitMs longest time that it waits
 * @throws Error where the C library has no sockets as Linux has them
 */
export function sendWaitingTo(socket: string, waitMs: number): SendWaiting {
  const { fd, send, setOption } = open();
  const address = addressOf(socket);
  const wait = Buffer.from(
    new BigInt64Array([BigInt(Math.trunc(waitMs / 1000)), BigInt((waitMs % 1000) * 1000)]).buffer,
  );
  setOption(fd, SOL_SOCKET, SO_SNDTIMEO, wait, wait.length);
  return (datagram) =>
    new Promise((resolve, reject) => {
      const done = (error: unknown, sent: number | bigint) =>
        !error && isWhole(sent, datagram) ? resolve() : reject(error ?? new Error(`${socket} does not take it`));
      send.async(fd, datagram, datagram.length, MSG_NOSIGNAL, address, address.length, done);
    });
}

function open() {
  // Native: only loaded where there is somebody to send to.
  const require = createRequire(import.meta.url);
  const koffi = require('koffi') as typeof import('koffi');
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int, int, int)');
  const fd: number = socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (fd < 0) throw new Error('this system has no local sockets');
  return {
    fd,
    send: libc.func('long sendto(int, const void *, size_t, int, const void *, unsigned int)'),
    setOption: libc.func('int setsockopt(int, int, int, const void *, unsigned int)'),
  };
}

function addressOf(socket: string): Buffer {
  const name = socket.startsWith('@') ? `\0${socket.slice(1)}` : `${socket}\0`;
  return Buffer.concat([Buffer.from(new Uint16Array([AF_UNIX]).buffer), Buffer.from(name)]);
}

const isWhole = (sent: number | bigint, datagram: Buffer) => Number(sent) === datagram.length;
