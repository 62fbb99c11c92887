import { describe, expect, test } from 'vitest';
import { requireSuited, unsuited } from '../../../agent/pipeline/suits.ts';
import { rule } from '../../../shared/contract/config/rules.ts';

const people = { name: 'm', task: 'detect', labels: ['person', 'traffic light'] } as const;
const rules = (...all: object[]) => all.map((one, i) => rule.parse({ name: `r${i}`, ...one }));
const points = [
  [0, 0],
  [1, 0],
  [1, 1],
];

describe('rules of a stream', () => {
  test('that look for what the model never says are refused by their path, with its labels', () => {
    const wrong = rules(
      { kind: 'threshold', labels: ['Person'] },
      { kind: 'zone', points, labels: ['person', 'traffic_light', 'cat'] },
      { kind: 'absence', afterS: 5 },
    );
    expect(unsuited(wrong, people)).toEqual([
      { path: 'rules[0].labels[0]', message: '"Person" is no label of m; it has: person, traffic light' },
      { path: 'rules[1].labels[1]', message: '"traffic_light" is no label of m; it has: traffic light, person' },
      { path: 'rules[1].labels[2]', message: '"cat" is no label of m; it has: person, traffic light' },
    ]);
    expect(() => requireSuited(wrong, people)).toThrow('rules[0].labels[0]: "Person" is no label of m');
    expect(() => requireSuited(rules({ kind: 'threshold', labels: ['person'] }), people)).not.toThrow();
    expect(() => requireSuited([], people, { hidden: ['person'], thresholds: ['person'] })).not.toThrow();
    expect(() => requireSuited([], people, { hidden: ['face'], thresholds: [] })).toThrow(
      'privacy.labels[0]: "face" is no label of m',
    );
    expect(() => requireSuited([], { ...people, task: 'classify' }, { hidden: ['person'], thresholds: [] })).toThrow(
      'privacy.labels: need a model of task detect; m has task "classify"',
    );
    expect(() => requireSuited([], people, { hidden: [], thresholds: ['person', 'Traffic Light'] })).toThrow(
      'thresholds.Traffic Light: "Traffic Light" is no label of m; it has: traffic light, person',
    );
  });

  test('of many labels the likely one comes first, and the list ends', () => {
    const labels = Array.from({ length: 80 }, (_, i) => `thing ${i}`);
    const [complaint] = unsuited(rules({ kind: 'threshold', labels: ['Thing 70'] }), { ...people, labels });
    expect(complaint?.message).toMatch(/it has: thing 70, thing 0, .*, thing 10 and 68 more$/);
  });

  test.each([
    ['anomaly', { kind: 'anomaly' }, 'detect', '"anomaly" needs a model of task anomaly; m has task "detect"'],
    ['zone', { kind: 'zone', points }, 'classify', '"zone" needs a model of task detect; m has task "classify"'],
    [
      'absence',
      { kind: 'absence', afterS: 2 },
      'anomaly',
      '"absence" needs a model of task detect or classify or audio; m has task "anomaly"',
    ],
  ] as const)('%s that the task cannot answer', (_kind, config, task, message) => {
    expect(unsuited(rules(config), { ...people, task })).toEqual([{ path: 'rules[0].kind', message }]);
  });

  test('that suit their task', () => {
    expect(unsuited(rules({ kind: 'anomaly' }), { ...people, task: 'anomaly' })).toEqual([]);
    expect(unsuited(rules({ kind: 'threshold' }), { ...people, task: 'audio' })).toEqual([]);
  });
});
