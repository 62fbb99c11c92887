import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRule } from '../../../../agent/pipeline/rules/registry.ts';
import type { Observation, Tracked } from '../../../../agent/pipeline/stage.ts';
import { rule } from '../../../../shared/contract/config/rules.ts';
import type { Box } from '../../../../shared/contract/names.ts';

/** An object whose foot stands at (x, y). */
function person(x: number, y: number, track = 1, label = 'person', score = 0.9): Tracked {
  return { label, score, track, box: [x - 0.05, y - 0.2, 0.1, 0.2] as Box };
}

/** What a rule is shown of a frame of objects. */
function observe(tracked: readonly Tracked[], ended: readonly number[] = []): Observation {
  const outcome = { task: 'detect' as const, detections: [...tracked] };
  return { frame: 0, ptsMs: 0, wall: 0, outcome, objects: tracked, update: { tracked, began: [], ended } };
}

/** Feeds frames of objects to a rule; returns `frame:action` of each event. */
function play(
  config: unknown,
  frames: readonly (readonly Tracked[])[],
  ended: Readonly<Record<number, number[]>> = {},
): string[] {
  const stage = createRule(rule.parse(config));
  return frames.flatMap((tracked, index) =>
    stage.evaluate(observe(tracked, ended[index])).map((e) => `${index}:${e.action}:${e.count}`),
  );
}

const line = {
  kind: 'line',
  name: 'door',
  points: [
    [0, 0.5],
    [1, 0.5],
  ],
};
const walk = (ys: number[], track = 1) => ys.map((y) => [person(0.5, y, track)]);

test('line: down over a line drawn from left to right is forward, and each direction counts for itself', () => {
  expect(play(line, walk([0.4, 0.45, 0.55, 0.6, 0.45, 0.55]))).toEqual(['2:forward:1', '4:backward:1', '5:forward:2']);
});

test('line: a box that trembles on the line does not cross it', () => {
  expect(play(line, walk([0.45, 0.499, 0.501, 0.499, 0.502, 0.498, 0.45]))).toEqual([]);
});

test('line: walking around the end of a short line is no crossing', () => {
  const short = {
    ...line,
    points: [
      [0.4, 0.5],
      [0.6, 0.5],
    ],
  };
  const around = [person(0.5, 0.45), person(0.7, 0.45), person(0.7, 0.55), person(0.5, 0.55)].map((p) => [p]);
  expect(play(short, around)).toEqual([]);
});

test('line: only the wanted direction, label and score', () => {
  expect(play({ ...line, direction: 'backward' }, walk([0.4, 0.6, 0.4]))).toEqual(['2:backward:1']);
  expect(play({ ...line, labels: ['car'] }, walk([0.4, 0.6]))).toEqual([]);
  expect(play({ ...line, minScore: 0.95 }, walk([0.4, 0.6]))).toEqual([]);
});

test('line: any jump between two clear sides is one crossing in the right direction', () => {
  const x = fc.double({ min: 0.05, max: 0.95, noNaN: true });
  const y = fc.oneof(
    fc.double({ min: 0.25, max: 0.49, noNaN: true }),
    fc.double({ min: 0.51, max: 0.95, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(x, y), { minLength: 2, maxLength: 20 }), (feet) => {
      const wide = {
        ...line,
        points: [
          [0, 0.5],
          [1, 0.5],
        ],
      };
      const sides = feet.map(([, v]) => v > 0.5);
      const wanted = sides.flatMap((side, i) =>
        i > 0 && side !== sides[i - 1] ? [`${i}:${side ? 'forward' : 'backward'}`] : [],
      );
      const seen = play(
        wide,
        feet.map(([a, b]) => [person(a, b)]),
      ).map((e) => e.split(':').slice(0, 2).join(':'));
      expect(seen).toEqual(wanted);
    }),
  );
});

const zone = {
  kind: 'zone',
  name: 'yard',
  points: [
    [0.4, 0.4],
    [0.8, 0.4],
    [0.8, 0.8],
    [0.4, 0.8],
  ],
  frames: 2,
};

test('zone: enter and leave after so many frames, with how many are inside', () => {
  const frames = [
    [person(0.2, 0.5), person(0.6, 0.6, 2)],
    [person(0.5, 0.5), person(0.6, 0.6, 2)],
    [person(0.6, 0.5), person(0.6, 0.6, 2)],
    [person(0.9, 0.5), person(0.6, 0.6, 2)],
    [person(0.9, 0.5), person(0.6, 0.6, 2)],
  ];
  expect(play(zone, frames)).toEqual(['1:enter:1', '2:enter:2', '4:leave:1']);
});

test('zone: one frame outside is no leaving, and a track that ends inside has left', () => {
  const frames = [...[0.5, 0.5, 0.9, 0.5].map((x) => [person(x, 0.5)]), []];
  expect(play(zone, frames, { 4: [1] })).toEqual(['1:enter:1', '4:leave:0']);
});

test('zone: enters and leaves of a track take turns', () => {
  const feet = fc.array(
    fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(feet, (walked) => {
      const actions = play(
        zone,
        walked.map(([x, y]) => [person(x, y)]),
      ).map((e) => e.split(':')[1]);
      for (const [i, action] of actions.entries()) expect(action).toBe(i % 2 === 0 ? 'enter' : 'leave');
    }),
  );
});

test('threshold: starts and ends after so many frames in a row', () => {
  const two = [person(0.1, 0.5, 1), person(0.5, 0.5, 2)];
  const one = [person(0.1, 0.5, 1)];
  const frames = [one, two, one, two, two, two, one, two, one, one, one];
  expect(play({ kind: 'threshold', name: 'crowd', atLeast: 2, frames: 2 }, frames)).toEqual(['4:start:2', '9:end:1']);
});

test('threshold: an end without anything to be seen has no box and wants no crop', () => {
  const stage = createRule(rule.parse({ kind: 'threshold', name: 'any', frames: 1 }));
  expect(stage.evaluate(observe([person(0.5, 0.5)]))[0]).toMatchObject({ action: 'start', snapshot: true });
  const end = stage.evaluate(observe([]))[0];
  expect(end).toMatchObject({ action: 'end', label: 'person', count: 0, snapshot: false });
  expect(end).not.toHaveProperty('box');
});
