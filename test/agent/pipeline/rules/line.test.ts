import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Tracked } from '../../../../agent/pipeline/stage.ts';
import { frame, type PlayedFrame, person, playFrames, reported, times, walk } from './play.ts';

const line = {
  kind: 'line',
  name: 'door',
  points: [
    [0, 0.5],
    [1, 0.5],
  ],
};
const short = {
  ...line,
  points: [
    [0.4, 0.5],
    [0.6, 0.5],
  ],
};
const alone = (...feet: (readonly [number, number])[]) => feet.map(([x, y]) => frame(person(x, y)));
const play = (config: object, frames: readonly PlayedFrame[]) => reported(playFrames(config, frames));

test('down over a line drawn from left to right is forward, and each direction counts for itself', () => {
  const ys = [0.4, 0.45, 0.55, 0.6, 0.45, 0.55];
  const events = playFrames(line, walk(ys));
  expect(reported(events)).toEqual(['2:forward:1', '4:backward:1', '5:forward:2']);
  expect(events[0]).toEqual({
    ...{ frame: 2, ptsMs: 300, rule: 'door', ruleKind: 'line', action: 'forward', count: 1, snapshot: true },
    ...{ ...person(0.5, 0.55), path: ys.slice(0, 3).map((y) => [0.5, expect.closeTo(y, 9)]) },
  });
  expect(playFrames({ ...line, snapshot: false }, walk(ys)).some((event) => event.snapshot)).toBe(false);
});

test('a line in any direction: forward is from its left to its right', () => {
  const [a, b] = [
    [0.3, 0.2],
    [0.6, 0.7],
  ];
  const over = alone([0.7, 0.3], [0.2, 0.6]);
  expect(play({ ...line, points: [a, b] }, over)).toEqual(['1:forward:1']);
  expect(play({ ...line, points: [b, a] }, over)).toEqual(['1:backward:1']);
  expect(play({ ...line, points: [a, b] }, over.toReversed())).toEqual(['1:backward:1']);
});

test('a box that trembles on the line does not cross it', () => {
  expect(play(line, walk([0.45, 0.499, 0.501, 0.499, 0.502, 0.498, 0.45]))).toEqual([]);
});

test('the margin is as wide on both sides, whatever the length of the line, and ends where it is said to', () => {
  /** A foot just there: sums of fractions are not exact. */
  const standing = (y: number): Tracked => ({ ...person(0.5, 0.5), box: [0.45, 0, 0.1, y] });
  const upper = {
    ...line,
    points: [
      [0.4, 0],
      [0.6, 0],
    ],
  };
  const above: Tracked = { ...person(0.5, 0.5), box: [0.45, -0.3, 0.1, 0.2] };
  const from = (y: number) => play(upper, [frame(above), frame(standing(y))]);
  expect(from(0.0041)).toEqual(['1:forward:1']);
  expect(from(0.004)).toEqual(['1:forward:1']);
  expect(from(0.0039)).toEqual([]);
  const below = (y: number) => play(short, walk([0.6, y]));
  expect(below(0.4958)).toEqual(['1:backward:1']);
  expect(below(0.4962)).toEqual([]);
});

test('walking around the end of a short line is no crossing; back over it then is one', () => {
  expect(play(short, alone([0.5, 0.45], [0.7, 0.45], [0.7, 0.55], [0.5, 0.55]))).toEqual([]);
  expect(play(short, alone([0.5, 0.45], [0.3, 0.45], [0.3, 0.55], [0.5, 0.55], [0.5, 0.45]))).toEqual(['4:backward:1']);
  // Beside it on the same endless line.
  expect(play(short, alone([0.3, 0.45], [0.3, 0.55], [0.3, 0.45]))).toEqual([]);
});

test('around its end and back over it with hysteresis is one crossing', () => {
  const around = alone([0.5, 0.4], [0.8, 0.4], [0.8, 0.6], [0.5, 0.6], [0.5, 0.4], [0.5, 0.3]);
  expect(play({ ...short, frames: 2 }, around)).toEqual(['5:backward:1']);
});

