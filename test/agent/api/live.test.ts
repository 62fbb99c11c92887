import { expect, test } from 'vitest';
import { createLive, type LiveOptions } from '../../../agent/api/live.ts';
import { createWatchRequests, type WatchRequest } from '../../../agent/api/watch-requests.ts';
import type { LightResult } from '../../../agent/runner/follow.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function setup(options: Partial<LiveOptions> = {}) {
  const clock = new ManualClock();
  const reported: WatchRequest[] = [];
  const followed: number[] = [];
  const faults: unknown[] = [];
  const live = createLive({
    requests: createWatchRequests(clock, (_stream, request) => reported.push(request)),
    follow: (_stream, until) => followed.push(until),
    rulesOf: () => [],
    // Drawing is tested in annotate.test.ts: here a picture keeps its bytes.
    annotate: async (jpeg) => jpeg,
    onFault: (_stream, error) => faults.push(error),
    clock,
    ...options,
  });
  const picture = (frame: number) =>
    live.onPreview(
      { stream: 's', frame, ptsMs: frame * 100, width: 64, height: 48, detections: [] },
      new Uint8Array([frame]),
    );
  return { clock, reported, followed, faults, live, picture };
}

const result = (frame: number, endedAt: number): LightResult => ({
  frame,
  ptsMs: frame * 100,
  outcome: { task: 'detect', detections: [] },
  timing: { decode: 1, preprocess: 1, infer: 1, postprocess: 1 },
  endedAt,
});

test('nothing is asked while nobody looks; the request is renewed while somebody does, and ended with the last', async () => {
  const { clock, reported, followed, live } = setup();
  await clock.advance(10_000);
  expect([reported, followed]).toEqual([[], []]);

  const first = live.watch('s', 5, 640, () => undefined);
  const second = live.watch('s', 2, 960, () => undefined);
  expect(reported.at(-1)).toMatchObject({ fps: 5, width: 960 });
  await clock.advance(30_000);
  expect(reported.at(-1)?.until).toBeGreaterThan(clock.mono());
  expect(followed.at(-1)).toBeGreaterThan(clock.mono());

  first();
  expect(reported.at(-1)).toMatchObject({ fps: 2, width: 960 });
  second();
  expect(reported.at(-1)?.until).toBe(0);
  const asked = reported.length;
  await clock.advance(30_000);
  expect([reported.length, live.viewers()]).toEqual([asked, 0]);
});

test('each viewer gets pictures at its own rate, none after it has left', async () => {
  const { clock, live, picture } = setup();
  const got = { fast: 0, slow: 0 };
  const leave = live.watch('s', 10, 640, () => got.fast++);
  live.watch('s', 2, 640, () => got.slow++);
  for (let i = 0; i < 50; i++) {
    await clock.advance(100);
    picture(i);
    await clock.advance(0);
  }
  expect(got).toEqual({ fast: 50, slow: 11 });
  leave();
  await clock.advance(100);
  picture(50);
  await clock.advance(0);
  expect(got.fast).toBe(50);
});

test('while a picture is drawn the newest waits and older ones are forgotten', async () => {
  let finish: () => void = () => undefined;
  const drawn: number[] = [];
  const { clock, live, picture } = setup({
    annotate: (jpeg) =>
      new Promise((resolve) => {
        drawn.push(jpeg[0] ?? -1);
        finish = () => resolve(jpeg);
      }),
  });
  live.watch('s', 15, 640, () => undefined);
  for (let i = 0; i < 5; i++) {
    picture(i);
    await clock.advance(100);
  }
  finish();
  await clock.advance(0);
  expect(drawn).toEqual([0, 4]);
});

test('a picture that cannot be drawn costs itself', async () => {
  const { clock, live, picture, faults } = setup({
    annotate: async (jpeg) => {
      if (jpeg[0] === 0) throw new Error('not a JPEG');
      return jpeg;
    },
  });
  const got: number[] = [];
  live.watch('s', 15, 640, (jpeg) => got.push(jpeg[0] ?? -1));
  for (const frame of [0, 1]) {
    picture(frame);
    await clock.advance(100);
  }
  expect([got, faults.length]).toEqual([[1], 1]);
});

test('one picture: the next; undefined when none comes, and then nothing is asked any more', async () => {
  const { clock, reported, live, picture } = setup();
  const wanted = live.picture('s', 640, 5000);
  picture(7);
  expect(await wanted).toEqual(new Uint8Array([7]));
  const none = live.picture('s', 640, 5000);
  await clock.advance(5000);
  expect([await none, live.viewers(), reported.at(-1)?.until]).toEqual([undefined, 0, 0]);
});

test('the latest result: waits for the first, then answers at once; with the time at which it was made', async () => {
  const { clock, followed, live } = setup();
  const wanted = live.latest('s', 2000);
  await clock.advance(500);
  live.onLatest('s', result(3, 400));
  expect(await wanted).toMatchObject({ result: { frame: 3 }, wall: clock.wall() - 100 });
  expect(await live.latest('s', 2000)).toMatchObject({ result: { frame: 3 } });
  expect(followed).toHaveLength(1);

  // Nobody asked for long: what is known is old, so the next is waited for; the old is better than nothing.
  await clock.advance(60_000);
  const again = live.latest('s', 2000);
  expect(followed).toHaveLength(2);
  await clock.advance(2000);
  expect(await again).toMatchObject({ result: { frame: 3 } });
});

test('no more than so many may look; the next is told so and nothing of it stays', async () => {
  const { clock, live } = setup();
  const leaves = Array.from({ length: 16 }, () => live.watch('s', 1, 64, () => undefined));
  expect(() => live.watch('s', 1, 64, () => undefined)).toThrow(/16 viewers are connected/);
  await expect(live.picture('s', 64, 1000)).rejects.toThrow(/16 viewers are connected/);
  await expect(live.latest('s', 1000)).rejects.toThrow(/16 viewers are connected/);
  await clock.advance(2000);
  for (const leave of leaves) leave();
  for (const leave of leaves) leave();
  expect(live.viewers()).toBe(0);
});
