import fc from 'fast-check';
import { expect, test } from 'vitest';
import { figuresOf } from '../../../agent/doctor/figures.ts';
import { judgeStream, judgeTogether, loadOf, type StreamCase } from '../../../agent/doctor/stream-verdicts.ts';
import type { FrameResult } from '../../../agent/pipeline/outputs.ts';

const one = (
  rest: Partial<StreamCase> & { ms?: Partial<StreamCase['figures']['ms']>; sourceFps?: number } = {},
): StreamCase => {
  const { ms, sourceFps = 25, ...others } = rest;
  return {
    stream: 'gate',
    figures: { frames: 100, sourceFps, ms: { decode: 4, preprocess: 1, infer: 45, postprocess: 0.5, ...ms } },
    askedFps: 25,
    live: false,
    description: 'h264, 1280x720',
    ...others,
  };
};

test('inference that is too slow: how long it takes, what it holds, what was asked, what to do', () => {
  const verdict = judgeStream(one(), 2);
  expect(verdict).toMatchObject({ subject: 'stream gate', level: 'note' });
  expect(verdict.text).toBe(
    'h264, 1280x720, 25 frames/s; inference takes 45 ms per frame, 22 frames/s at most; asked for 25',
  );
  expect(verdict.advice).toMatch(/lower `fps`, use a model with a smaller input/);
  expect(judgeStream(one({ askedFps: 10 }), 2).level).toBe('ok');
});

test('what is asked for, and what that leaves out of the source or misses in it', () => {
  const asked = (askedFps: number) =>
    judgeStream(one({ askedFps, ms: { infer: 1 } }), 2)
      .text.split('; ')
      .at(-1);
  expect([5, 25, 26, 30].map(asked)).toEqual([
    ...['asked for 5, 20 are left out', 'asked for 25', 'asked for 26'],
    'asked for 30, the source has no more',
  ]);
});

test('decoding bounds a stream although few frames are analysed: all of them are decoded', () => {
  const heavy = one({ askedFps: 5, sourceFps: 30, ms: { decode: 40, infer: 10 } });
  expect(judgeStream(heavy, 4)).toMatchObject({ level: 'note', advice: expect.stringContaining('substream') });
  expect(loadOf(heavy, 4)).toMatchObject({ slowest: 'decode', wantedFps: 5 });
  expect(loadOf(heavy, 4).holdsFps).toBeCloseTo(1000 / (6 * 40 + 1));
});

test('a camera is waited for while decoding: that time is not held against it', () => {
  const camera = one({ askedFps: 5, ms: { decode: 40, infer: 10 }, live: true });
  expect(loadOf(camera, 2)).toMatchObject({ slowest: 'infer' });
  expect(judgeStream(camera, 2).level).toBe('ok');
});

test('one core does one thing at a time', () => {
  expect(loadOf(one({ askedFps: 25 }), 2).holdsFps).toBeCloseTo(1000 / 45.5);
  expect(loadOf(one({ askedFps: 25 }), 1).holdsFps).toBeCloseTo(1000 / 50.5);
});

test('more is never asked than the source gives; without a rate nothing is judged', () => {
  expect(loadOf(one({ askedFps: 100, sourceFps: 10 }), 2).wantedFps).toBe(10);
  const { figures, ...rest } = one();
  const unknown = { ...rest, askedFps: undefined, figures: { ...figures, sourceFps: undefined } };
  expect(judgeStream(unknown, 2)).toMatchObject({ level: 'ok' });
});

test('the load of several: too much for the machine, or only dealt badly', () => {
  const named = (stream: string, askedFps: number) => one({ stream, askedFps });
  const light = [named('a', 5), named('b', 5)];
  expect(judgeTogether(light, 2, [['a'], ['b']])).toMatchObject({ subject: 'load', level: 'ok' });
  const heavy = ['a', 'b', 'c'].map((s) => named(s, 15));
  expect(judgeTogether(heavy, 2, [['a'], ['b'], ['c']])?.advice).toContain('dropped');
  const crowded = judgeTogether([named('a', 12), named('b', 12)], 4, [['a', 'b']]);
  expect(crowded).toMatchObject({ level: 'note', advice: expect.stringContaining('runners.count') });
  expect(judgeTogether([], 2, [])).toBeUndefined();
});

test('the faster a stage, the more a stream holds', () => {
  const time = fc.double({ min: 0.1, max: 200, noNaN: true });
  fc.assert(
    fc.property(time, time, time, fc.integer({ min: 1, max: 8 }), (decode, infer, less, cores) => {
      const slow = loadOf(one({ ms: { decode, infer: infer + less } }), cores);
      const fast = loadOf(one({ ms: { decode, infer } }), cores);
      expect(fast.holdsFps).toBeGreaterThanOrEqual(slow.holdsFps);
      expect(fast.cores).toBeLessThan(slow.cores);
    }),
  );
});

test('figures: medians without the warm-up, and the rate of the source by its own timestamps', () => {
  const result = (frame: number, infer: number): FrameResult => ({
    frame,
    ptsMs: frame * 40,
    outcome: { task: 'detect', detections: [] },
    objects: [],
    timing: { decode: 2, preprocess: 1, infer, postprocess: 0 },
    startedAt: 0,
    endedAt: 0,
  });
  const figures = figuresOf([500, 300, 200, 10, 11, 12, 10, 11].map((infer, i) => result(i * 2, infer)));
  expect(figures).toEqual({ frames: 8, sourceFps: 25, ms: { decode: 2, preprocess: 1, infer: 11, postprocess: 0 } });
  expect(figuresOf([result(0, 5)])).toMatchObject({ frames: 1, sourceFps: undefined, ms: { infer: 5 } });
  expect(figuresOf([]).frames).toBe(0);
});
