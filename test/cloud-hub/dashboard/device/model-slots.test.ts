import { expect, test } from 'vitest';
import { byModel, goesOn, slotRows } from '../../../../cloud-hub/dashboard/device/model-slots.ts';
import { shadowOf } from '../../rollout/fleet.ts';

const slot = (version: string) => ({
  name: 'bright',
  version,
  variant: 'int8',
  serviceS: 7200,
  frames: 500,
  errors: 0,
});

test('slots in words', () => {
  const rows = slotRows(
    {
      active: { ...slot('1.0.0'), errors: 1, latencyMs: { p50: 10, p95: 20.4 } },
      candidate: {
        name: 'bright',
        version: '2.0.0',
        phase: 'shadowing',
        progress: 0.4,
        shadow: shadowOf({ frames: 80 }),
      },
      previous: slot('0.9.0'),
      failures: [],
    },
    [],
  );
  expect(rows).toEqual([
    { slot: 'active', name: 'bright@1.0.0 (int8)', detail: '500 frames in 2 h, 1 error, p95 20.4 ms' },
    {
      slot: 'candidate',
      name: 'bright@2.0.0',
      detail: 'shadowing 40%, agreement 97% over 80 frames',
      progress: 0.4,
    },
    { slot: 'previous', name: 'bright@0.9.0 (int8)', detail: '500 frames in 2 h' },
  ]);
});

test('an empty active slot is said, other empty ones are not; a candidate that waits says for what', () => {
  const candidate = {
    name: 'bright',
    version: '2.0.0',
    phase: 'waiting' as const,
    reason: 'no room: 3 MiB are needed',
  };
  expect(slotRows({ candidate, failures: [] }, [])).toEqual([
    { slot: 'active', name: undefined, detail: '' },
    { slot: 'candidate', name: 'bright@2.0.0', detail: 'waiting, no room: 3 MiB are needed', progress: undefined },
  ]);
});

test('several errors, a variant that is not known, a shadow that has not begun', () => {
  const { variant: _variant, ...bare } = slot('1.0.0');
  const candidate = { name: 'bright', version: '2.0.0', phase: 'shadowing' as const, shadow: shadowOf({ frames: 0 }) };
  expect(slotRows({ active: { ...bare, errors: 1200 }, candidate, failures: [] }, [])).toEqual([
    { slot: 'active', name: 'bright@1.0.0', detail: `500 frames in 2 h, ${(1200).toLocaleString()} errors` },
    { slot: 'candidate', name: 'bright@2.0.0', detail: 'shadowing', progress: undefined },
  ]);
});

test('a package that no stream runs is refused, with the reason, and nothing goes on', () => {
  const fresh = { ...slot('2.0.0'), frames: 0, serviceS: 10, silent: ['gate', 'yard'], answered: 0 };
  const report = { active: fresh, failures: [] };
  const refused = { id: 'gate', state: 'refused' as const, error: 'labels says 2 labels, the graph says 80' };
  const yard = { id: 'yard', state: 'refused' as const };
  const other = { id: 'roof', state: 'running' as const };
  expect(slotRows(report, [refused, yard, other])).toEqual([
    {
      slot: 'refused',
      name: 'bright@2.0.0 (int8)',
      detail: 'no stream runs it; gate: labels says 2 labels, the graph says 80',
    },
  ]);
  expect(goesOn(report, [refused, yard, other])).toBeUndefined();
  // A stream of it that only starts, or that it has answered, or a package that has answered before.
  for (const [active, streams] of [
    [fresh, [refused, { ...yard, state: 'starting' as const }]],
    [{ ...fresh, answered: 1 }, [refused, yard]],
    [{ ...fresh, frames: 3 }, [refused, yard]],
    [fresh, []],
  ] as const) {
    expect(slotRows({ active, failures: [] }, streams)[0]?.slot).toBe('active');
    expect(goesOn({ active, failures: [] }, streams)).toBe('bright@2.0.0 (int8)');
  }
  expect(goesOn({ failures: [] }, [])).toBeUndefined();
});

test('streams are told by the model that they run, in the order of the first', () => {
  const model = (name: string) => ({ name, version: '1.0.0', digest: `sha256:${'0'.repeat(64)}`, variant: 'fp32' });
  const streams = [
    { id: 'a', model: model('x') },
    { id: 'b' },
    { id: 'c', model: model('y') },
    { id: 'd', model: model('x') },
  ];
  expect(byModel(streams)).toEqual([
    ['x@1.0.0 (fp32)', ['a', 'd']],
    ['y@1.0.0 (fp32)', ['c']],
  ]);
});
