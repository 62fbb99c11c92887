import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { whyNotListening } from '../../../shared/http/listening.ts';

const choose = 'choose another with --port';
const why = (error: unknown, host = '127.0.0.1', port = 80) =>
  whyNotListening(error, { what: 'HTTP port', host, port }, choose, '--host');

/** What a server that listens there fails with. */
async function failure(host: string, port: number): Promise<Error> {
  const server = createServer().listen(port, host);
  onTestFinished(() => {
    server.close();
  });
  const [error] = await once(server, 'error');
  return error;
}

test('a port that is taken, and an address that this machine has not', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  expect(why(await failure('127.0.0.1', port), '127.0.0.1', port)).toBe(
    `HTTP port 127.0.0.1:${port} is taken by another program: ${choose}`,
  );
  // Of a net for documentation: nobody has it.
  expect(why(await failure('192.0.2.1', 0), '192.0.2.1')).toBe('192.0.2.1 is no address of this machine: set --host');
});

test.each([
  ['EACCES', `HTTP port 127.0.0.1:80 needs rights that this user does not have: ${choose}`],
  ['ENOTFOUND', '127.0.0.1 is no address of this machine: set --host'],
  ['EMFILE', `HTTP port 127.0.0.1:80 cannot be opened (what the system said): ${choose}`],
])('%s', (code, output) => {
  expect(why(Object.assign(new Error('what the system said'), { code }))).toBe(output);
  expect(why('no error at all')).toContain('cannot be opened (no error at all)');
});
