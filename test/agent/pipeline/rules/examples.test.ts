import path from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../../agent/config.ts';
import { createGate } from '../../../../agent/pipeline/gate/gate.ts';
import { createRule } from '../../../../agent/pipeline/rules/registry.ts';
import { type Rule, rule } from '../../../../shared/contract/config/rules.ts';
import { streamConfig } from '../../../../shared/contract/config/stream.ts';
import { complaintsOf, describeComplaints } from '../../../../shared/kit/schema.ts';

const example = (file: string) => {
  const config = loadConfig(path.resolve(import.meta.dirname, '../../../../fixtures/config', file));
  expect(config.refused).toEqual([]);
  return [...config.streams.values()];
};

const kinds = rule.options.map((option) => option.shape.kind.value);

test.each(kinds)('the example of a %s rule makes such a rule, which runs', (kind) => {
  const rules = example(`rule-${kind}.good.yaml`).flatMap((stream): readonly Rule[] => stream.rules);
  expect(new Set(rules.map((r) => r.kind))).toEqual(new Set([kind]));
  const outcome = { task: 'detect' as const, detections: [] };
  const update = { tracked: [], began: [], ended: [] };
  for (const r of rules)
    expect(createRule(r).evaluate({ frame: 0, ptsMs: 0, wall: 0, outcome, objects: [], update })).toEqual([]);
});

test.each(['gate-motion.good.yaml', 'gate-active.good.yaml'])('the gates of %s decide', (file) => {
  for (const stream of example(file)) {
    if (!('gate' in stream)) throw new Error('a stream of pictures was expected');
    const gate = createGate(stream);
    const { width, height } = gate?.plane ?? { width: 0, height: 0 };
    const luma = new Uint8Array(width * height);
    expect(gate?.decide({ luma, width, height, ptsMs: 0, wall: 0 })).toBe('analyse');
  }
});

const square = [
  [0, 0],
  [1, 0],
  [1, 1],
];

test.each<[object, string]>([
  [{ rules: [{ kind: 'threshold', name: 't', frames: 3, of: 2 }] }, 'rules[0].of: must be at least `frames` (3)'],
  [{ rules: [{ kind: 'zone', name: 'z', points: square, actions: ['dwell'] }] }, 'rules[0].actions[0]: needs `dwellS`'],
  [
    { rules: [{ kind: 'zone', name: 'z', points: square, actions: ['enter', 'vacant'] }] },
    'rules[0].actions[1]: needs `occupancy`',
  ],
  [{ rules: [{ kind: 'absence', name: 'a' }] }, 'rules[0].afterS: Invalid input: expected number, received undefined'],
  [{ rules: [{ kind: 'anomaly', name: 'a', labels: ['x'] }] }, 'rules[0].labels: unknown key'],
  [{ rules: [{ kind: 'anomaly', name: 'a', schedule: '* 24 * * *' }] }, 'rules[0].schedule.cron[0]: hour: '],
  [{ active: '8-17' }, 'active.cron[0]: must have five fields'],
  [{ active: { cron: ['* * * * *'], timezone: 'Home' } }, 'active.timezone: is not a time zone'],
  [{ gate: { minArea: 2 } }, 'gate.minArea: Too big'],
  [{ gate: { mask: [[[0, 0]]] } }, 'gate.mask[0]: Too small'],
  [{ track: { kind: 'sort' } }, 'track.kind: Invalid input: expected "bytetrack"'],
])('%j is refused: %s', (fields, message) => {
  const raw = { source: './a.mp4', model: 'people', ...fields };
  const { error } = streamConfig.safeParse(raw);
  expect(error && describeComplaints(complaintsOf(error, raw))).toContain(message);
});
