/** Places for the connections of an HTTP server (places.ts). */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Places } from './places.ts';

/**
 * Each connection of a server has a place; one without a request under way makes room for others.
 * @param isCountedElsewhere for the path of an upgrade: does somebody else count this connection from then on?
 */
export function giveSeats(
  server: Server,
  places: Places,
  isCountedElsewhere: (url: string) => boolean = () => false,
): void {
  server.on('connection', (socket: Socket) => places.enter(socket));
  /** Requests under way: a client may send the next before the answer. */
  const asked = new WeakMap<Socket, number>();
  server.on('request', ({ socket }, response) => {
    places.use(socket);
    asked.set(socket, (asked.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = (asked.get(socket) ?? 1) - 1;
      asked.set(socket, left);
      if (left === 0) places.rest(socket);
    });
  });
  // A WebSocket is in use for as long as it is open.
  server.on('upgrade', ({ url }, socket: Duplex) => {
    if (isCountedElsewhere(url ?? '')) places.leave(socket);
    else places.use(socket);
  });
}
