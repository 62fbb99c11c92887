import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { download } from '../../../agent/models/download.ts';
import { Hindrance, Refusal } from '../../../agent/models/outcome.ts';
import { etagOf, packagePathOf } from '../../../shared/contract/delivery.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { plainFetch } from '../../support/plain-fetch.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

/** A hub that sends no byte for so long counts as silent. */
const STALL_MS = 30_000;
const content = randomBytes(300_000);
const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
const wanted = { digest, bytes: content.length };

type Handler = (request: IncomingMessage, response: ServerResponse, from: number) => void;

/** What an orderly hub answers. */
const orderly: Handler = (request, response, from) => {
  expect(request.url).toBe(packagePathOf(digest));
  expect(request.headers.authorization).toBe('Basic abc');
  if (from === 0) return void response.writeHead(200, { 'content-length': content.length }).end(content);
  expect(request.headers['if-range']).toBe(etagOf(digest));
  const range = `bytes ${from}-${content.length - 1}/${content.length}`;
  response
    .writeHead(206, { 'content-range': range, 'content-length': content.length - from })
    .end(content.subarray(from));
};

async function hubThat(...answers: Handler[]) {
  const asked: number[] = [];
  const server = createServer((request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(from);
    answer?.(request, response, from);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const file = path.join(tempFolder(), 'x.part');
  const hub = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const get = (
    more: { bytesPerS?: number; clock?: typeof systemClock } = {},
    bytes = wanted.bytes,
    onProgress: (bytes: number) => void = () => undefined,
  ) =>
    download(
      { digest, bytes },
      file,
      { hub, authorization: 'Basic abc', fetch: plainFetch, clock: systemClock, ...more },
      onProgress,
      new AbortController().signal,
    );
  return { asked, file, get };
}

test('the whole comes in one go', async () => {
  const { get, file, asked } = await hubThat(orderly);
  await get();
  expect(readFileSync(file).equals(content)).toBe(true);
  expect(asked).toEqual([0]);
});

test('a connection that breaks off is a hindrance, and the next try goes on from there', async () => {
  let destroy = () => {};
  const breaks: Handler = (_request, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 100_000));
    destroy = () => response.destroy();
  };
  const { get, file, asked } = await hubThat(breaks, orderly);
  // What arrived and was not read yet is lost with the connection: it breaks off when something was read.
  const ended = await get({}, wanted.bytes, (bytes) => bytes > 0 && destroy()).catch((error: unknown) => error);
  expect(ended).toBeInstanceOf(Hindrance);
  const kept = readFileSync(file).length;
  expect(kept).toBeGreaterThan(0);
  expect(String(ended)).toContain(`broke off after ${kept} of ${content.length} bytes`);
  await get();
  expect(asked).toEqual([0, kept]);
  expect(readFileSync(file).equals(content)).toBe(true);
});

test('a hub that does not know ranges begins anew, and what lay there is replaced', async () => {
  const { get, file } = await hubThat((request, response) => orderly(request, response, 0));
  writeFileSync(file, content.subarray(0, 5000));
  await get();
  expect(readFileSync(file).equals(content)).toBe(true);
});

test('what a power cut left is not believed: damaged bytes cost a download, not the package', async () => {
  const { get, file, asked } = await hubThat(orderly);
  writeFileSync(file, Buffer.alloc(50_000));
  await expect(get()).rejects.toThrow(/are damaged; the download starts again/);
  expect(existsSync(file)).toBe(false);
  await get();
  expect(asked).toEqual([50_000, 0]);
});

test('a whole download with another digest is refused, and so is more than was stated', async () => {
  const lies: Handler = (_request, response) => void response.writeHead(200).end(Buffer.alloc(content.length));
  const { get, file } = await hubThat(lies);
  await expect(get()).rejects.toMatchObject({ name: 'Refusal', stage: 'download' });
  expect(existsSync(file)).toBe(false);
  const { get: getMore } = await hubThat(orderly);
  await expect(getMore({}, 1000)).rejects.toBeInstanceOf(Refusal);
});

