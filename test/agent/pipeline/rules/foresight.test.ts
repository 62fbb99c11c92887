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

test('a rule looks out for its labels, and for whom it already follows', () => {
  const stage = createRule(rule.parse({ kind: 'line', name: 'l', points: edge, labels: ['person'] }));
  const dog = { ...moving(0.51, 0.5), label: 'dog' };
  expect(stage.quietMs([dog], 500)).toBe(500);
  expect(stage.quietMs([moving(0.51, 0.5)], 500)).toBe(0);
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
