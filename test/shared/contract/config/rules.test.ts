import { expect, test } from 'vitest';
import { z } from 'zod';
import { refuseFollowers } from '../../../../shared/contract/config/rule-tracks.ts';
import { type Rule, rule, zoneActions } from '../../../../shared/contract/config/rules.ts';
import { sensorStream } from '../../../../shared/contract/config/sensor.ts';
import { pictureStream } from '../../../../shared/contract/config/stream.ts';
import { complaints } from './complaints.ts';

const line = [
  [0, 0],
  [1, 1],
];
const triangle = [...line, [0, 1]];
/** Of each kind what it cannot be without, and its own defaults. */
const table: Readonly<Record<Rule['kind'], { needs: object; defaults: object }>> = {
  threshold: { needs: {}, defaults: { frames: 3, atLeast: 1 } },
  zone: { needs: { points: triangle }, defaults: { frames: 2, leaveS: 2 } },
  line: { needs: { points: line }, defaults: { frames: 1, direction: 'both' } },
  absence: { needs: { afterS: 1 }, defaults: { frames: 2 } },
  anomaly: { needs: {}, defaults: { frames: 3 } },
};
const kinds = Object.keys(table) as Rule['kind'][];
const of = (kind: Rule['kind'], more: object = {}) => ({ kind, name: 'r', ...table[kind].needs, ...more });

test('a zone without area and a line from a point to itself are refused by their path', () => {
  const complaintOf = (kind: 'zone' | 'line', points: number[][]) =>
    rule.safeParse({ kind, name: 'r', points }).error?.issues.map(({ path, message }) => [path.join('.'), message]);
  const flat = [['points', 'are all on one line: the polygon has no area']];
  expect(
    complaintOf('zone', [
      [0.1, 0.1],
      [0.5, 0.5],
      [0.9, 0.9],
    ]),
  ).toEqual(flat);
  expect(
    complaintOf('zone', [
      [0.5, 0.5],
      [0.5, 0.5],
      [0.5, 0.5],
    ]),
  ).toEqual(flat);
  expect(
    complaintOf('zone', [
      [0.2, 0],
      [0.2, 1],
      [0.2, 0.5],
      [0.2, 0.3],
    ]),
  ).toEqual(flat);
  // A bow-tie is a rectangle whose corners were given in the wrong order.
  expect(
    complaintOf('zone', [
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 1],
    ]),
  ).toEqual([
    ['points', expect.stringMatching(/^the edge that begins at point 0 crosses the one that begins at point 2; /)],
  ]);
  expect(
    complaintOf('zone', [
      [0, 0.5],
      [1, 0.5],
      [0.5, 0.501],
    ]),
  ).toBeUndefined();
  const same = [['points', 'are the same: a line needs two points']];
  expect(
    complaintOf('line', [
      [0.5, 0.5],
      [0.5, 0.5],
    ]),
  ).toEqual(same);
  expect(
    complaintOf('line', [
      [0.5, 0.5],
      [0.5, 0.501],
    ]),
  ).toBeUndefined();
});

test.each(kinds)('%s: what is not said has its default', (kind) => {
  expect(rule.parse(of(kind))).toEqual({ ...of(kind), snapshot: true, minGapS: 0, ...table[kind].defaults });
});

test.each(kinds)('%s: `of` is at least `frames`, whether that is said or not', (kind) => {
  const { frames } = rule.parse(of(kind));
  expect(complaints(rule, of(kind, { of: frames }))).toEqual([]);
  expect(complaints(rule, of(kind, { frames: 7, of: 7 }))).toEqual([]);
  expect(complaints(rule, of(kind, { frames: 7, of: 8 }))).toEqual([]);
  expect(complaints(rule, of(kind, { frames: 7, of: 6 }))).toEqual(['of: must be at least `frames` (7)']);
  if (frames > 1)
    expect(complaints(rule, of(kind, { of: frames - 1 }))).toEqual([`of: must be at least \`frames\` (${frames})`]);
});

