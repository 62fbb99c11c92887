import { writeFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Delivery, parseRange } from '../../../cloud-hub/registry/delivery.ts';
import { packagePathOf } from '../../../shared/contract/delivery.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempFolder } from '../../support/temp.ts';
import { addDevice, testHub } from '../support.ts';
import { archiveOf, upload } from './package.ts';

async function withPackage() {
  const hub = await testHub();
  const archive = await archiveOf();
  await upload(hub, archive.bytes);
  const token = await addDevice(hub, 'cam');
  const get = (headers: Record<string, string> = {}, options: { as?: string; method?: string } = {}) =>
    fetch(hub.url + packagePathOf(archive.digest), {
      method: options.method ?? 'GET',
      headers: { authorization: `Basic ${btoa(options.as ?? `cam:${token}`)}`, ...headers },
    });
  return { hub, archive, token, get };
}

describe('a package', () => {
  test('is sent whole, with its digest as ETag', async () => {
    const { archive, get } = await withPackage();
    const response = await get();
    expect(response.status).toBe(200);
    expect(response.headers.get('etag')).toBe(`"${archive.digest}"`);
    expect(response.headers.get('accept-ranges')).toBe('bytes');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(archive.bytes);
    expect((await get({ 'if-none-match': `"${archive.digest}"` })).status).toBe(304);
    const head = await get({}, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(archive.bytes.length));
  });

  test('is taken up where it broke off', async () => {
    const { archive, get } = await withPackage();
    const etag = `"${archive.digest}"`;
    const rest = await get({ range: 'bytes=100-', 'if-range': etag });
    expect(rest.status).toBe(206);
    const { length } = archive.bytes;
    expect(rest.headers.get('content-range')).toBe(`bytes 100-${length - 1}/${length}`);
    expect(Buffer.from(await rest.arrayBuffer())).toEqual(archive.bytes.subarray(100));
    expect((await get({ range: 'bytes=100-', 'if-range': '"sha256:other"' })).status).toBe(200);
    const beyond = await get({ range: `bytes=${length}-` });
    expect(beyond.status).toBe(416);
    expect(beyond.headers.get('content-range')).toBe(`bytes */${length}`);
  });

  test('is for devices with their own token, and for viewers', async () => {
    const { hub, archive, token, get } = await withPackage();
    for (const as of ['cam:wrong', `none:${token}`, 'cam:', ':', `cam:${'x'.repeat(300)}`]) {
      expect((await get({}, { as })).status, as).toBe(401);
    }
    expect((await fetch(hub.url + packagePathOf(archive.digest))).status).toBe(401);
    const viewer = ((await (await hub.post('/tokens', { name: 'eve', role: 'viewer' })).json()) as { token: string })
      .token;
    expect((await hub.api(packagePathOf(archive.digest).slice('/api/v1'.length), { token: viewer })).status).toBe(200);
    // What opens packages opens nothing else.
    expect(
      (await fetch(`${hub.url}/api/v1/devices`, { headers: { authorization: `Basic ${btoa(`cam:${token}`)}` } }))
        .status,
    ).toBe(401);
  });

  test('that is not there is said so', async () => {
    const { hub, token } = await withPackage();
    const headers = { authorization: `Basic ${btoa(`cam:${token}`)}` };
    expect((await fetch(hub.url + packagePathOf(`sha256:${'0'.repeat(64)}`), { headers })).status).toBe(404);
    expect((await fetch(`${hub.url}${packagePathOf('sha256:..%2f..%2fhub.db')}`, { headers })).status).toBe(400);
  });
});

test('ranges are those of RFC 9110', () => {
  expect(parseRange(undefined, 10)).toBeUndefined();
  expect(parseRange('bytes=0-', 10)).toEqual({ from: 0, to: 9 });
  expect(parseRange('bytes=2-4', 10)).toEqual({ from: 2, to: 4 });
  expect(parseRange('bytes=2-400', 10)).toEqual({ from: 2, to: 9 });
  expect(parseRange('bytes=-3', 10)).toEqual({ from: 7, to: 9 });
  expect(parseRange('bytes=-30', 10)).toEqual({ from: 0, to: 9 });
  expect(parseRange('bytes=-0', 10)).toBe('unsatisfiable');
  expect(parseRange('bytes=10-', 10)).toBe('unsatisfiable');
  for (const odd of ['bytes=4-2', 'bytes=0-1,3-4', 'bytes=-', 'lines=1-2', 'bytes=a-b']) {
    expect(parseRange(odd, 10)).toBeUndefined();
  }
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), fc.integer({ min: 1, max: 1000 }), (text, size) => {
      const range = parseRange(`bytes=${text}`, size);
      if (range === undefined || range === 'unsatisfiable') return;
      expect(0 <= range.from && range.from <= range.to && range.to < size).toBe(true);
    }),
  );
});

