/** Rules for the street, laid over the picture evenly rather than where they would do well. */
import { type Rule, rule } from '../../shared/contract/config/rules.ts';

const person = { labels: ['person'], snapshot: false };
const parse = (fields: object): Rule => rule.parse({ ...person, ...fields });

const upright = [0.25, 0.5, 0.75].map((x) => [
  [x, 0],
  [x, 1],
]);
const level = [0.35, 0.55, 0.75].map((y) => [
  [0, y],
  [1, y],
]);
const short = [
  [
    [0.3, 0.3],
    [0.3, 0.7],
  ],
  [
    [0.4, 0.6],
    [0.7, 0.6],
  ],
];
const quarters = [
  [0.1, 0.1],
  [0.5, 0.1],
  [0.1, 0.5],
  [0.5, 0.5],
].map(([x = 0, y = 0]) => [
  [x, y],
  [x + 0.4, y],
  [x + 0.4, y + 0.4],
  [x, y + 0.4],
]);

/** One stream each. */
export const streetRules: Readonly<Record<string, readonly (readonly Rule[])[]>> = {
  'a line across the picture': [...upright, ...level].map((points, i) => [
    parse({ kind: 'line', name: `across-${i}`, points }),
  ]),
  'a shorter line': short.map((points, i) => [parse({ kind: 'line', name: `short-${i}`, points })]),
  'a zone': quarters.map((points, i) => [parse({ kind: 'zone', name: `zone-${i}`, points, dwellS: 3 })]),
  'a threshold': [[parse({ kind: 'threshold', name: 'crowd', atLeast: 5, frames: 5 })]],
};

/** What `bench cameras` watches: somebody comes through the gate. */
export const gateRule: readonly Rule[] = [
  parse({
    kind: 'line',
    name: 'gate',
    points: [
      [0.3, 0.3],
      [0.3, 0.7],
    ],
  }),
];
