import { readdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { allocFrame, openVideo } from '../../../../shared/engine/frames/reader.ts';
import { writeClip } from '../../../support/clip.ts';
import { tempFolder } from '../../../support/temp.ts';

const quiet = { onUndecodable: () => undefined };
const descriptors = () => readdirSync('/proc/self/fd').length;

test('every frame with its time, at once and in time alike', async () => {
  const url = await writeClip(tempFolder());
  const read = async (waits: boolean) => {
    const reader = await openVideo({ from: 'file', url, shown: url, waits }, quiet);
    const frame = allocFrame();
    const times: number[] = [];
    for (let ms = await reader.next(frame); ms !== undefined; ms = await reader.next(frame)) times.push(Math.round(ms));
    expect(reader.info).toMatchObject({ width: 320, height: 240, fps: 10, frames: 60, durationMs: 6000 });
    reader.close();
    frame.free();
    return times;
  };
  const wanted = Array.from({ length: 60 }, (_, i) => i * 100);
  expect(await read(false)).toEqual(wanted);
  expect(await read(true)).toEqual(wanted);
});

test('200 openings and as many refusals leave memory and descriptors as they were', async () => {
  const url = await writeClip(tempFolder());
  const frame = allocFrame();
  const openings = async (times: number) => {
    for (let i = 0; i < times; i++) {
      const reader = await openVideo({ from: 'file', url, shown: url, waits: i % 2 === 0 }, quiet);
      await reader.next(frame);
      reader.close();
      await expect(
        openVideo({ from: 'file', url: import.meta.filename, shown: 'x', waits: i % 2 === 0 }, quiet),
      ).rejects.toThrow('x');
    }
    return { rss: process.memoryUsage.rss() / 2 ** 20, files: descriptors() };
  };
  // The allocator and V8 need some hundred rounds to find their size.
  const warm = await openings(400);
  const end = await openings(200);
  console.log(
    `200 openings: rss ${warm.rss.toFixed(1)} → ${end.rss.toFixed(1)} MB, descriptors ${warm.files} → ${end.files}`,
  );
  expect(end.files).toBeLessThanOrEqual(warm.files);
  expect(end.rss).toBeLessThan(warm.rss * 1.05);
  frame.free();
});

test.each(['rtsp', 'http'] as const)(
  'a %s server that says nothing: the waiting can be ended at any moment',
  async (scheme) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => sockets.delete(socket))
        .resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/x`;
    const ending = new AbortController();
    const opening = openVideo({ from: scheme, url, shown: url, waits: true }, { ...quiet, signal: ending.signal });
    await expect.poll(() => sockets.size).toBe(1);
    ending.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
    // FFmpeg has let go of the connection too.
    await expect.poll(() => sockets.size).toBe(0);
  },
);

test('an abort before opening', async () => {
  const input = { from: 'rtsp', url: 'rtsp://127.0.0.1:1/x', shown: 'x', waits: true } as const;
  await expect(openVideo(input, { ...quiet, signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
});
