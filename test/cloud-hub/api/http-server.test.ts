/** The places of connections, on a real server. */
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createHttpServer } from '../../../cloud-hub/api/http-server.ts';
import { siteOf } from '../../../cloud-hub/api/site.ts';
import { Places } from '../../../shared/http/places.ts';
import { until } from '../../support/until.ts';

async function server(most: number) {
  const waiting: ServerResponse[] = [];
  let dropped = 0;
  const places = new Places(most, () => {
    dropped++;
  });
  const made = createHttpServer(
    (request, response) => {
      if (request.url === '/wait') waiting.push(response);
      else response.end('ok');
    },
    { places, site: siteOf(undefined, []), acceptMqtt: () => undefined },
  );
  made.on('upgrade', (_request, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
  made.listen(0, '127.0.0.1');
  await once(made, 'listening');
  onTestFinished(() => {
    made.close();
    made.closeAllConnections();
  });
  const address = made.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const connections: Socket[] = [];
  const open = async () => {
    const before = await count(made);
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.resume();
    await once(socket, 'connect');
    connections.push(socket);
    // The server has seen it.
    await until(async () => dropped > 0 || (await count(made)) > before, 'it is there');
    return socket;
  };
  const ask = async (socket: Socket, path: string) => {
    const answer = once(socket, 'data');
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    await (path === '/wait' ? until(() => waiting.length > 0, 'the request') : answer);
  };
  return { open, ask, waiting, dropped: () => dropped };
}

const count = (made: Server) =>
  new Promise<number>((resolve, reject) => {
    made.getConnections((error, found) => (error ? reject(error) : resolve(found)));
  });

test('the connection that has been idle for the longest time makes room; one with a request or an upgrade does not', async () => {
  const { open, ask, waiting, dropped } = await server(4);
  const [first, asking, upgraded, answered] = [await open(), await open(), await open(), await open()];
  await ask(asking, '/wait');
  const switched = once(upgraded, 'data');
  upgraded.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
  await switched;
  // It is idle again, and younger than the first.
  await ask(first, '/');
  const fifth = await open();
  await until(() => answered.destroyed, 'the one that never asked is gone');
  const sixth = await open();
  await until(() => first.destroyed, 'the one that has asked is gone');
  await ask(fifth, '/wait');
  await until(() => waiting.length === 2, 'both wait');
  await open();
  await until(() => sixth.destroyed, 'the last idle one is gone');
  expect([asking, upgraded, fifth].map(({ destroyed }) => destroyed)).toEqual([false, false, false]);
  expect(dropped()).toBe(3);
});

test('when each has a request under way, the new one is closed', async () => {
  const { open, ask, waiting, dropped } = await server(1);
  const socket = await open();
  await ask(socket, '/wait');
  const other = await open();
  await until(() => other.destroyed, 'it is closed');
  expect(socket.destroyed).toBe(false);
  const answer = once(socket, 'data');
  waiting[0]?.end('late');
  expect(String((await answer)[0])).toContain('late');
  await open();
  await until(() => socket.destroyed, 'it made room');
  expect(dropped()).toBe(2);
});
