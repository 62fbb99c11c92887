import { expect, test } from 'vitest';
import { frame, person, playFrames, reported, times } from './play.ts';

const here = frame(person(0.5, 0.5));

test('starts and ends after so many frames in a row', () => {
  const two = frame(person(0.1, 0.5, 1), person(0.5, 0.5, 2));
  const one = frame(person(0.1, 0.5, 1));
  const frames = [one, two, one, two, two, two, one, two, one, one, one];
  const crowd = { kind: 'threshold', name: 'crowd', atLeast: 2, frames: 2 };
  expect(reported(playFrames(crowd, frames))).toEqual(['4:start:2', '9:end:1']);
});

test('an event tells of the best of those that count; an end without anybody has no box and wants no crop', () => {
  const best = person(0.2, 0.5, 1, 'person', 0.8);
  const frames = [frame(person(0.8, 0.5, 3, 'dog', 0.95), best, person(0.5, 0.5, 2, 'person', 0.7)), {}];
  const any = { kind: 'threshold', name: 'any', labels: ['person'], minScore: 0.7, frames: 1 };
  const common = { rule: 'any', ruleKind: 'threshold', label: 'person', score: 0.8 };
  expect(playFrames(any, frames)).toEqual([
    { ...common, frame: 0, ptsMs: 100, action: 'start', count: 2, box: best.box, snapshot: true },
    { ...common, frame: 1, ptsMs: 200, action: 'end', count: 0, snapshot: false },
  ]);
  const bare = playFrames({ ...any, snapshot: false }, frames);
  expect(bare.map((event) => event.snapshot)).toEqual([false, false]);
  const seen = playFrames({ ...any, atLeast: 2 }, [frames[0] ?? {}, frame(person(0.1, 0.1, 7, 'person', 0.75))]);
  expect(seen[1]).toMatchObject({ action: 'end', score: 0.75, count: 1, box: person(0.1, 0.1).box, snapshot: true });
});

test('a gap delays a start, and drops it when it no longer holds', () => {
  const config = { kind: 'threshold', name: 'any', frames: 1, minGapS: 2 };
  const frames = [here, {}, here, {}, ...times(30, here)];
  expect(reported(playFrames(config, frames))).toEqual(['0:start:1', '1:end:0', '20:start:1']);
});
