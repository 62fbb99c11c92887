import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createLiveTimeline,
  createRateLimit,
  createRecordedTimeline,
} from '../../../../../agent/pipeline/source/picture/pacing.ts';

test('of 30 frames a second, fps 10 takes every third in spite of rounded timestamps', () => {
  const passes = createRateLimit(10);
  const taken = Array.from({ length: 300 }, (_, i) => Math.round((i * 1000) / 30)).filter((pts) => passes(pts));
  expect(taken.length).toBe(100);
});

test('any regular source gives the wanted rate, give or take one frame', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 120 }), (sourceFps, fps) => {
      const passes = createRateLimit(fps);
      const seconds = 20;
      const taken = Array.from({ length: sourceFps * seconds }, (_, i) => (i * 1000) / sourceFps).filter((pts) =>
        passes(pts),
      ).length;
      const wanted = Math.min(fps, sourceFps) * seconds;
      expect(taken).toBeLessThanOrEqual(wanted * 1.06 + 1);
      expect(taken).toBeGreaterThanOrEqual(wanted * 0.94 - 1);
    }),
  );
});

test('without a rate all frames pass', () => {
  expect([0, 0, 1, 1].every((ptsMs) => createRateLimit(undefined)(ptsMs))).toBe(true);
});

test('asking whether a frame is due takes nothing', () => {
  const passes = createRateLimit(1);
  expect(passes.due(0)).toBe(true);
  expect(passes(0)).toBe(true);
  expect(passes.due(500)).toBe(false);
});

test('a frame may come a tenth of the step early, and five milliseconds at most', () => {
  for (const [fps, early, tooEarly] of [
    [50, 18, 17.9],
    [20, 45, 44.9],
    [10, 95, 94.9],
    [1, 995, 994.9],
  ] as const) {
    const at = (ptsMs: number) => {
      const passes = createRateLimit(fps);
      expect(passes(0)).toBe(true);
      expect(passes.due(ptsMs)).toBe(passes(ptsMs));
      return !passes(ptsMs);
    };
    expect(at(early)).toBe(true);
    const passes = createRateLimit(fps);
    passes(0);
    expect([passes.due(tooEarly), passes(tooEarly)]).toEqual([false, false]);
  }
});

test('after a pause the rate begins anew: what was missed is not made up for', () => {
  const passes = createRateLimit(10);
  expect([0, 100, 1000, 1050, 1094, 1095, 1194, 1200].map((ptsMs) => passes(ptsMs))).toEqual([
    ...[true, true, true, false, false, true, false, true],
  ]);
});

test('what is a little early does not make the next ones early', () => {
  const passes = createRateLimit(10);
  const taken = Array.from({ length: 1999 }, (_, i) => i * 5).filter((ptsMs) => passes(ptsMs));
  expect(taken.length).toBe(100);
  expect(taken.slice(0, 4)).toEqual([0, 95, 195, 295]);
});

test('a recording: half a second back is disorder, more begins a new part; unstamped frames are a frame apart', () => {
  const timeline = createRecordedTimeline(40);
  expect(timeline.peek(undefined, 0)).toBe(0);
  expect([1000, 500, 1001].map((pts) => timeline.next(pts, 0))).toEqual([1000, 1000, 1001]);
  expect(timeline.peek(1100, 0)).toBe(1100);
  expect(timeline.peek(900, 0)).toBe(1001);
  expect([500.9, 540].map((pts) => timeline.next(pts, 0))).toEqual([1041, expect.closeTo(1080.1, 6)]);
  expect([timeline.next(undefined, 0), timeline.next(undefined, 0)]).toEqual([
    expect.closeTo(1120.1, 6),
    expect.closeTo(1160.1, 6),
  ]);
  timeline.again();
  expect([timeline.peek(0, 0), timeline.next(0, 0), timeline.next(40, 0)]).toEqual([
    expect.closeTo(1200.1, 6),
    expect.closeTo(1200.1, 6),
    expect.closeTo(1240.1, 6),
  ]);
});

test('a camera: a second of drift either way is its own time, more is ours', () => {
  const at = (stampMs: number, nowMs: number) => {
    const timeline = createLiveTimeline();
    timeline.next(5000, 100_000);
    timeline.next(7000, 102_000);
    const expected = timeline.peek(stampMs, nowMs);
    expect(timeline.next(stampMs, nowMs)).toBe(expected);
    return expected;
  };
  expect(at(9000, 103_000)).toBe(4000);
  expect(at(9001, 103_000)).toBe(3000);
  expect(at(9000, 105_000)).toBe(4000);
  expect(at(8999, 105_000)).toBe(5000);
  // What was shifted once goes on from there.
  const timeline = createLiveTimeline();
  expect([
    timeline.next(0, 0),
    timeline.next(60_000, 100),
    timeline.next(60_100, 250),
    timeline.next(60_200, 260),
  ]).toEqual([0, 100, 200, 300]);
});

test('a camera: before its first frame nothing has elapsed, and a new connection has stamps of its own', () => {
  const timeline = createLiveTimeline();
  expect(timeline.peek(77, 5000)).toBe(0);
  expect([timeline.next(77, 5000), timeline.next(177, 5110)]).toEqual([0, 100]);
  timeline.again();
  expect(timeline.peek(3, 5300)).toBe(300);
  expect([timeline.next(3, 5300), timeline.next(103, 5450)]).toEqual([300, 400]);
});

