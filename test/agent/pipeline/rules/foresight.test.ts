import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Edge, quietBefore, sidesOf } from '../../../../agent/pipeline/rules/foresight.ts';
import { createRule } from '../../../../agent/pipeline/rules/registry.ts';
import type { Moving } from '../../../../agent/pipeline/stage.ts';
import { rule } from '../../../../shared/contract/config/rules.ts';
import { person } from './play.ts';

const moving = (x: number, y: number, vx = 0, vy = 0, track = 1): Moving => ({
  ...person(x, y, track),
  velocity: [vx, vy],
});
const edge: Edge = [
  [0.5, 0.2],
  [0.5, 0.8],
];
const line = [edge];

test('who is far off or goes away leaves time, who is near or comes does not', () => {
  expect(quietBefore(line, [], 1000)).toBe(1000);
  expect(quietBefore(line, [moving(0.1, 0.5)], 1000)).toBe(1000);
  expect(quietBefore(line, [moving(0.515, 0.5)], 1000)).toBe(0);
  expect(quietBefore(line, [moving(0.3, 0.5, 0.3)], 1000)).toBeLessThan(600);
  expect(quietBefore(line, [moving(0.3, 0.5, 0.3)], 1000)).toBeGreaterThan(200);
  expect(quietBefore(line, [moving(0.38, 0.5, -0.3)], 1000)).toBe(1000);
  // Beside the line is not at the line.
  expect(quietBefore(line, [moving(0.5, 0.95)], 500)).toBe(500);
});

test('whoever goes straight on reaches no side before it was said', () => {
  const near = fc.double({ min: 0, max: 1, noNaN: true });
  const speed = fc.double({ min: -0.5, max: 0.5, noNaN: true });
  const sides = sidesOf([
    [0.3, 0.3],
    [0.7, 0.3],
    [0.6, 0.8],
  ]);
  expect(sides).toHaveLength(3);
  const side = (x: number, y: number) =>
    createRule(rule.parse({ kind: 'zone', name: 'z', points: sides.map(([a]) => a), frames: 1 })).evaluate({
      frame: 0,
      ptsMs: 0,
      wall: 0,
      outcome: { task: 'detect', detections: [] },
      objects: [],
      update: { tracked: [person(x, y)], began: [], ended: [] },
    }).length;
  fc.assert(
    fc.property(near, near, speed, speed, fc.double({ min: 0, max: 0.999, noNaN: true }), (x, y, vx, vy, part) => {
      const quiet = quietBefore(sides, [moving(x, y, vx, vy)], 1000);
      const seconds = (quiet * part) / 1000;
      expect(side(x + vx * seconds, y + vy * seconds)).toBe(side(x, y));
    }),
  );
});

test('more tracks leave less time', () => {
  const tracks = fc.array(
    fc.record({ x: fc.double({ min: 0, max: 1, noNaN: true }), vx: fc.double({ min: -0.5, max: 0.5, noNaN: true }) }),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(tracks, (all) => {
      const some = all.map(({ x, vx }, i) => moving(x, 0.5, vx, 0, i));
      const each = some.map((track) => quietBefore(line, [track], 800));
      expect(quietBefore(line, some, 800)).toBe(Math.min(800, ...each));
    }),
  );
});

/** Someone 0.2 high whose foot stands at (x, y). */
const at = (x: number, y: number, vx = 0, vy = 0) => quietBefore(line, [moving(x, y, vx, vy)], 1000);

test.each<[string, number, number, number, number, number]>([
  // The distance is 0.3 - 0.3 t, the reach 0.02 + 0.06 t: they meet at 0.778 s.
  ['comes from the left', 0.2, 0.5, 0.3, 0, 800],
  ['comes from the right', 0.8, 0.5, -0.3, 0, 800],
  ['comes down on its upper end', 0.5, 0.05, 0, 0.3, 400],
  ['comes up on its lower end', 0.5, 0.95, 0, -0.3, 400],
  // 0.14 beyond the end, aslant: 0.141 - 0.141 t.
  ['comes aslant on an end', 0.4, 0.1, 0.1, 0.1, 650],
  ['stands beside it', 0.3, 0.5, 0, 0, 1000],
  ['stands where it only may tremble over', 0.481, 0.5, 0, 0, 0],
  ['stands a little farther', 0.479, 0.5, 0, 0, 50],
  ['goes along it', 0.3, 0.2, 0, 0.5, 1000],
])('a walker who %s', (_what, x, y, vx, vy, quietMs) => {
  expect(at(x, y, vx, vy)).toBe(quietMs);
});

test('the reach is of the height: an object without any is at a line only when it is on it', () => {
  const flat = (x: number): Moving => ({ ...moving(0, 0), box: [x, 0.5, 0, 0] });
  expect(quietBefore(line, [flat(0.5)], 1000)).toBe(0);
  expect(quietBefore(line, [flat(0.500001)], 1000)).toBe(1000);
  const tall = (height: number): Moving => ({ ...moving(0, 0), box: [0.45, 0.5 - height, 0, height] });
  // 0.05 away: 0.1 of the height at once, 0.4 of it after a second.
  expect(quietBefore(line, [tall(0.51)], 1000)).toBe(0);
  expect(quietBefore(line, [tall(0.25)], 1000)).toBe(350);
});

