/** A real HTTP server that takes notifications and answers as a test says. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { until } from '../../support/until.ts';

export interface Received {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  readonly at: number;
}

export type Answer = (response: http.ServerResponse, n: number) => void;

export const ok: Answer = (response) => void response.writeHead(204).end();

export async function receiver(answer: Answer = ok) {
  const received: Received[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      received.push({ path: request.url ?? '', headers: request.headers, text, at: performance.now() });
      answer(response, received.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    /** Resolves with the first `n`. */
    async get(n: number): Promise<Received[]> {
      await until(() => received.length >= n, `${n} notifications`);
      return received.slice(0, n);
    },
  };
}
