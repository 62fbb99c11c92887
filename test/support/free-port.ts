/** Ports for programs that must be told one. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** One that was free a moment ago, and that can be reached: some machines give ports that their firewall closes, also on loopback. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 10; tries++) {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no free port');
    const { port } = address;
    const isReached = await answers(port);
    await new Promise((resolve) => server.close(resolve));
    if (isReached) return port;
  }
  throw new Error('no port of ten that the system gave can be reached');
}

/** Does somebody listen there? */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
