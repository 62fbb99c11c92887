import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../shared/kit/clock.ts';
import { metadataOverHttp } from '../../../shared/trust/http.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a file comes with the hub’s time; none is undefined', async () => {
  const url = await serve((request, response) => {
    if (request.url !== '/api/v1/delivery/metadata/timestamp.json') response.writeHead(404).end();
    else response.writeHead(200, { date: 'Mon, 01 Jun 2026 00:00:00 GMT' }).end('{}');
  });
  const fetchFile = metadataOverHttp(url, fetch, systemClock);
  expect(await fetchFile('timestamp.json', 10)).toEqual({ bytes: Buffer.from('{}'), date: Date.UTC(2026, 5, 1) });
  expect(await fetchFile('2.root.json', 10)).toBeUndefined();
  expect(await fetchFile('../../devices', 10)).toBeUndefined();
});

test('endless data is cut off at the bound', async () => {
  let sent = 0;
  const url = await serve((_request, response) => {
    const more = () => {
      while (!response.destroyed && sent < 1e9) {
        sent += 65_536;
        if (!response.write(Buffer.alloc(65_536))) return void response.once('drain', more);
      }
    };
    more();
  });
  await expect(metadataOverHttp(url, fetch, systemClock)('timestamp.json', 1000)).rejects.toMatchObject({
    why: 'size',
  });
  expect(sent).toBeLessThan(1e8);
});

test('slow retrieval ends at the deadline', async () => {
  const url = await serve((_request, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), 10);
    response.on('close', () => clearInterval(timer));
  });
  await expect(metadataOverHttp(url, fetch, systemClock, 150)('timestamp.json', 1e6)).rejects.toMatchObject({
    why: 'unreachable',
    message: expect.stringContaining('no complete answer within 150 ms'),
  });
});

test.each([
  ['a redirect', 302],
  ['a failure', 500],
])('%s is no answer', async (_what, status) => {
  const url = await serve((_request, response) => response.writeHead(status, { location: '/elsewhere' }).end());
  await expect(metadataOverHttp(url, fetch, systemClock)('timestamp.json', 10)).rejects.toMatchObject({
    why: 'unreachable',
  });
});

test('a file of exactly the bound is taken, one byte more is not, and neither request is left open', async () => {
  let length = 100;
  let open = 0;
  const url = await serve((_request, response) => {
    open++;
    response.on('close', () => open--);
    // Without an end: the reader has to close.
    response.writeHead(200, length === 100 ? { 'content-length': 100 } : {});
    response.write(Buffer.alloc(length));
    if (length === 100) response.end();
  });
  const fetchFile = metadataOverHttp(url, fetch, systemClock);
  expect((await fetchFile('timestamp.json', 100))?.bytes.length).toBe(100);
  length = 101;
  await expect(fetchFile('timestamp.json', 100)).rejects.toMatchObject({
    why: 'size',
    message: 'timestamp.json: more than 100 bytes',
  });
  await until(() => open === 0, 'all closed');
});

test('an answer without a date has none, and the deadline is called off once the answer is there', async () => {
  const url = await serve((_request, response) => {
    response.sendDate = false;
    response.end('{}');
  });
  const clock = new ManualClock();
  const waits: number[] = [];
  let cancelled = 0;
  const counting = {
    after: (ms: number, run: () => void) => {
      waits.push(ms);
      const cancel = clock.after(ms, run);
      return () => {
        cancelled++;
        cancel();
      };
    },
  };
  expect(await metadataOverHttp(url, fetch, counting)('timestamp.json', 10)).toEqual({
    bytes: Buffer.from('{}'),
    date: undefined,
  });
  expect([waits, cancelled]).toEqual([[120_000], 1]);
});

test('a hub that is not there is named', async () => {
  await expect(metadataOverHttp('http://127.0.0.1:1', fetch, systemClock)('timestamp.json', 10)).rejects.toThrow(
    /127\.0\.0\.1:1.*timestamp\.json/,
  );
});
