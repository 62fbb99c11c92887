import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { afterEach, expect, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { openSocket } from '../../../../cloud-hub/dashboard/hub/socket.ts';

/** A browser reports a failed connection by `close` alone; this one would end the process with an error that nobody hears. */
class BrowserSocket extends WebSocket {
  constructor(url: URL) {
    super(url);
    this.on('error', () => undefined);
  }
}

const servers: WebSocketServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
  vi.unstubAllGlobals();
});

async function serve() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, page: new URL(`http://127.0.0.1:${address.port}/devices/gate?stream=yard`) };
}

/** What the handlers heard, and a wait for the next of it. */
function listener() {
  const received: unknown[] = [];
  let wake: () => void = () => undefined;
  const note = (what: unknown) => {
    received.push(what);
    wake();
  };
  const until = async (count: number) => {
    while (received.length < count)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  const handlers = {
    open: () => note('open'),
    closed: () => note('closed'),
    text: (text: string) => note(text),
    binary: (bytes: Uint8Array<ArrayBuffer>) => note(bytes),
  };
  return { received, until, handlers };
}

test('texts and bytes go both ways over the host of the page, until one hangs up', async () => {
  vi.stubGlobal('WebSocket', BrowserSocket);
  const { server, page } = await serve();
  const connected = once(server, 'connection');
  const { received, until, handlers } = listener();
  const socket = openSocket(page, '/api/v1/live', handlers);
  const [peer, request] = (await connected) as [WebSocket, IncomingMessage];
  expect(request.url).toBe('/api/v1/live');
  await until(1);
  const output = once(peer, 'message');
  socket.send('hello');
  expect(String((await output)[0])).toBe('hello');
  peer.send('text');
  peer.send(new Uint8Array([1, 2, 3]));
  await until(3);
  expect(received).toEqual(['open', 'text', new Uint8Array([1, 2, 3])]);
  const gone = once(peer, 'close');
  socket.close();
  await gone;
  await until(4);
  expect(received.at(-1)).toBe('closed');
});

test('nobody there is a close without an open', async () => {
  vi.stubGlobal('WebSocket', BrowserSocket);
  const { server, page } = await serve();
  await new Promise((resolve) => server.close(resolve));
  const { received, until, handlers } = listener();
  openSocket(page, '/api/v1/live', handlers);
  await until(1);
  expect(received).toEqual(['closed']);
});

test('is encrypted when the page is', () => {
  const opened: string[] = [];
  vi.stubGlobal(
    'WebSocket',
    class {
      constructor(url: URL) {
        opened.push(url.href);
      }
    },
  );
  const { handlers } = listener();
  openSocket(new URL('https://hub.example/fleet'), '/api/v1/live', handlers);
  openSocket(new URL('http://hub.example:8080/'), '/api/v1/live', handlers);
  expect(opened).toEqual(['wss://hub.example/api/v1/live', 'ws://hub.example:8080/api/v1/live']);
});