test('all downloads share the rate, and a device has two at most', async () => {
  const file = `${tempFolder()}/blob`;
  writeFileSync(file, Buffer.alloc(1_000_000));
  const clock = new ManualClock();
  // 8 Mbit/s: a megabyte takes a second.
  const delivery = new Delivery(clock, 8);
  const range = { from: 0, to: 999_999 };
  const done: number[] = [];
  const opened = [delivery.open(file, range, 'a'), delivery.open(file, range, 'b')];
  for (const stream of opened) {
    stream?.on('end', () => done.push(clock.mono())).resume();
  }
  const second = delivery.open(file, range, 'a');
  expect(second).toBeDefined();
  expect(delivery.open(file, range, 'a')).toBeUndefined();
  second?.destroy();
  await new Promise((resolve) => second?.once('close', resolve));
  const third = delivery.open(file, range, 'a');
  expect(third).toBeDefined();
  // The one that goes on is still counted.
  expect(delivery.open(file, range, 'a')).toBeUndefined();
  third?.destroy();
  while (done.length < 2 && clock.mono() < 600_000) await clock.advance(10);
  // Two megabytes at a megabyte a second; how much longer is the disk's affair, which this clock does not move.
  expect(done).toHaveLength(2);
  expect(Math.max(...done)).toBeGreaterThan(1900);
});

describe('downloads at once', () => {
  const files = (bytes: number) => {
    const file = `${tempFolder()}/blob`;
    writeFileSync(file, Buffer.alloc(bytes, 7));
    return file;
  };
  const ended = (stream: Readable) => new Promise((resolve) => stream.once('close', resolve));

  test('64 in all, two of each; each that ends, breaks off or fails makes place for another', async () => {
    const file = files(10);
    const delivery = new Delivery(new ManualClock(), 10_000);
    const range = { from: 0, to: 9 };
    const all: Readable[] = [];
    const open = (who: string, from = file) => {
      const stream = delivery.open(from, range, who);
      stream?.on('error', () => undefined);
      if (stream) all.push(stream);
      return stream;
    };
    const streams = Array.from({ length: 64 }, (_, i) => open(`d${i >> 1}`));
    expect(streams.every((stream) => stream !== undefined)).toBe(true);
    expect(open('other')).toBeUndefined();
    const [first, second, third] = streams;
    if (!first || !second || !third) throw new Error('no streams');
    first.destroy();
    await ended(first);
    expect(open('d1')).toBeUndefined();
    const replaced = open('d0');
    expect(replaced).toBeDefined();
    expect(open('d0')).toBeUndefined();
    // Read to its end.
    const chunks: Buffer[] = [];
    second.on('data', (chunk: Buffer) => chunks.push(chunk));
    await ended(second);
    expect(Buffer.concat(chunks)).toEqual(Buffer.alloc(10, 7));
    expect(open('d0')).toBeDefined();
    // Of a file that is gone.
    third.destroy();
    await ended(third);
    const missing = open('d1', `${file}.none`);
    const failure = new Promise<Error>((resolve) => missing?.once('error', resolve));
    expect(await failure).toMatchObject({ code: 'ENOENT' });
    expect(open('d1')).toBeDefined();
    await Promise.all(all.map((stream) => (stream.closed ? undefined : ended(stream.destroy()))));
  });

  test('a range is sent as it was asked for; the first chunk waits for its own time, and an idle line saves up none', async () => {
    const file = files(100);
    const waits: number[] = [];
    const clock = new (class extends ManualClock {
      override sleep(ms: number, signal?: AbortSignal): Promise<void> {
        waits.push(ms);
        return super.sleep(ms, signal);
      }
    })();
    // A byte a millisecond.
    const delivery = new Delivery(clock, 0.008);
    // Idle before the first, and between two.
    for (const waited of [1, 2]) {
      await clock.advance(3_600_000);
      const chunks: Buffer[] = [];
      const stream = delivery.open(file, { from: 10, to: 29 }, 'a');
      stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
      // Time stands still until the disk has given the chunk.
      await expect.poll(() => waits.length + chunks.length).toBe(waited);
      expect(chunks).toEqual([]);
      await clock.advance(19);
      expect(chunks).toEqual([]);
      await clock.advance(1);
      await expect.poll(() => Buffer.concat(chunks)).toEqual(Buffer.alloc(20, 7));
    }
    expect(waits).toEqual([20, 20]);
  });
});
