/** What a download makes of each answer, of silence, and of what lay there before. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { download } from '../../../agent/models/download.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { plainFetch } from '../../support/plain-fetch.ts';
import { tempFolder } from '../../support/temp.ts';
import { until } from '../../support/until.ts';

const content = randomBytes(50_000);
const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

async function hubThat(answer: Answer) {
  let asked = 0;
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked++;
    ranges.push(request.headers.range);
    answer(response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const file = path.join(tempFolder(), 'x.part');
  const hub = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const progress: number[] = [];
  const abort = new AbortController();
  const get = (clock: Clock = systemClock) =>
    download(
      { digest, bytes: content.length },
      file,
      { hub, authorization: 'Basic abc', fetch: plainFetch, clock },
      (n) => progress.push(n),
      abort.signal,
    );
  return { get, file, hub, progress, abort, ranges, asked: () => asked };
}

const whole: Answer = (response) => void response.writeHead(200).end(content);
const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(code, headers).end('x');

test('each answer that is not the package is a hindrance that says what it was, and when to come again', async () => {
  for (const [answer, message, retryMs] of [
    [status(429, { 'retry-after': '30' }), 'the hub serves the most downloads that it allows at once', 30_000],
    [status(429, { 'retry-after': '3600' }), /the most downloads/, 3_600_000],
    [status(429, { 'retry-after': '3601' }), /the most downloads/, undefined],
    [status(429, { 'retry-after': '0' }), /the most downloads/, undefined],
    [status(429, { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' }), /the most downloads/, undefined],
    [status(429), /the most downloads/, undefined],
    [status(404), 'the hub does not have the package (404)', undefined],
    [status(401), "the hub refuses this device's token or certificate (401)", undefined],
    [status(403), "the hub refuses this device's token or certificate (403)", undefined],
    [status(500), 'the hub answers 500', undefined],
    [status(206), 'the hub answers 206', undefined],
    [status(206, { 'content-range': 'bytes 7-9/10' }), 'the hub answers 206 with bytes 7-9/10', undefined],
    [status(302, { location: '/elsewhere' }), /redirect/, undefined],
  ] as const satisfies readonly (readonly [Answer, string | RegExp, number | undefined])[]) {
    const { get, file } = await hubThat(answer);
    const failure = await get().catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'Hindrance',
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
    expect((failure as { retryMs?: number }).retryMs).toBe(retryMs);
    expect(readFileSync(file)).toHaveLength(0);
  }
});

test('a rest from another place than was asked for is not appended', async () => {
  const { get, file } = await hubThat(status(206, { 'content-range': 'bytes 0-49999/50000' }));
  writeFileSync(file, content.subarray(0, 100));
  await expect(get()).rejects.toThrow('the hub answers 206 with bytes 0-49999/50000');
  expect(readFileSync(file).equals(content.subarray(0, 100))).toBe(true);
});

test('what lies there whole is not asked for again; what is longer than it may be begins anew', async () => {
  const complete = await hubThat(whole);
  writeFileSync(complete.file, content);
  await complete.get();
  expect(complete.asked()).toBe(0);
  expect(complete.progress).toEqual([content.length]);
  const longer = await hubThat(whole);
  writeFileSync(longer.file, Buffer.concat([content, content]));
  await longer.get();
  expect(longer.ranges).toEqual([undefined]);
  expect(longer.progress[0]).toBe(0);
  expect(readFileSync(longer.file).equals(content)).toBe(true);
  // Whole, and damaged: nothing was downloaded that could be at fault.
  const damaged = await hubThat(whole);
  writeFileSync(damaged.file, Buffer.alloc(content.length));
  await expect(damaged.get()).rejects.toMatchObject({
    name: 'Hindrance',
    message: expect.stringMatching(/are damaged/),
  });
  expect(existsSync(damaged.file)).toBe(false);
  await damaged.get();
});

test('progress is told from what is there to the whole, never back', async () => {
  const { get, progress, file } = await hubThat((response, request) => {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1]);
    response.writeHead(206, { 'content-range': `bytes ${from}-49999/50000` }).end(content.subarray(from));
  });
  writeFileSync(file, content.subarray(0, 10_000));
  await get();
  expect(progress[0]).toBe(10_000);
  expect(progress.at(-1)).toBe(content.length);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
});

test('an answer that ends early goes on soon; one byte more than was stated is refused', async () => {
  const short = await hubThat((response) => void response.writeHead(200).end(content.subarray(0, 49_999)));
  await expect(short.get()).rejects.toMatchObject({
    name: 'Hindrance',
    message: 'the connection ended after 49999 of 50000 bytes; it goes on from there',
    retryMs: 1000,
  });
  expect(readFileSync(short.file)).toHaveLength(49_999);
  const long = await hubThat((response) => void response.writeHead(200).end(Buffer.concat([content, Buffer.alloc(1)])));
  await expect(long.get()).rejects.toMatchObject({
    name: 'Refusal',
    stage: 'download',
    message: 'the hub sends more than the 50000 bytes that it stated',
  });
});

test('a hub that says nothing, at the beginning or in the middle, is given up after half a minute', async () => {
  const mute = await hubThat(() => undefined);
  const clock = new ManualClock();
  const waiting = mute.get(clock).catch((error: unknown) => error);
  await until(() => mute.asked() === 1, 'it is asked');
  await clock.advance(30_000);
  expect(await waiting).toMatchObject({ name: 'Hindrance', message: expect.stringMatching(/: no answer in 30 s$/) });

  const stalling = await hubThat((response) => {
    response.writeHead(200);
    response.write(content.subarray(0, 1000));
  });
  const other = new ManualClock();
  const stalled = stalling.get(other).catch((error: unknown) => error);
  await until(() => stalling.progress.at(-1) === 1000, 'a part has come');
  await other.advance(30_000);
  expect(await stalled).toMatchObject({
    name: 'Hindrance',
    message: `the download from ${stalling.hub} broke off after 1000 of 50000 bytes (no byte in 30 s); it goes on from there`,
  });
});

test('called off, it ends with the reason, and what has come stays', async () => {
  const { get, file, abort, progress } = await hubThat((response) => {
    response.writeHead(200);
    response.write(content.subarray(0, 1000));
  });
  const running = get().catch((error: unknown) => error);
  await until(() => progress.at(-1) === 1000, 'a part has come');
  abort.abort(new Error('not wanted any more'));
  expect(await running).toEqual(new Error('not wanted any more'));
  expect(readFileSync(file)).toHaveLength(1000);
});
