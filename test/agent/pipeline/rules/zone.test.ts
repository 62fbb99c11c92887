import fc from 'fast-check';
import { expect, test } from 'vitest';
import { brief, frame, inside, outside, person, playFrames, reported, times, zone } from './play.ts';

test('enter and leave after so many frames, with how many are inside', () => {
  const frames = [0.2, 0.5, 0.6, 0.9, 0.9].map((x) => frame(person(x, 0.5), inside(2)));
  expect(reported(playFrames(zone, frames))).toEqual(['1:enter:1', '2:enter:2', '4:leave:1']);
});

test('one frame outside is no leaving, and a track that ends inside has left', () => {
  const frames = [...[0.5, 0.5, 0.9, 0.5].map((x) => frame(person(x, 0.5))), { ended: [1] }];
  expect(reported(playFrames(zone, frames))).toEqual(['1:enter:1', '4:leave:0']);
});

test('enters and leaves of a track take turns', () => {
  const feet = fc.array(
    fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(feet, (walked) => {
      const actions = playFrames(
        zone,
        walked.map(([x, y]) => frame(person(x, y))),
      ).map((e) => e.action);
      for (const [i, action] of actions.entries()) expect(action).toBe(i % 2 === 0 ? 'enter' : 'leave');
    }),
  );
});

test('who steps out for a moment has not left, and one who trembles on the edge comes in once', () => {
  const { leaveS: _, ...byDefault } = zone;
  // Ten frames per second: a second out, a second in.
  const swaying = Array.from({ length: 100 }, (_, i) => frame(Math.floor(i / 10) % 2 === 0 ? inside() : outside()));
  expect(reported(playFrames(byDefault, swaying))).toEqual(['1:enter:1']);
  const gone = [...times(5, frame(inside())), ...times(40, frame(outside()))];
  expect(reported(playFrames(byDefault, gone))).toEqual(['1:enter:1', '25:leave:0']);
  expect(reported(playFrames({ ...zone, leaveS: 0.5 }, gone))).toEqual(['1:enter:1', '10:leave:0']);
  // A track that ends has left at once, however long it was outside.
  const lost = [...times(5, frame(inside())), ...times(3, frame(outside())), { ended: [1] }];
  expect(reported(playFrames(byDefault, lost))).toEqual(['1:enter:1', '8:leave:0']);
});

test('the border of the picture belongs to it: who is cut off by it is in a zone that is drawn to it', () => {
  const whole = {
    ...zone,
    points: [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ],
  };
  const cut = (box: [number, number, number, number]) => frame({ ...inside(), box });
  for (const box of [
    [0.3, 0.5, 0.3, 0.5],
    [0.3, 0.6, 0.3, 0.45],
    [-0.2, 0.5, 0.4, 0.5],
    [0.9, 0.5, 0.2, 0.5],
  ] as const)
    expect(reported(playFrames(whole, times(3, cut([...box])))), box.join()).toEqual(['1:enter:1']);
  const upper = {
    ...whole,
    points: [
      [0, 0],
      [1, 0],
      [1, 0.5],
      [0, 0.5],
    ],
  };
  expect(playFrames(upper, times(3, cut([0.3, 0.5, 0.3, 0.5])))).toEqual([]);
});

test('dwell: once a stay, so many seconds after the enter, and again in the next stay', () => {
  const stay = [...times(60, frame(inside())), ...times(5, frame(outside()))];
  const events = playFrames({ ...zone, dwellS: 3 }, [...stay, ...stay]);
  expect(reported(events)).toEqual([
    '1:enter:1',
    '31:dwell:1',
    '61:leave:0',
    '66:enter:1',
    '96:dwell:1',
    '126:leave:0',
  ]);
});

test('dwell is told where the object was seen last, not while it is hidden', () => {
  const frames = [...times(10, frame(inside())), ...times(30, {}), ...times(3, frame(inside()))];
  expect(reported(playFrames({ ...zone, dwellS: 2, actions: ['dwell'] }, frames))).toEqual(['40:dwell:1']);
});

test('only the wanted actions', () => {
  const frames = [...times(3, frame(inside())), ...times(3, frame(outside()))];
  expect(reported(playFrames({ ...zone, actions: ['leave'] }, frames))).toEqual(['4:leave:0']);
  expect(reported(playFrames({ ...zone, actions: ['enter'] }, frames))).toEqual(['1:enter:1']);
});

test('an enter that falls into the gap is told after it while the object is still inside; its leave too', () => {
  const frames = [
    ...times(5, frame(inside(1), outside(2))),
    ...times(20, frame(inside(1), inside(2))),
    ...times(3, frame(outside(1), outside(2))),
  ];
  const events = playFrames({ ...zone, minGapS: 1.5 }, frames);
  expect(events.map((e) => `${e.frame}:${e.action}:${e.track}`)).toEqual([
    '1:enter:1',
    '16:enter:2',
    '26:leave:1',
    '26:leave:2',
  ]);
});

