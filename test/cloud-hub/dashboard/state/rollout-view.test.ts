import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RolloutDevice, rolloutStatus } from '../../../../cloud-hub/api/schemas/rollout.ts';
import {
  countdown,
  countStates,
  decidedFor,
  decisionOf,
  deviceStates,
  excludedOf,
  selectorText,
  soakLeft,
  stateOf,
  subjectText,
  wavesOf,
} from '../../../../cloud-hub/dashboard/state/rollout-view.ts';
import { candidatePhases } from '../../../../shared/contract/messages/model-report.ts';
import { digestOf, eventOf, rolloutOf, rowOf } from '../rollouts.ts';

const devicesOf = (...rows: RolloutDevice[]) => new Map(rows.map((row) => [row.device, row]));

describe('the state of a device', () => {
  test.each([
    ['waiting', ''],
    ['downloading', 'downloading'],
    ['proving', 'verifying'],
    ['proving', 'proving'],
    ['shadow', 'shadowing'],
    ['shadow', 'swapping'],
    ['downloading', 'downloading: slow'],
    ['waiting', 'waiting: http://hub: no answer in 30 s'],
  ])('is %s while it says "%s"', (state, phase) => {
    expect(stateOf('running', rowOf('a', 'working', phase))).toBe(state);
  });

  test('every phase that a device knows has one', () => {
    for (const phase of candidatePhases)
      expect(deviceStates).toContain(stateOf('running', rowOf('a', 'working', phase)));
  });

  test('a failure stays one, whatever becomes of the rollout', () => {
    for (const status of rolloutStatus.options)
      expect(stateOf(status, rowOf('a', 'failed', 'proof: bad'))).toBe('failed');
  });

  test('a rollout that was undone took everybody back; one that is over leaves out whom it did not ask', () => {
    expect(stateOf('running', rowOf('a', 'active'))).toBe('serving');
    expect(stateOf('done', rowOf('a', 'active'))).toBe('serving');
    for (const status of ['rolled-back', 'aborted'] as const) {
      expect(stateOf(status, rowOf('a', 'active'))).toBe('rolled-back');
      expect(stateOf(status, rowOf('a', 'working', 'proving'))).toBe('rolled-back');
      expect(stateOf(status, undefined)).toBe('excluded');
    }
    expect(stateOf('paused', undefined)).toBe('waiting');
  });
});

describe('waves', () => {
  test('say what they take in, where they stand, and show failures first', () => {
    const rollout = rolloutOf({ wave: 1 });
    const devices = devicesOf(rowOf('a', 'active'), rowOf('b', 'active', '', 1), rowOf('c', 'failed', 'proof: bad', 1));
    const waves = wavesOf(rollout, [['a'], ['b', 'c'], ['d']], devices);
    expect(waves.map(({ title, state }) => [title, state])).toEqual([
      ['Wave 1: 1 device', 'passed'],
      ['Wave 2: 50% of devices', 'under way'],
      ['Wave 3: all devices', 'next'],
    ]);
    expect(waves[1]?.devices).toEqual([
      { id: 'c', state: 'failed', reason: 'proof: bad' },
      { id: 'b', state: 'serving', reason: '' },
    ]);
    expect(waves[2]?.devices).toEqual([{ id: 'd', state: 'waiting', reason: '' }]);
  });

  test('soak, pause, stop, and are not reached', () => {
    const states = (more: Parameters<typeof rolloutOf>[0]) =>
      wavesOf(rolloutOf({ wave: 1, ...more }), [], new Map()).map(({ state }) => state);
    expect(states({ settledAt: '2026-06-01T00:00:00.000Z' })).toEqual(['passed', 'soaking', 'next']);
    expect(states({ status: 'paused' })).toEqual(['passed', 'paused', 'next']);
    expect(states({ status: 'rolled-back' })).toEqual(['passed', 'stopped', 'not reached']);
    expect(states({ status: 'done', wave: 2 })).toEqual(['passed', 'passed', 'passed']);
    expect(states({ wave: -1 })).toEqual(['next', 'next', 'next']);
  });

  test('tell of their soak where there is one to come, or was', () => {
    const soaks = (more: Parameters<typeof rolloutOf>[0]) =>
      wavesOf(rolloutOf({ wave: 1, ...more }), [], new Map()).map(({ soak }) => soak);
    expect(soaks({})).toEqual(['soaked 1 min', 'then soaks 10 min', undefined]);
    expect(soaks({ settledAt: '2026-06-01T00:00:00.000Z' })).toEqual(['soaked 1 min', undefined, undefined]);
    expect(soaks({ status: 'aborted' })).toEqual(['soaked 1 min', undefined, undefined]);
  });

  test('each device of the fleet is in exactly one square', () => {
    const id = fc.stringMatching(/^[a-z]{1,3}$/);
    fc.assert(
      fc.property(fc.uniqueArray(id), fc.integer({ min: 0, max: 20 }), (fleet, selected) => {
        const waves = [fleet.slice(0, Math.min(1, selected)), fleet.slice(1, Math.max(1, selected)), []];
        const drawn = wavesOf(rolloutOf(), waves, new Map()).flatMap(({ devices }) => devices);
        const all = [...drawn, ...excludedOf(fleet, waves)];
        expect(all.map((square) => square.id).toSorted()).toEqual(fleet.toSorted());
        expect(Object.values(countStates(all)).reduce((sum, n) => sum + n, 0)).toBe(fleet.length);
      }),
    );
  });
});

test('a soak counts down to zero, and only while it goes on', () => {
  const settledAt = '2026-06-01T00:00:00.000Z';
  const begun = Date.parse(settledAt);
  expect(soakLeft(rolloutOf({ settledAt }), begun + 15_000)).toBe(45_000);
  expect(soakLeft(rolloutOf({ settledAt }), begun + 999_000)).toBe(0);
  expect(soakLeft(rolloutOf({ settledAt, status: 'paused' }), begun)).toBeUndefined();
  expect(soakLeft(rolloutOf(), begun)).toBeUndefined();
  expect([95_000, 500, 0, 3_725_000].map(countdown)).toEqual(['1:35', '0:01', '0:00', '1:02:05']);
});

test('words: decisions, subject, selector', () => {
  expect(decisionOf(eventOf(1, 'device-failed'))).toEqual({ title: 'Device failed', tone: 'bad' });
  expect(decisionOf(eventOf(1, 'moved-house'))).toEqual({ title: 'moved-house', tone: '' });
  expect(decidedFor(eventOf(1, 'asked', { devices: ['a', 'b'] }))).toEqual(['a', 'b']);
  expect(decidedFor(eventOf(1, 'rolled-back', { devices: 2 }))).toEqual([]);
  expect(subjectText(rolloutOf())).toBe('bright@1.0.0 as detector');
  const streams = rolloutOf({}, { target: { kind: 'streams', revision: digestOf('b') } });
  expect(subjectText(streams)).toBe('streams bbbbbbbbbbbb');
  expect(selectorText({})).toBe('every device');
  expect(selectorText({ labels: { site: ['berlin', 'paris'], line: 'a' }, devices: ['x', 'y'] })).toBe(
    'site = berlin or paris, line = a, 2 named devices',
  );
});
