import fc from 'fast-check';
import { expect, test } from 'vitest';
import { person, playFrames, times, told } from './play.ts';

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
const inside = (track = 1) => person(0.6, 0.6, track);
const outside = (track = 1) => person(0.1, 0.6, track);
const frame = (...objects: ReturnType<typeof person>[]) => ({ objects });

test('dwell: once a stay, so many seconds after the enter, and again in the next stay', () => {
  const stay = [...times(60, frame(inside())), ...times(5, frame(outside()))];
  const events = playFrames({ ...zone, dwellS: 3 }, [...stay, ...stay]);
  expect(told(events)).toEqual(['1:enter:1', '31:dwell:1', '61:leave:0', '66:enter:1', '96:dwell:1', '126:leave:0']);
});

test('dwell is told where the object was seen last, not while it is hidden', () => {
  const frames = [...times(10, frame(inside())), ...times(30, {}), ...times(3, frame(inside()))];
  expect(told(playFrames({ ...zone, dwellS: 2, actions: ['dwell'] }, frames))).toEqual(['40:dwell:1']);
});

test('occupied: so many for so long; vacant when they are fewer again', () => {
  const two = frame(inside(1), inside(2));
  const frames = [
    ...times(5, two),
    ...times(3, frame(inside(1), outside(2))),
    ...times(15, two),
    ...times(3, frame(inside(1), outside(2))),
  ];
  const config = { ...zone, occupancy: { atLeast: 2, forS: 1 }, actions: ['occupied', 'vacant'] };
  const events = playFrames(config, frames);
  expect(told(events)).toEqual(['19:occupied:2', '24:vacant:1']);
  expect(events[0]).toMatchObject({ snapshot: true, label: 'person', box: inside().box });
  expect(events[0]).not.toHaveProperty('track');
});

test('occupied and vacant count those whose track has ended', () => {
  const frames = [...times(3, frame(inside(1), inside(2))), { ended: [1, 2] }];
  const config = { ...zone, occupancy: { atLeast: 2 }, actions: ['occupied', 'vacant'] };
  expect(told(playFrames(config, frames))).toEqual(['1:occupied:2', '3:vacant:0']);
});

test('only the wanted actions', () => {
  const frames = [...times(3, frame(inside())), ...times(3, frame(outside()))];
  expect(told(playFrames({ ...zone, actions: ['leave'] }, frames))).toEqual(['4:leave:0']);
  expect(told(playFrames({ ...zone, actions: ['enter'] }, frames))).toEqual(['1:enter:1']);
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