test('an enter that was never told has no leave', () => {
  const frames = [
    ...times(2, frame(inside(1), outside(2))),
    ...times(3, frame(outside(1), inside(2))),
    ...times(3, frame(outside(1), outside(2))),
  ];
  const events = playFrames({ ...zone, minGapS: 10 }, frames);
  expect(events.map((e) => `${e.action}:${e.track}`)).toEqual(['enter:1', 'leave:1']);
});

test('events carry the way of the track, oldest first', () => {
  const walk = Array.from({ length: 30 }, (_, i) => frame(person(0.02 * i, 0.6)));
  const [enter] = playFrames(zone, walk);
  expect(enter?.path?.[0]).toEqual([0, 0.6]);
  expect(enter?.path?.at(-1)?.[0]).toBeCloseTo(0.42);
  expect(enter?.path?.length).toBe(22);
});

test('a long way is thinned out, not cut off', () => {
  const walk = Array.from({ length: 400 }, (_, i) => frame(person(0.01 + (i % 38) / 100, 0.3, 1)));
  const events = playFrames({ ...zone, minGapS: 0 }, [...walk, ...times(3, frame(inside()))]);
  expect(events[0]?.path?.[0]).toEqual([expect.closeTo(0.01), 0.3]);
  expect(events[0]?.path?.length).toBeLessThanOrEqual(64);
});

test('an event has everything of the object as it was seen last, its way since, and a picture while it is seen', () => {
  const [first, second] = [person(0.3, 0.6, 7, 'person', 0.8), person(0.5, 0.6, 7, 'person', 0.7)];
  const common = { rule: 'yard', ruleKind: 'zone', label: 'person', track: 7 };
  const path = [
    [expect.closeTo(0.3, 9), 0.6],
    [0.5, 0.6],
  ];
  const seen = { score: 0.7, box: second.box, path };
  const config = { ...zone, frames: 1, dwellS: 0.2 };
  const frames = [frame(first), ...times(3, frame(second)), { ended: [7] }];
  const events = [
    { ...common, ...seen, frame: 1, ptsMs: 200, action: 'enter', count: 1, snapshot: true },
    { ...common, ...seen, frame: 3, ptsMs: 400, action: 'dwell', count: 1, snapshot: true },
    { ...common, ...seen, frame: 4, ptsMs: 500, action: 'leave', count: 0, snapshot: false },
  ];
  expect(playFrames(config, frames)).toEqual(events);
  expect(playFrames({ ...config, snapshot: false }, frames)).toEqual(events.map((e) => ({ ...e, snapshot: false })));
  const walked = playFrames(config, [frame(second), frame(first)]);
  expect(walked.map((e) => [e.action, e.snapshot, e.box])).toEqual([
    ['enter', true, second.box],
    ['leave', true, first.box],
  ]);
});

test('only those of the label and score count, and who was once chosen is followed, also when the score falls', () => {
  const scored = (x: number, score: number, label = 'person') => frame(person(x, 0.6, 1, label, score));
  const config = { ...zone, frames: 1, labels: ['person'], minScore: 0.8 };
  expect(brief(playFrames(config, [scored(0.1, 0.8), scored(0.6, 0.3), scored(0.1, 0.3)]))).toEqual([
    '1:enter:1:1',
    '2:leave:1:0',
  ]);
  expect(playFrames(config, [...times(3, scored(0.6, 0.79)), ...times(3, scored(0.6, 0.9, 'dog'))])).toEqual([]);
  expect(brief(playFrames(config, [...times(3, scored(0.6, 0.7)), scored(0.6, 0.8)]))).toEqual(['3:enter:1:1']);
});

test('a track that has ended is forgotten: its stay, its side and its way', () => {
  const frames = [...times(3, frame(inside())), { ended: [1, 9] }, ...times(3, frame(person(0.5, 0.5)))];
  const events = playFrames({ ...zone, dwellS: 0.2 }, [...frames, { ended: [9] }]);
  expect(brief(events)).toEqual(['1:enter:1:1', '3:leave:1:0', '5:enter:1:1']);
  expect(events[2]?.path).toEqual([[0.5, 0.5]]);
  // Outside when it ended: it has left nothing.
  expect(playFrames(zone, [...times(3, frame(outside())), { ended: [1] }])).toEqual([]);
});

test('dwell counts from when the object came in, not from when it was first seen, and each stay for itself', () => {
  const config = { ...zone, dwellS: 1, actions: ['dwell'] };
  const stay = [...times(30, frame(outside())), ...times(15, frame(inside()))];
  expect(brief(playFrames(config, [...stay, ...stay]))).toEqual(['41:dwell:1:1', '86:dwell:1:1']);
  // Without `dwellS` there is none.
  expect(brief(playFrames(zone, stay))).toEqual(['31:enter:1:1']);
});

test('a dwell in the gap of another is told after it, if the object is still inside by then', () => {
  const both = frame(inside(1), inside(2));
  const config = { ...zone, dwellS: 1, minGapS: 2, actions: ['dwell'] };
  expect(brief(playFrames(config, times(60, both)))).toEqual(['11:dwell:1:2', '31:dwell:2:2']);
  expect(brief(playFrames(config, [...times(20, both), ...times(40, frame(inside(1), outside(2)))]))).toEqual([
    '11:dwell:1:2',
  ]);
});

