/** What is no HTTP gets a problem document as well, and its connection ends. */
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { problemDocument } from '../../../shared/contract/problem-document.ts';
import { testHub } from '../support.ts';

/** Sends bytes, and gives all that comes back until the end. */
function exchange(port: number, sent: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(sent));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    // What it still sends may meet a closed connection.
    socket.on('close', () => resolve(text));
    socket.on('error', (error) => (text === '' ? reject(error) : undefined));
  });
}

test.each([
  [400, 'no valid HTTP', 'hello hub\r\n\r\n'],
  [400, 'no valid HTTP', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
  [
    400,
    'no valid HTTP',
    'POST /api/v1/devices HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [431, 'larger than 16 KiB', `GET /?${'x'.repeat(17_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
  [431, 'larger than 16 KiB', `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(17_000)}\r\n\r\n`],
])('%i, %s', async (status, detail, sent) => {
  const hub = await testHub();
  const answer = await exchange(hub.hub.httpPort, sent);
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toContain(`HTTP/1.1 ${status} `);
  expect(head).toContain('Content-Type: application/problem+json');
  expect(head).toContain('Connection: close');
  expect(problemDocument.parse(JSON.parse(body))).toMatchObject({ status, detail: expect.stringContaining(detail) });
  expect((await fetch(`${hub.url}/healthz`)).status).toBe(200);
});
