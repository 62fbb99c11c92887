import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RolloutDevice, rolloutStatus } from '../../../../cloud-hub/contract/rollout.ts';
import {
  countdown,
  countStates,
  decidedFor,
  decisionOf,
  deviceStates,
  excludedOf,
  isOpen,
  selectorText,
  sizeText,
  soakLeft,
  stateOf,
  stateTitles,
  statusWords,
  subjectText,
  wavesOf,
} from '../../../../cloud-hub/dashboard/rollouts/rollout-view.ts';
import { candidatePhases } from '../../../../shared/contract/messages/model-report.ts';
import { digestOf, eventOf, rolloutOf, rowOf } from '../rollouts.ts';

const devicesOf = (...rows: RolloutDevice[]) => new Map(rows.map((row) => [row.device, row]));

describe('the state of a device', () => {
  test.each([
    ['waiting', {}],
    ['downloading', { phase: 'downloading' }],
    ['proving', { phase: 'verifying' }],
    ['proving', { phase: 'proving' }],
    ['shadow', { phase: 'shadowing' }],
    ['shadow', { phase: 'swapping' }],
    ['downloading', { phase: 'downloading', reason: 'slow' }],
    ['waiting', { phase: 'waiting', reason: 'http://hub: no answer in 30 s' }],
    // Its own words are not looked into.
    ['waiting', { phase: 'waiting', reason: 'downloading: slow' }],
  ] as const)('is %s while it says %j', (state, output) => {
    expect(stateOf('running', rowOf('a', 'working', output))).toBe(state);
  });

  test('every phase that a device knows has one', () => {
    for (const phase of candidatePhases)
      expect(deviceStates).toContain(stateOf('running', rowOf('a', 'working', { phase })));
  });

  test('a failure stays one, whatever becomes of the rollout', () => {
    for (const status of rolloutStatus.options)
      expect(stateOf(status, rowOf('a', 'failed', { stage: 'proof', reason: 'bad' }))).toBe('failed');
  });

  test('a rollout that was undone took everybody back; one that is over leaves out whom it did not ask', () => {
    expect(stateOf('running', rowOf('a', 'active'))).toBe('serving');
    expect(stateOf('done', rowOf('a', 'active'))).toBe('serving');
    for (const status of ['rolled-back', 'aborted'] as const) {
      expect(stateOf(status, rowOf('a', 'active'))).toBe('rolled-back');
      expect(stateOf(status, rowOf('a', 'working', { phase: 'proving' }))).toBe('rolled-back');
      expect(stateOf(status, undefined)).toBe('excluded');
    }
    expect(stateOf('paused', undefined)).toBe('waiting');
  });
});

describe('waves', () => {
  test('say what they take in, where they stand, and show failures first', () => {
    const rollout = rolloutOf({ wave: 1 });
    const devices = devicesOf(
      rowOf('a', 'active'),
      rowOf('b', 'active', {}, 1),
      rowOf('c', 'failed', { stage: 'proof', reason: 'bad' }, 1),
    );
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

describe('each arm of the words', () => {
  test('how large a wave is', () => {
    expect(
      [
        { percent: 100, soakS: 0 },
        { percent: 12.5, soakS: 0 },
        { devices: 1, soakS: 0 },
      ].map(sizeText),
    ).toEqual(['all devices', '12.5% of devices', '1 device']);
    expect(sizeText({ devices: 1200, soakS: 0 })).toBe(`up to ${(1200).toLocaleString()} devices`);
  });

  test('what is said of the soak in each state of a wave', () => {
    const soaks = (more: Parameters<typeof rolloutOf>[0]) =>
      wavesOf(rolloutOf({ wave: 1, ...more }), [], new Map()).map(({ state, soak }) => [state, soak]);
    expect(soaks({ status: 'paused' })[1]).toEqual(['paused', 'then soaks 10 min']);
    expect(soaks({ status: 'done' })).toEqual([
      ['passed', 'soaked 1 min'],
      ['passed', 'soaked 10 min'],
      ['passed', undefined],
    ]);
    expect(soaks({ wave: 0 })[1]).toEqual(['next', 'then soaks 10 min']);
    expect(soaks({ status: 'rolled-back', wave: 0 })[1]).toEqual(['not reached', undefined]);
    // A pause during the soak is a pause.
    expect(soaks({ status: 'paused', settledAt: '2026-06-01T00:00:00.000Z' })[1]?.[0]).toBe('paused');
  });

  test('a device that was asked and has not answered waits; one that nobody selects is excluded', () => {
    expect(stateOf('running', rowOf('a', 'waiting'))).toBe('waiting');
    expect(stateOf('done', rowOf('a', 'waiting'))).toBe('waiting');
    expect(excludedOf(['a', 'b'], [['a']])).toEqual([
      { id: 'b', state: 'excluded', reason: 'the selector does not select it' },
    ]);
    expect([isOpen('running'), isOpen('paused'), isOpen('done'), isOpen('aborted'), isOpen('rolled-back')]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  test('every status and state has its words', () => {
    for (const status of rolloutStatus.options) expect(statusWords[status].title).toBe(status.replace('-', ' '));
    for (const state of deviceStates) expect(stateTitles[state]).toMatch(/^[a-z ]+$/);
    expect(Object.keys(countStates([]))).toEqual([...deviceStates]);
  });

  test('what a decision was about', () => {
    const mixed = eventOf(1, 'asked', { devices: ['a', 7, 'b', null] });
    expect(decidedFor(mixed)).toEqual(['a', 'b']);
    expect(decidedFor(eventOf(1, 'asked'))).toEqual([]);
  });

  test('what a rollout installs, and where', () => {
    const { package: _package, ...bare } = rolloutOf();
    expect(subjectText(bare)).toBe('deleted model aaaaaaaaaaaa as detector');
    expect(selectorText({ devices: ['x'] })).toBe('the device x');
    expect(selectorText({ labels: {} })).toBe('every device');
    expect(selectorText({ labels: { site: 'berlin' } })).toBe('site = berlin');
  });

  test('a soak of a wave that is not planned is over; the last second counts', () => {
    const settledAt = '2026-06-01T00:00:00.000Z';
    expect(soakLeft(rolloutOf({ settledAt, wave: 7 }), Date.parse(settledAt))).toBe(0);
    expect(soakLeft(rolloutOf({ settledAt, status: 'done' }), Date.parse(settledAt))).toBeUndefined();
    expect([59_001, 60_000, 3_599_000, 3_600_000, 36_061_000].map(countdown)).toEqual([
      '1:00',
      '1:00',
      '59:59',
      '1:00:00',
      '10:01:01',
    ]);
  });
});