test('a zone: an action needs what makes it', () => {
  const zone = (more: object) => complaints(rule, of('zone', more));
  const occupancy = { atLeast: 2 };
  expect(zone({ actions: [...zoneActions], dwellS: 1, occupancy })).toEqual([]);
  expect(zone({ actions: ['enter', 'leave'] })).toEqual([]);
  expect(zone({ actions: [...zoneActions] })).toEqual([
    'actions[2]: needs `dwellS`',
    'actions[3]: needs `occupancy`',
    'actions[4]: needs `occupancy`',
  ]);
  expect(zone({ actions: ['vacant', 'dwell'], dwellS: 1 })).toEqual(['actions[0]: needs `occupancy`']);
  expect(zone({ actions: ['dwell', 'occupied'], occupancy })).toEqual(['actions[0]: needs `dwellS`']);
  expect(zone({ dwellS: 1, occupancy })).toEqual([]);
  expect(rule.parse(of('zone', { occupancy }))).toMatchObject({ occupancy: { atLeast: 2, forS: 0 } });
  expect(zone({ dwellS: 0 })).toEqual([expect.stringMatching(/^dwellS: /)]);
});

const stream = (rules: unknown[], more: object = {}) => ({ source: './a.mp4', model: 'm', rules, ...more });

test('each rule that has the name of one before it is complained of', () => {
  const rules = ['a', 'b', 'a', 'a', 'b'].map((name) => of('threshold', { name }));
  const duplicates = [
    'rules[2].name: two rules are named "a"',
    'rules[3].name: two rules are named "a"',
    'rules[4].name: two rules are named "b"',
  ];
  expect(complaints(pictureStream, stream(rules))).toEqual(duplicates);
  const sensor = { kind: 'sensor', source: { url: './a.csv' }, model: 'm' };
  expect(complaints(sensorStream, { ...sensor, rules })).toEqual(duplicates);
  expect(complaints(pictureStream, stream(rules.slice(0, 2)))).toEqual([]);
});

/** Those that follow tracks have places too, today. */
const follows = (kind: Rule['kind']) => 'points' in table[kind].needs;

test.each(kinds)('%s: is refused without a tracker exactly when it follows tracks', (kind) => {
  const rules = [of('threshold', { name: 'first' }), of(kind)];
  const wanted = [`rules[1].kind: "${kind}" follows tracks: it needs a tracker, and \`track\` is false`];
  expect(complaints(pictureStream, stream(rules, { track: false }))).toEqual(follows(kind) ? wanted : []);
  expect(complaints(pictureStream, stream(rules, { track: {} }))).toEqual([]);
  expect(complaints(pictureStream, stream(rules))).toEqual([]);
  expect(complaints(pictureStream, stream([], { track: false }))).toEqual([]);
});

test('a rule that follows tracks is refused by its path, with points or without', () => {
  const schema = z
    .object({
      rules: z.array(z.object({ kind: z.enum(['loiter', 'crowd']) })),
    })
    .superRefine(({ rules }, context) => refuseFollowers(rules, { loiter: true, crowd: false }, 'BECAUSE', context));
  expect(complaints(schema, { rules: [{ kind: 'crowd' }, { kind: 'loiter' }, { kind: 'loiter' }] })).toEqual([
    'rules[1].kind: "loiter" follows tracks: BECAUSE',
    'rules[2].kind: "loiter" follows tracks: BECAUSE',
  ]);
});

test.each(kinds)('%s: is for a stream without a picture exactly when it follows no tracks', (kind) => {
  const sensor = {
    kind: 'sensor',
    source: { url: './a.csv' },
    model: 'm',
    rules: [of('anomaly', { name: 'first' }), of(kind)],
  };
  const wanted = [`rules[1].kind: "${kind}" follows tracks: only a stream of pictures has objects to follow`];
  expect(complaints(sensorStream, sensor)).toEqual(follows(kind) ? wanted : []);
});