test('leaves alone keep the gap among themselves; one that falls into it is not told later', () => {
  const frames = [
    ...times(2, frame(inside(1), inside(2), inside(3))),
    ...times(5, frame(outside(1), inside(2), inside(3))),
    ...times(20, frame(outside(1), outside(2), inside(3))),
    ...times(5, frame(outside(1), outside(2), outside(3))),
  ];
  const config = { ...zone, minGapS: 1 };
  expect(brief(playFrames({ ...config, actions: ['leave'] }, frames))).toEqual(['3:leave:1:2', '28:leave:3:0']);
  // With its enter a leave is always told.
  const enters = playFrames({ ...config, minGapS: 0.5 }, frames.slice(0, 8)).map((e) => e.action);
  expect(enters).toEqual(['enter', 'leave', 'enter']);
});

test('the actions that are told are told alone, the others go on behind them', () => {
  const two = frame(inside(1), inside(2));
  const frames = [...times(12, two), ...times(3, frame(inside(1), outside(2))), ...times(12, two)];
  const config = { ...zone, dwellS: 1, occupancy: { atLeast: 2, forS: 0.5 } };
  const only = (...actions: string[]) => brief(playFrames({ ...config, actions }, frames));
  expect(only('occupied')).toEqual(['6:occupied:-:2', '21:occupied:-:2']);
  expect(only('vacant')).toEqual(['13:vacant:-:1']);
  expect(only('enter')).toEqual(['1:enter:1:1', '1:enter:2:2', '16:enter:2:2']);
  expect(only('dwell')).toEqual(['11:dwell:1:2', '11:dwell:2:2', '26:dwell:2:2']);
  expect(only('leave')).toEqual(['13:leave:2:1']);
  expect(brief(playFrames(config, frames))).toEqual([
    ...['1:enter:1:1', '1:enter:2:2', '6:occupied:-:2', '11:dwell:1:2', '11:dwell:2:2'],
    ...['13:leave:2:1', '13:vacant:-:1', '16:enter:2:2', '21:occupied:-:2', '26:dwell:2:2'],
  ]);
});

const position = fc.double({ min: 0, max: 1, noNaN: true });
const scenes = fc.array(
  fc.record({
    objects: fc
      .uniqueArray(fc.record({ track: fc.integer({ min: 1, max: 4 }), x: position, y: position }), {
        selector: (o) => o.track,
        maxLength: 4,
      })
      .map((objects) => objects.map((o) => person(o.x, o.y, o.track))),
    stepMs: fc.integer({ min: 1, max: 2000 }),
  }),
  { maxLength: 60 },
);
const options = fc.record({
  frames: fc.integer({ min: 1, max: 3 }),
  dwellS: fc.integer({ min: 1, max: 5 }),
  minGapS: fc.nat({ max: 5 }),
  occupancy: fc.record({ atLeast: fc.integer({ min: 1, max: 3 }), forS: fc.nat({ max: 3 }) }),
});

test('each stay: enter, at most one dwell, leave, in this order; occupied and vacant take turns; counts fit', () => {
  fc.assert(
    fc.property(scenes, options, (played, chosen) => {
      const ending = { objects: [], ended: [1, 2, 3, 4] };
      const events = playFrames({ ...zone, ...chosen }, [...played, ending]);
      const state = new Map<number, { open: boolean; dwelt: boolean }>();
      let crowded = false;
      for (const { action, track = 0, count } of events) {
        expect(count).toBeGreaterThanOrEqual(0);
        const stay = state.get(track) ?? { open: false, dwelt: false };
        state.set(track, stay);
        if (action === 'enter') {
          expect(stay.open).toBe(false);
          stay.open = true;
          // With a gap a dwell may have come before the enter that had to wait.
          if (chosen.minGapS === 0) stay.dwelt = false;
        }
        if (action === 'dwell' && chosen.minGapS === 0) {
          expect(stay).toEqual({ open: true, dwelt: false });
          stay.dwelt = true;
        }
        if (action === 'leave') {
          expect(stay.open).toBe(true);
          stay.open = false;
        }
        if (action === 'occupied' || action === 'vacant') {
          expect(crowded).toBe(action === 'vacant');
          crowded = action === 'occupied';
        }
      }
      // Everybody's track has ended: everything that was told to begin has ended.
      expect([...state.values()].some((s) => s.open)).toBe(false);
      expect(crowded).toBe(false);
      for (const action of ['enter', 'dwell', 'occupied']) {
        const at = events.filter((e) => e.action === action).map((e) => e.ptsMs);
        for (const [i, ptsMs] of at.entries())
          if (i > 0) expect(ptsMs - (at[i - 1] ?? 0)).toBeGreaterThanOrEqual(chosen.minGapS * 1000);
      }
    }),
    { numRuns: 300 },
  );
});
