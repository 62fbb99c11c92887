import { expect, test } from 'vitest';
import { brief, frame, inside, outside, person, playFrames, reported, times, zone } from './play.ts';

const crowd = { ...zone, actions: ['occupied', 'vacant'] };

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
  expect(reported(events)).toEqual(['19:occupied:2', '24:vacant:1']);
  expect(events[0]).toMatchObject({ snapshot: true, label: 'person', box: inside().box });
  expect(events[0]).not.toHaveProperty('track');
});

test('occupied and vacant count those whose track has ended', () => {
  const frames = [...times(3, frame(inside(1), inside(2))), { ended: [1, 2] }];
  const config = { ...zone, occupancy: { atLeast: 2 }, actions: ['occupied', 'vacant'] };
  expect(reported(playFrames(config, frames))).toEqual(['1:occupied:2', '3:vacant:0']);
});

test('occupied and vacant tell of the one inside who came or went last, and not of whom they tell', () => {
  const far = person(0.7, 0.7, 2, 'person', 0.6);
  const frames = [
    ...times(3, frame(inside(1), far, outside(3))),
    ...times(3, frame(inside(1), person(0.9, 0.9, 2, 'person', 0.5), outside(3))),
  ];
  const events = playFrames({ ...crowd, occupancy: { atLeast: 2 } }, frames);
  const common = { rule: 'yard', ruleKind: 'zone', label: 'person' };
  expect(events).toEqual([
    { ...common, frame: 1, ptsMs: 200, action: 'occupied', count: 2, score: 0.6, box: far.box, snapshot: true },
    {
      ...{ ...common, frame: 4, ptsMs: 500, action: 'vacant', count: 1, snapshot: false },
      ...{ score: 0.5, box: person(0.9, 0.9).box },
    },
  ]);
});

test('occupied while those inside are hidden is told with one of them, when one is seen again', () => {
  const dog = { ...person(0.1, 0.1, 9, 'dog') };
  const frames = [...times(3, frame(inside(1), inside(2))), ...times(20, frame(dog)), frame(dog, inside(2))];
  const config = { ...crowd, labels: ['person'], occupancy: { atLeast: 2, forS: 1 } };
  const events = playFrames(config, frames);
  expect(brief(events)).toEqual(['23:occupied:-:2']);
  expect(events[0]).toMatchObject({ label: 'person', box: inside().box });
  // Somebody else whose track ends is not one of them.
  const ends = [...frames.slice(0, 3), ...times(20, frame(outside(3))), { ended: [3] }, frame(inside(1))];
  expect(brief(playFrames(config, ends))).toEqual(['24:occupied:-:2']);
});

test('the seconds of a crowd begin anew when it breaks up, also before it was told', () => {
  const two = frame(inside(1), inside(2));
  const one = frame(inside(1), outside(2));
  const config = { ...crowd, occupancy: { atLeast: 2, forS: 1 } };
  const frames = [...times(8, two), ...times(3, one), ...times(11, two), ...times(3, one), ...times(13, two)];
  expect(brief(playFrames(config, frames))).toEqual(['22:occupied:-:2', '23:vacant:-:1', '36:occupied:-:2']);
});

test('a crowd in the gap of the one before is told after it, if it lasts; what was not told has no vacant', () => {
  const two = frame(inside(1), inside(2));
  const one = frame(inside(1), outside(2));
  const config = { ...crowd, minGapS: 3, occupancy: { atLeast: 2 } };
  const lasting = [...times(3, two), ...times(3, one), ...times(40, two), ...times(3, one)];
  expect(brief(playFrames(config, lasting))).toEqual([
    ...['1:occupied:-:2', '4:vacant:-:1', '31:occupied:-:2', '47:vacant:-:1'],
  ]);
  const brieflyAgain = [...times(3, two), ...times(3, one), ...times(10, two), ...times(30, one)];
  expect(brief(playFrames(config, brieflyAgain))).toEqual(['1:occupied:-:2', '4:vacant:-:1']);
});

test('without `occupancy` nobody is a crowd', () => {
  const { actions: _, ...all } = crowd;
  expect(playFrames(all, times(5, frame(inside(1), inside(2)))).map((e) => e.action)).toEqual(['enter', 'enter']);
});

test('a vacant is told at once, however soon it comes after the one before', () => {
  const two = frame(inside(1), inside(2));
  const one = frame(inside(1), outside(2));
  const config = { ...crowd, minGapS: 3, occupancy: { atLeast: 2 } };
  const frames = [...times(28, two), ...times(2, one), ...times(3, two), ...times(3, one)];
  expect(brief(playFrames(config, frames))).toEqual([
    ...['1:occupied:-:2', '29:vacant:-:1', '31:occupied:-:2', '34:vacant:-:1'],
  ]);
});