test.each([
  ['a rest, after damaged bytes', Buffer.alloc(50_000), true, true],
  ['the whole instead of the rest', content.subarray(0, 50_000), false, false],
  ['the whole instead of the rest, after damaged bytes', Buffer.alloc(50_000), false, false],
  ['the whole, where nothing lay', Buffer.alloc(0), false, false],
] as const)(
  'other bytes as %s: who sent them all is refused, who sent a part may send it again',
  async (_what, there, ranges, again) => {
    const other = Buffer.alloc(content.length, 7);
    const lies: Handler = (_request, response, from) => {
      const range = `bytes ${from}-${other.length - 1}/${other.length}`;
      if (ranges) response.writeHead(206, { 'content-range': range }).end(other.subarray(from));
      else response.writeHead(200).end(other);
    };
    const { get, file } = await hubThat(lies);
    if (there.length > 0) writeFileSync(file, there);
    await expect(get()).rejects.toBeInstanceOf(again ? Hindrance : Refusal);
    expect(existsSync(file)).toBe(false);
  },
);

test('a busy hub says when, a missing package and no hub at all are tried again', async () => {
  const busy: Handler = (_request, response) => void response.writeHead(429, { 'retry-after': '30' }).end();
  const { get } = await hubThat(busy, (_request, response) => void response.writeHead(404).end());
  await expect(get()).rejects.toMatchObject({ name: 'Hindrance', retryMs: 30_000 });
  await expect(get()).rejects.toThrow(/does not have the package/);
  const nowhere = download(
    wanted,
    path.join(tempFolder(), 'x.part'),
    { hub: 'http://127.0.0.1:1', authorization: '', fetch: plainFetch, clock: systemClock },
    () => undefined,
    new AbortController().signal,
  );
  await expect(nowhere).rejects.toBeInstanceOf(Hindrance);
});

test('no faster than allowed', async () => {
  const { get } = await hubThat(orderly);
  let now = 0;
  const clock = {
    ...systemClock,
    mono: () => now,
    async sleep(ms: number) {
      now += ms;
    },
  };
  await get({ bytesPerS: 100_000, clock });
  expect(now).toBeGreaterThan(2700);
  expect(now).toBeLessThan(3300);
});

test('time in which no byte came is not saved up: the rest comes at the rate that is allowed', async () => {
  let goOn = () => {};
  const pauses: Handler = (_request, response) => {
    response.writeHead(200, { 'content-length': content.length });
    response.write(content.subarray(0, 1000));
    goOn = () => response.end(content.subarray(1000));
  };
  const { get } = await hubThat(pauses);
  let now = 0;
  let silentUntil = 0;
  const clock = {
    ...systemClock,
    mono: () => now,
    after: () => () => undefined,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  await get({ bytesPerS: 10_000, clock }, wanted.bytes, (bytes) => {
    if (bytes !== 1000) return;
    now += 20_000;
    silentUntil = now;
    goOn();
  });
  // A quarter of a second may be caught up with.
  const restMs = ((content.length - 1000) / 10_000) * 1000;
  expect(now - silentUntil).toBeGreaterThanOrEqual(restMs - 250);
  expect(now - silentUntil).toBeLessThanOrEqual(restMs + 250);
});

test('a hub that sends slowly is no hub that is silent, however long the whole takes', async () => {
  const parts = 4;
  const part = content.length / parts;
  let send: (n: number) => void = () => undefined;
  const slow: Handler = (_request, response) => {
    response.writeHead(200, { 'content-length': content.length });
    send = (n) => response.write(content.subarray(n * part, (n + 1) * part));
    send(0);
  };
  const { get, file } = await hubThat(slow);
  const clock = new ManualClock();
  let come = 0;
  const whole = get({ clock }, wanted.bytes, (bytes) => {
    come = bytes;
  });
  for (let n = 1; n < parts; n++) {
    await until(() => come === n * part, `part ${n}`);
    await clock.advance(0.9 * STALL_MS);
    send(n);
  }
  await whole;
  expect(readFileSync(file).equals(content)).toBe(true);
});

test('whatever becomes of a download, its file is not left open', async () => {
  const answers: [Handler, bytes?: number][] = [
    [orderly],
    [(_request, response) => void response.writeHead(200).end(Buffer.alloc(content.length))],
    [orderly, 1000],
    [(_request, response) => void response.writeHead(429).end()],
    [(_request, response) => void response.writeHead(200).end(content.subarray(0, 9))],
    [(request) => void request.socket.destroy()],
  ];
  const isOpen = (file: string) =>
    readdirSync('/proc/self/fd').some((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(file);
      } catch {
        return false;
      }
    });
  for (const [answer, bytes] of answers) {
    const { get, file } = await hubThat(answer);
    await get({}, bytes).catch(() => undefined);
    expect(isOpen(file)).toBe(false);
  }
});
