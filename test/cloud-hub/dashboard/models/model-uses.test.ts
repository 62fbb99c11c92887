import { expect, test } from 'vitest';
import type { Device } from '../../../../cloud-hub/contract/device.ts';
import { familiesOf, usesByDigest, whyKept } from '../../../../cloud-hub/dashboard/models/model-uses.ts';
import { digestOf, modelOf, rolloutOf } from '../rollouts.ts';

const [a, b] = [digestOf('a'), digestOf('b')];
const slot = (digest: string) => ({ name: 'bright', version: '1.0.0', digest });
const served = { serviceS: 1, frames: 1, errors: 0 };

const device = (id: string, models: Device['models']): Device => ({
  id,
  online: true,
  createdAt: '2026-01-01T00:00:00.000Z',
  streams: [],
  ...(models ? { models } : {}),
});

test('slots of devices and open rollouts use a version', () => {
  const fleet = [
    device('x', {
      detector: { active: { ...slot(a), ...served }, candidate: { ...slot(b), phase: 'proving' }, failures: [] },
      // The same version twice on a device is one device.
      second: { active: { ...slot(a), ...served }, failures: [] },
    }),
    device('y', { detector: { active: { ...slot(b), ...served }, previous: { ...slot(a), ...served }, failures: [] } }),
    device('z', undefined),
  ];
  const uses = usesByDigest(fleet, [rolloutOf({ id: 'r1' }), rolloutOf({ id: 'r0', status: 'done' })]);
  expect(uses.get(a)).toEqual({ active: ['x'], candidate: [], previous: ['y'], rollouts: ['r1'] });
  expect(uses.get(b)).toEqual({ active: ['y'], candidate: ['x'], previous: [], rollouts: [] });
});

test('what keeps a version from being deleted', () => {
  const none = { active: [], candidate: [], previous: [], rollouts: [] };
  expect(whyKept(modelOf('1.0.0'), undefined)).toBeUndefined();
  expect(whyKept(modelOf('1.0.0'), none)).toBeUndefined();
  expect(whyKept(modelOf('1.0.0', { aliases: ['stable'] }), none)).toContain('stable');
  expect(whyKept(modelOf('1.0.0'), { ...none, rollouts: ['r1'] })).toContain('r1');
  expect(whyKept(modelOf('1.0.0'), { ...none, previous: ['gate'] })).toContain('gate');
});

test('versions stand under their names, in the order of the hub', () => {
  const models = [modelOf('2.0.0'), modelOf('1.0.0', { name: 'anomaly' }), modelOf('1.0.0')];
  expect(familiesOf(models).map(({ name, versions }) => [name, versions.map(({ version }) => version)])).toEqual([
    ['anomaly', ['1.0.0']],
    ['bright', ['2.0.0', '1.0.0']],
  ]);
});

test('each slot and each open rollout counts; an ended one and one of streams do not', () => {
  const rollout = (id: string, status: 'running' | 'paused' | 'done' | 'aborted' | 'rolled-back') =>
    rolloutOf({ id, status });
  const streams = rolloutOf({ id: 's' }, { target: { kind: 'streams', revision: digestOf('b') } });
  const uses = usesByDigest(
    [],
    [
      rollout('r1', 'running'),
      rollout('r2', 'paused'),
      rollout('r3', 'done'),
      rollout('r4', 'aborted'),
      rollout('r5', 'rolled-back'),
      streams,
    ],
  );
  expect([...uses]).toEqual([[a, { active: [], candidate: [], previous: [], rollouts: ['r1', 'r2'] }]]);
  const none = { active: [], candidate: [], previous: [], rollouts: [] };
  for (const slotName of ['active', 'candidate', 'previous'])
    expect(whyKept(modelOf('1.0.0'), { ...none, [slotName]: ['gate', 'yard'] })).toBe(
      'The device gate has it in one of its slots.',
    );
  // The first reason is the one that is easiest to mend.
  const used = { ...none, active: ['gate'], rollouts: ['r1'] };
  expect(whyKept(modelOf('1.0.0', { aliases: ['stable'] }), used)).toBe('The alias “stable” points to it.');
  expect(whyKept(modelOf('1.0.0'), used)).toBe('The rollout r1 installs it.');
});
