/** Places of the connections of a real HTTP server, of which one may be taken. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { Places } from '../../../shared/http/places.ts';
import { giveSeats } from '../../../shared/http/seats.ts';
import { until } from '../../support/until.ts';

async function server() {
  const asked: ServerResponse[] = [];
  const made = createServer((_request, response) => void asked.push(response));
  let dropped = 0;
  giveSeats(
    made,
    new Places(1, () => {
      dropped++;
    }),
  );
  made.listen(0, '127.0.0.1');
  await once(made, 'listening');
  onTestFinished(() => {
    made.close();
    made.closeAllConnections();
  });
  const address = made.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    socket.resume();
    await once(socket, 'connect');
    return socket;
  };
  return { open, asked, dropped: () => dropped };
}
const get = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';

test('of several requests on a connection the last answer frees its place, whichever came first', async () => {
  const { open, asked, dropped } = await server();
  const first = await open();
  let isClosed = false;
  first.on('close', () => {
    isClosed = true;
  });
  first.write(get.repeat(3));
  await until(() => asked.length === 3, 'three requests');
  for (const answered of [1, 2]) {
    const response = asked[answered - 1];
    response?.end('ok');
    await until(() => response?.closed === true, 'the answer');
    const other = await open();
    await once(other, 'close');
    expect([dropped(), isClosed]).toEqual([answered, false]);
  }
  asked[2]?.end('ok');
  await until(() => asked[2]?.closed === true, 'the last answer');
  const other = await open();
  await until(() => isClosed, 'the one that waits makes room');
  other.write(get);
  await until(() => asked.length === 4, 'the newcomer is served');
  expect(dropped()).toBe(3);
});
