import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createLiveTimeline,
  createRateLimit,
  createRecordedTimeline,
} from '../../../../agent/pipeline/source/pacing.ts';

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
  expect([0, 0, 1, 1].every(createRateLimit(undefined))).toBe(true);
});

test('asking whether a frame is due takes nothing', () => {
  const passes = createRateLimit(1);
  expect(passes.due(0)).toBe(true);
  expect(passes(0)).toBe(true);
  expect(passes.due(500)).toBe(false);
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
