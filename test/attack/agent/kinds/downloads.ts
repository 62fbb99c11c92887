/** A server of packages and metadata that lies: lengths, ranges, encodings, redirects, endless or slow answers. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, rmSync, statSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { download } from '../../../../agent/models/download.ts';
import { Hindrance, Refusal } from '../../../../agent/models/outcome.ts';
import { type Clock, systemClock } from '../../../../shared/kit/clock.ts';
import { TrustError } from '../../../../shared/trust/error.ts';
import { metadataOverHttp } from '../../../../shared/trust/http.ts';
import { plainFetch } from '../../../support/plain-fetch.ts';
import type { AgentAttack } from '../attack.ts';

const SIZE = 200_000;
const METADATA_BYTES = 64 * 1024;
const WAIT_S = 60;
const PEAK_MB = 150;
/** Waits of the agent pass so much faster, so that an attack on its patience does not take minutes. */
const FASTER = 20;

const content = randomBytes(SIZE);
const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;

const hurried: Clock = {
  ...systemClock,
  after: (ms, run) => systemClock.after(ms / FASTER, run),
  every: (ms, run) => systemClock.every(ms / FASTER, run),
  sleep: (ms, signal) => systemClock.sleep(ms / FASTER, signal),
};

type Lie = (response: ServerResponse, from: number, elsewhere: string) => void;

/** Writes until the other side goes away. */
function endless(response: ServerResponse, chunk: Buffer): void {
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  response.on('error', () => undefined);
  more();
}

const range = (from: number, to: number, whole: number | string) => ({
  'content-range': `bytes ${from}-${to}/${whole}`,
});

const lies: Readonly<Record<string, Lie>> = {
  'an endless body': (response) => endless(response.writeHead(200), Buffer.alloc(65_536, 1)),
  'an endless body that states a length': (response) => {
    response.writeHead(200, { 'content-length': SIZE });
    response.socket?.write(Buffer.alloc(4 * SIZE, 1));
  },
  'less than it states': (response) => response.writeHead(200, { 'content-length': SIZE }).write(content.subarray(1)),
  'other bytes': (response) => response.end(randomBytes(SIZE)),
  'a range that nobody asked for': (response) =>
    response.writeHead(206, range(SIZE - 10, SIZE - 1, SIZE)).end('0123456789'),
  'a range before the beginning': (response) => response.writeHead(206, range(-1, 5, SIZE)).end('012345'),
  'a range of more than the whole': (response, from) =>
    response.writeHead(206, range(from, 1e15, 1e15)).end(Buffer.alloc(2 * SIZE, 1)),
  'the range, and other bytes behind it': (response, from) =>
    response
      .writeHead(206, range(from, SIZE - 1, SIZE))
      .end(Buffer.concat([content.subarray(from), randomBytes(SIZE)])),
  'a redirect to another host': (response, _from, elsewhere) =>
    response.writeHead(302, { location: `${elsewhere}/metadata-of-a-cloud` }).end(),
  'a redirect to itself': (response) => response.writeHead(307, { location: '/again' }).end(),
  'a packed bomb': (response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(200 * 1024 * 1024))),
  'endless headers': (response) => {
    const socket = response.socket;
    if (!socket) return;
    socket.write('HTTP/1.1 200 OK\r\n');
    const more = () => {
      while (!socket.destroyed && socket.write(`x-${'y'.repeat(1000)}: ${'z'.repeat(1000)}\r\n`));
    };
    socket.on('drain', more);
    socket.on('error', () => undefined);
    more();
  },
  'no HTTP at all': (response) => void response.socket?.end(randomBytes(5000)),
  'silence before the answer': () => undefined,
  'silence in the answer': (response) =>
    response.writeHead(200, { 'content-length': SIZE }).write(content.subarray(0, 10)),
  'a wait of years': (response) => response.writeHead(429, { 'retry-after': '1e9' }).end(),
};

export const downloads: AgentAttack = {
  name: 'lying-downloads',
  summary:
    'a server lies about packages and metadata: lengths, ranges, encodings, redirects, endless and silent answers',
  async run(folder) {
    let strangers = 0;
    const other = await listen((response) => {
      strangers++;
      response.end();
    });
    let lie: Lie | undefined;
    const hub = await listen((response, from) => lie?.(response, from, other.url));
    const file = path.join(folder, 'x.part');
    const broken: string[] = [];
    let tried = 0;
    const before = process.memoryUsage.rss();
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 20);
    try {
      for (const [name, how] of Object.entries(lies)) {
        lie = how;
        const abort = new AbortController();
        for (const isResumed of [false, true]) {
          tried++;
          // A try that goes on finds what the one before has left.
          if (!isResumed) rmSync(file, { force: true });
          const options = { hub: hub.url, fetch: plainFetch, clock: hurried };
          const trial = download({ digest, bytes: SIZE }, file, options, () => undefined, abort.signal);
          const ended = await inTime(trial);
          if (!(ended instanceof Hindrance || ended instanceof Refusal)) broken.push(`${name}: ${String(ended)}`);
          if (existsSync(file) && statSync(file).size > SIZE)
            broken.push(`${name}: ${statSync(file).size} bytes on the disk`);
        }
        tried++;
        const metadata = await inTime(metadataOverHttp(hub.url, plainFetch, hurried)('timestamp.json', METADATA_BYTES));
        if (!(metadata instanceof TrustError) && name !== 'other bytes')
          broken.push(`metadata, ${name}: ${String(metadata)}`);
      }
    } finally {
      clearInterval(watch);
      hub.stop();
      other.stop();
    }
    if (strangers > 0) broken.push(`a redirect was followed ${strangers} times`);
    const grownMb = Math.round((peak - before) / 2 ** 20);
    if (grownMb > PEAK_MB) broken.push(`downloading took ${grownMb} MB more`);
    return { tried, broken, peakMb: 0 };
  },
};

/** What it was rejected with; a text when it succeeded, or does not end. */
async function inTime(work: Promise<unknown>): Promise<unknown> {
  const over = new AbortController();
  try {
    return await Promise.race([
      work.then(
        () => 'it succeeded',
        (error: unknown) => error,
      ),
      systemClock.sleep(WAIT_S * 1000, over.signal).then(() => `it did not end in ${WAIT_S} s`),
    ]);
  } finally {
    over.abort();
  }
}

async function listen(answer: (response: ServerResponse, from: number) => void) {
  const server = createServer((request, response) => {
    response.on('error', () => undefined);
    answer(response, Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