test('a looped timeline goes on and never goes back', () => {
  const timeline = createRecordedTimeline(100);
  const first = [0, 100, 200].map((pts) => timeline.next(pts, 0));
  timeline.again();
  const second = [0, 50, 40, 200].map((pts) => timeline.next(pts, 0));
  expect(first).toEqual([0, 100, 200]);
  expect(second).toEqual([300, 350, 350, 500]);
});

test('a jump back in the middle of a recording goes on a frame later', () => {
  const timeline = createRecordedTimeline(100);
  expect([0, 900, 1000, 0, 100, 200].map((pts) => timeline.next(pts, 0))).toEqual([0, 900, 1000, 1100, 1200, 1300]);
});

test("a camera's even stamps are kept while they agree with the clock, whatever they begin with", () => {
  const timeline = createLiveTimeline();
  const frames = [0, 1, 2, 3].map((i) => timeline.next(70_000 + i * 100, 5000 + i * 100 + (i % 2) * 30));
  expect(frames).toEqual([0, 100, 200, 300]);
});

test('stamps that jump, or none, give way to the time of arrival', () => {
  const timeline = createLiveTimeline();
  expect(timeline.next(0, 1000)).toBe(0);
  expect(timeline.next(9_000_000, 1100)).toBe(100);
  expect(timeline.next(9_000_100, 1200)).toBe(200);
  expect(timeline.next(3, 1300)).toBe(300);
  expect(timeline.next(undefined, 1400)).toBe(400);
  timeline.again();
  expect(timeline.next(50, 9000)).toBe(8000);
});

test('a clock that runs a little fast or slow is followed, without a jump', () => {
  for (const speed of [0.95, 1.05]) {
    const timeline = createLiveTimeline();
    const frames = Array.from({ length: 2500 }, (_, i) => timeline.next(i * 40 * speed, i * 40));
    const steps = frames.slice(1).map((time, i) => time - (frames[i] ?? 0));
    expect(Math.max(...steps)).toBeLessThan(60);
    expect(Math.min(...steps)).toBeGreaterThan(20);
    expect(Math.abs((frames.at(-1) ?? 0) - 2499 * 40)).toBeLessThan(400);
    expect(timeline.byArrival()).toBe(false);
  }
});

test('frames that come in heaps: a rate makes up for a pause of a second', () => {
  const passes = createRateLimit(5);
  // Ten frames each second, all at once.
  const taken = Array.from({ length: 100 }, (_, i) => Math.floor(i / 10) * 1000 + (i % 10)).filter((at) =>
    passes(at, true),
  );
  expect(taken.length).toBeGreaterThanOrEqual(45);
  expect(taken.length).toBeLessThanOrEqual(55);
});

test('a recording: a hole is closed and reported with its length, a slow recording has none', () => {
  const holes: number[] = [];
  const timeline = createRecordedTimeline(40, (ms) => holes.push(ms));
  const hours = 20 * 3_600_000;
  expect([0, 40, hours, hours + 40, hours + 9980].map((pts) => timeline.next(pts, 0))).toEqual([
    0, 40, 80, 120, 10_060,
  ]);
  expect(holes).toEqual([hours - 40]);
  timeline.again();
  expect(timeline.next(60_000, 0)).toBe(70_100);
  const slow = createRecordedTimeline(5000, (ms) => holes.push(ms));
  expect([0, 20_000, 95_000].map((pts) => slow.next(pts, 0))).toEqual([0, 20_000, 95_000]);
  expect(holes).toHaveLength(1);
});

test('a recording whose stamps stand still has its stated rate; those of two fields may be the same', () => {
  const timeline = createRecordedTimeline(40);
  expect([0, 0, 80, 80, 160].map((pts) => timeline.next(pts, 0))).toEqual([0, 0, 80, 80, 160]);
  const still = createRecordedTimeline(40);
  const times = Array.from({ length: 50 }, () => still.next(7, 0));
  expect(times.at(-1)).toBeGreaterThan(1800);
  // As it is with stamps in whole seconds.
  const seconds = createRecordedTimeline(40);
  const passes = createRateLimit(5);
  const taken = Array.from({ length: 250 }, (_, i) => seconds.next(Math.floor(i / 25) * 1000, 0)).filter((t) =>
    passes(t),
  );
  expect(taken.length).toBeGreaterThan(45);
  expect(taken.length).toBeLessThan(55);
});

test('no timeline ever goes back, or far from the clock', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          stamp: fc.option(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { nil: undefined }),
          step: fc.integer({ min: 0, max: 500 }),
          again: fc.boolean(),
        }),
      ),
      (frames) => {
        const live = createLiveTimeline();
        const recorded = createRecordedTimeline(40);
        let now = 1000;
        let last = { live: 0, recorded: Number.NEGATIVE_INFINITY };
        for (const { stamp, step, again } of frames) {
          if (again) for (const timeline of [live, recorded]) timeline.again();
          now += step;
          const next = { live: live.next(stamp, now), recorded: recorded.next(stamp, now) };
          expect(next.live).toBeGreaterThanOrEqual(last.live);
          expect(next.recorded).toBeGreaterThanOrEqual(last.recorded);
          expect(next.live - (now - 1000)).toBeLessThanOrEqual(1000 + 500);
          last = next;
        }
      },
    ),
  );
});