test('through the line counts in the frame in which it counts, wherever one has walked to by then', () => {
  const config = { ...short, frames: 2 };
  expect(play(config, alone([0.5, 0.45], [0.5, 0.55], [0.9, 0.55]))).toEqual(['2:forward:1']);
  // Through and around: the last change of sides decides.
  const ways = alone([0.5, 0.45], [0.5, 0.55], [0.7, 0.55], [0.7, 0.45], [0.7, 0.55], [0.7, 0.6], [0.7, 0.55]);
  expect(play({ ...config, frames: 3 }, ways)).toEqual([]);
});

test('only the wanted direction, label and score', () => {
  expect(play({ ...line, direction: 'backward' }, walk([0.4, 0.6, 0.4]))).toEqual(['2:backward:1']);
  expect(play({ ...line, direction: 'forward' }, walk([0.6, 0.4, 0.6, 0.4, 0.6]))).toEqual([
    '2:forward:1',
    '4:forward:2',
  ]);
  expect(play({ ...line, labels: ['car'] }, walk([0.4, 0.6]))).toEqual([]);
  expect(play({ ...line, minScore: 0.95 }, walk([0.4, 0.6]))).toEqual([]);
});

test('who was once chosen is followed, also when his score falls', () => {
  const config = { ...line, minScore: 0.8 };
  const scored = (...seen: (readonly [number, number])[]) =>
    seen.map(([y, score]) => frame(person(0.5, y, 1, 'person', score)));
  expect(play(config, scored([0.4, 0.9], [0.6, 0.3]))).toEqual(['1:forward:1']);
  expect(play(config, scored([0.4, 0.3], [0.6, 0.9]))).toEqual([]);
  expect(play(config, scored([0.4, 0.3], [0.6, 0.9], [0.4, 0.3]))).toEqual(['2:backward:1']);
});

test('a track that has ended is forgotten, with its way and its side', () => {
  const config = { ...line, frames: 2 };
  const frames = [...walk([0.4, 0.6]), { ended: [1] }, ...walk([0.6, 0.6]), ...walk([0.4, 0.4])];
  const events = playFrames(config, frames);
  expect(reported(events)).toEqual(['6:backward:1']);
  expect(events[0]?.path?.map(([, y]) => y)).toEqual([expect.closeTo(0.6, 9), expect.closeTo(0.4, 9)]);
});

test('n frames on the other side make a crossing, and going back before is none', () => {
  const config = { ...line, frames: 3 };
  expect(play(config, walk([0.4, 0.6, 0.6, 0.4, 0.4, 0.6, 0.6, 0.6]))).toEqual(['7:forward:1']);
  const back = [0.4, ...times(3, 0.6), ...times(2, 0.4), ...times(3, 0.6), ...times(3, 0.4), ...times(3, 0.6)];
  expect(play(config, walk(back))).toEqual(['3:forward:1', '11:backward:1', '14:forward:2']);
});

test('crossings within the gap are counted, not told; each direction has its own', () => {
  const ys = [0.4, 0.6, 0.4, 0.6, 0.4, ...times(20, 0.4), 0.6];
  expect(play({ ...line, minGapS: 1 }, walk(ys))).toEqual(['1:forward:1', '2:backward:1', '25:forward:3']);
});

test('of several at once each is told, and they count together', () => {
  const frames = [0.4, 0.6].map((y) => frame(person(0.3, y, 1), person(0.6, y, 2), person(0.8, 1 - y, 3)));
  const events = playFrames(line, frames);
  expect(events.map((e) => `${e.track}:${e.action}:${e.count}`)).toEqual([
    '1:forward:1',
    '2:forward:2',
    '3:backward:1',
  ]);
});

test('any jump between two clear sides is one crossing in the right direction', () => {
  const x = fc.double({ min: 0.05, max: 0.95, noNaN: true });
  const y = fc.oneof(
    fc.double({ min: 0.25, max: 0.49, noNaN: true }),
    fc.double({ min: 0.51, max: 0.95, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(x, y), { minLength: 2, maxLength: 20 }), (feet) => {
      const sides = feet.map(([, v]) => v > 0.5);
      const wanted = sides.flatMap((side, i) =>
        i > 0 && side !== sides[i - 1] ? [`${i}:${side ? 'forward' : 'backward'}`] : [],
      );
      const seen = play(line, alone(...feet)).map((e) => e.split(':').slice(0, 2).join(':'));
      expect(seen).toEqual(wanted);
    }),
  );
});
