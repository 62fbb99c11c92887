import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRateLimit, createTimeline } from '../../../../agent/pipeline/source/pacing.ts';

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

test('a looped timeline goes on and never goes back', () => {
  const timeline = createTimeline(100);
  const first = [0, 100, 200].map((pts) => timeline.next(pts));
  timeline.loop();
  const second = [0, 50, 40, 200].map((pts) => timeline.next(pts));
  expect(first).toEqual([0, 100, 200]);
  expect(second).toEqual([300, 350, 350, 500]);
});
