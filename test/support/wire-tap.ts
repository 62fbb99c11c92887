/** A relay between two sides of TCP that keeps what each of them sent. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { onTestFinished } from 'vitest';

export interface WireTap {
  readonly port: number;
  /** What the clients have sent, connection by connection. */
  sent(): Buffer[];
  /** What either side has sent, on all connections. */
  heard(): Buffer;
}

/** It ends with the test. */
export async function tapWire(targetPort: number): Promise<WireTap> {
  const heard: Buffer[][] = [];
  const all: Buffer[] = [];
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    const kept: Buffer[] = [];
    heard.push(kept);
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('data', (data) => kept.push(data));
    for (const socket of [client, target]) socket.on('data', (data) => all.push(data));
    client.pipe(target).pipe(client);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    sent: () => heard.map((parts) => Buffer.concat(parts)),
    heard: () => Buffer.concat(all),
  };
}