test('a slanted edge is met where it is, by its middle and by its ends', () => {
  // From (0.2, 0.4) to (0.6, 0.7): half as long as the 3-4-5 triangle.
  const slanted: Edge[] = [
    [
      [0.2, 0.4],
      [0.6, 0.7],
    ],
  ];
  const flat = (x: number, y: number): Moving => ({ ...moving(0, 0), box: [x, y - 0.2, 0, 0.2] });
  // 0.02 may be trembled over; its normal is (-0.6, 0.8), its direction (0.8, 0.6).
  for (const [along, across, quiet] of [
    [0.25, 0.019, 0],
    [0.25, -0.019, 0],
    [0.25, 0.021, 50],
    [0.25, -0.021, 50],
    [0.1, 0.019, 0],
    [0.4, 0.025, 100],
    [-0.019, 0, 0],
    [-0.021, 0, 50],
    [0.519, 0, 0],
    [0.521, 0, 50],
  ] as const) {
    const foot = flat(0.2 + 0.8 * along - 0.6 * across, 0.4 + 0.6 * along + 0.8 * across);
    expect(quietBefore(slanted, [foot], 1000)).toBe(quiet);
  }
});

test('a line that is a point, and the sides of a polygon', () => {
  const point: Edge[] = [
    [
      [0.5, 0.5],
      [0.5, 0.5],
    ],
  ];
  expect(quietBefore(point, [moving(0.5, 0.515)], 1000)).toBe(0);
  expect(quietBefore(point, [moving(0.2, 0.5, 0.3)], 1000)).toBe(800);
  expect(quietBefore(point, [moving(0.2, 0.8, 0.3, 0)], 1000)).toBe(1000);
  const [a, b, c] = [[0, 0] as const, [1, 0] as const, [0, 1] as const].map(([x, y]): [number, number] => [x, y]);
  if (!a || !b || !c) throw new Error('three corners');
  expect(sidesOf([a, b, c])).toEqual([
    [c, a],
    [a, b],
    [b, c],
  ]);
  expect(sidesOf([])).toEqual([]);
});

test('of several edges and tracks the first that is reached counts; beyond the horizon nothing is looked at', () => {
  const two: Edge[] = [
    ...line,
    [
      [0.9, 0],
      [0.9, 1],
    ],
  ];
  expect(quietBefore(two, [moving(0.7, 0.5, 0.2)], 1000)).toBe(700);
  expect(quietBefore(two, [moving(0.7, 0.5, 0.2), moving(0.6, 0.5, -0.3)], 1000)).toBe(250);
  expect(quietBefore(two, [moving(0.6, 0.5, -0.3), moving(0.7, 0.5, 0.2)], 1000)).toBe(250);
  expect(quietBefore(two, [moving(0.7, 0.5, 0.2)], 699)).toBe(699);
  expect(quietBefore(two, [moving(0.49, 0.5)], 0)).toBe(0);
});

test.each(['line', 'zone'])('a %s looks out for its labels and scores, and for whom it already follows', (kind) => {
  const points = kind === 'line' ? edge : [...edge, [0.9, 0.5]];
  const stage = createRule(rule.parse({ kind, name: 'r', points, labels: ['person'], minScore: 0.8 }));
  const near = moving(0.49, 0.5);
  const weak = { ...near, score: 0.7 };
  expect(stage.quietMs([near], 500)).toBe(0);
  expect(stage.quietMs([{ ...near, label: 'dog' }], 500)).toBe(500);
  expect(stage.quietMs([weak], 500)).toBe(500);
  const update = { tracked: [near], began: [], ended: [] };
  stage.evaluate({ frame: 0, ptsMs: 0, wall: 0, outcome: { task: 'detect', detections: [] }, objects: [], update });
  expect(stage.quietMs([weak], 500)).toBe(0);
  expect(stage.quietMs([{ ...weak, track: 2 }], 500)).toBe(500);
});

test.each([
  [0, 500],
  [3, 500],
  [4, 0],
  [5, 0],
  [6, 500],
])('a threshold of five with %d objects: one more or less may come with any frame', (count, quietMs) => {
  const stage = createRule(rule.parse({ kind: 'threshold', name: 't', atLeast: 5 }));
  const objects = Array.from({ length: count }, (_, i) => person(0.1 * i, 0.5, i));
  const update = { tracked: objects, began: [], ended: [] };
  stage.evaluate({ frame: 0, ptsMs: 0, wall: 0, outcome: { task: 'detect', detections: objects }, objects, update });
  expect(stage.quietMs([], 500)).toBe(quietMs);
});

test('absence counts seconds and can wait; an anomaly wants every frame; outside its hours a rule wants none', () => {
  expect(createRule(rule.parse({ kind: 'absence', name: 'a', afterS: 5 })).quietMs([], 500)).toBe(500);
  const anomaly = { kind: 'anomaly', name: 'a' };
  expect(createRule(rule.parse(anomaly)).quietMs([], 500)).toBe(0);
  const night = { ...anomaly, schedule: { cron: ['* 3 * * *'], timezone: 'UTC' } };
  expect(createRule(rule.parse(night)).quietMs([], 500)).toBe(500);
});
