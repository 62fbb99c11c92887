import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createJudge, type Found, type Judge } from '../../../agent/pipeline/judge.ts';
import type { Tracked } from '../../../agent/pipeline/stage.ts';
import { rule } from '../../../shared/contract/config/rules.ts';
import { person } from './rules/play.ts';

const rules = [
  {
    kind: 'line',
    name: 'line',
    points: [
      [0.50123, 0],
      [0.51234, 1],
    ],
    frames: 2,
  },
  {
    kind: 'zone',
    name: 'zone',
    points: [
      [0.21234, 0.31234],
      [0.71234, 0.31234],
      [0.61234, 0.81234],
    ],
    dwellS: 0.5,
  },
  { kind: 'threshold', name: 'two', atLeast: 2 },
].map((fields) => rule.parse({ snapshot: false, ...fields }));

const frameOf = (frame: number) => ({ frame, ptsMs: frame * 100, wall: 0 });

function analyse(judge: Judge, frame: number, tracked: readonly Tracked[]): Found[] {
  const outcome = { task: 'detect' as const, detections: [...tracked] };
  return judge.analysed(
    frameOf(frame),
    { outcome, found: tracked, objects: tracked, tracked },
    { tracked, began: [], ended: [] },
  );
}

/** `frame:rule:action:track`, in the order in which they were told. */
const reported = (found: readonly Found[]) =>
  found.map(({ event, at }) => `${at.frame}:${event.rule}:${event.action}:${event.track}`);

test('who crosses while nobody looks is found in the frame in which it was, once the next is analysed', () => {
  const judge = createJudge(rules.slice(0, 1));
  expect(analyse(judge, 0, [person(0.3, 0.5)])).toEqual([]);
  for (const frame of [1, 2, 3, 4]) judge.coast(frameOf(frame));
  expect(judge.coasting()).toBe(4);
  // At 0.3, 0.38, 0.46, 0.54, 0.62: the second frame on the other side counts.
  expect(reported(analyse(judge, 5, [person(0.7, 0.5)]))).toEqual(['4:line:backward:1']);
  expect(judge.coasting()).toBe(0);
});

test('people who go straight on: whichever frames nobody looks at, the same happens in the same frames', () => {
  const walkers = fc.array(
    fc.record({
      x: fc.double({ min: 0, max: 1, noNaN: true }),
      y: fc.double({ min: 0.2, max: 1, noNaN: true }),
      vx: fc.double({ min: -0.04, max: 0.04, noNaN: true }),
      vy: fc.double({ min: -0.02, max: 0.02, noNaN: true }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(walkers, fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), (people, looks) => {
      const at = (frame: number) => people.map(({ x, y, vx, vy }, i) => person(x + vx * frame, y + vy * frame, i + 1));
      const [full, coasting] = [createJudge(rules), createJudge(rules)];
      const [all, some]: [Found[], Found[]] = [[], []];
      for (const [frame, look] of looks.entries()) {
        all.push(...analyse(full, frame, at(frame)));
        if (look || frame === 0 || frame === looks.length - 1) some.push(...analyse(coasting, frame, at(frame)));
        else coasting.coast(frameOf(frame));
      }
      expect(reported(some)).toEqual(reported(all));
    }),
  );
});

test('who is seen only before, or only after, was there for the half that is nearer', () => {
  const judge = createJudge([rule.parse({ kind: 'threshold', name: 't', atLeast: 1, frames: 1, snapshot: false })]);
  analyse(judge, 0, [person(0.3, 0.5, 1)]);
  for (const frame of [1, 2, 3, 4]) judge.coast(frameOf(frame));
  expect(reported(analyse(judge, 5, []))).toEqual(['3:t:end:undefined']);
  for (const frame of [6, 7, 8, 9]) judge.coast(frameOf(frame));
  expect(reported(analyse(judge, 10, [person(0.3, 0.5, 2)]))).toEqual(['8:t:start:undefined']);
});

test('a frame that shows the same is judged at once, and the way begins there', () => {
  const judge = createJudge(rules.slice(0, 1));
  analyse(judge, 0, [person(0.46, 0.5)]);
  for (const frame of [1, 2, 3, 4]) judge.same(frameOf(frame));
  for (const frame of [5, 6]) judge.coast(frameOf(frame));
  expect(reported(analyse(judge, 7, [person(0.58, 0.5)]))).toEqual(['7:line:backward:1']);
});

test('after a frame that failed nothing is known; at the end all have stayed', () => {
  const judge = createJudge([rule.parse({ kind: 'absence', name: 'a', afterS: 1, frames: 1, snapshot: false })]);
  judge.coast(frameOf(0));
  expect(judge.coasting()).toBe(0);
  analyse(judge, 1, []);
  judge.coast(frameOf(2));
  judge.forget();
  expect(judge.same(frameOf(3))).toEqual([]);
  expect(judge.finish()).toEqual([]);
  analyse(judge, 4, []);
  for (const frame of [5, 11, 15]) judge.coast(frameOf(frame));
  expect(reported(judge.finish())).toEqual(['11:a:start:undefined']);
});
