import { describe, expect, test } from 'vitest';
import type { Device } from '../../../../../cloud-hub/contract/device.ts';
import { rolloutPlan } from '../../../../../cloud-hub/contract/rollout.ts';
import {
  addWave,
  type Complaints,
  defaultFields,
  entriesOf,
  type FieldName,
  type RolloutFields,
  readForm,
} from '../../../../../cloud-hub/dashboard/rollouts/form/read-form.ts';
import { digestOf } from '../../rollouts.ts';

const fields = (more: Partial<RolloutFields> = {}): RolloutFields => ({
  ...defaultFields('bright@1.0.0', 'detector'),
  ...more,
});

function requestOf(more: Partial<RolloutFields> = {}) {
  const reading = readForm(fields(more));
  if (reading.kind !== 'request') throw new Error(JSON.stringify(reading.complaints));
  return reading.request;
}

function complaintsOf(more: Partial<RolloutFields>): Complaints {
  const reading = readForm(fields(more));
  return reading.kind === 'complaints' ? reading.complaints : {};
}

test('an untouched form asks for exactly what the hub does by itself', () => {
  const standard = rolloutPlan.parse({ target: { kind: 'model', model: 'detector', digest: digestOf('a') } });
  const { target, id: _id, dryRun: _dryRun, ...plan } = requestOf();
  const { target: usual, ...rest } = standard;
  expect(plan).toEqual(rest);
  expect(target).toEqual({
    kind: 'model',
    model: 'detector',
    package: 'bright@1.0.0',
    proof: usual.kind === 'model' ? usual.proof : undefined,
  });
});

test('what is typed is what is requested', () => {
  const request = requestOf({
    labels: ' site = berlin , line=a | b',
    devices: 'gate-1, gate-2\ngate-3',
    waves: [
      { size: '3', soak: '0.5' },
      { size: ' 12.5 % ', soak: '0' },
      { size: '100%', soak: '0' },
    ],
    minAgreement: '95 %',
    maxLatencyRatio: '2',
    driftTest: 'ks',
    maxDrift: '0.1',
    timeout: '2',
    onFailure: 'pause',
  });
  expect(request.selector).toEqual({
    labels: { site: 'berlin', line: ['a', 'b'] },
    devices: ['gate-1', 'gate-2', 'gate-3'],
  });
  expect(request.waves).toEqual([
    { devices: 3, soakS: 30 },
    { percent: 12.5, soakS: 0 },
    { percent: 100, soakS: 0 },
  ]);
  expect(request.gates).toMatchObject({ minAgreement: 0.95, maxLatencyRatio: 2, drift: { test: 'ks', max: 0.1 } });
  // What a device refuses by itself is what the gate would stop.
  expect(request.target).toMatchObject({ proof: { minAgreement: 0.95, maxLatencyRatio: 2 } });
  expect(request).toMatchObject({ timeoutS: 7200, onFailure: 'pause' });
});

describe('a complaint stands at its field', () => {
  test.each([
    [{ package: 'bright' }, 'package', 'must be NAME@VERSION or NAME:ALIAS'],
    [{ entry: '' }, 'entry', ''],
    [{ labels: 'berlin' }, 'labels', 'must be like site=berlin, line=a|b'],
    [{ devices: 'UPPER' }, 'devices', ''],
    [{ minAgreement: 'high' }, 'minAgreement', 'must be a number'],
    [{ maxFailed: '120' }, 'maxFailed', ''],
    [{ maxDrift: '' }, 'maxDrift', 'must be a number'],
    [{ timeout: '0' }, 'timeout', ''],
    [{ shadowFrames: '-1' }, 'shadowFrames', ''],
    [{ waves: [{ size: 'all', soak: '0' }] }, 'waves.0', 'must be a share such as 10%, or a number of devices'],
    [{ waves: [{ size: '50%', soak: '0' }] }, 'waves', 'the last wave must be 100 percent'],
  ] as const)('%j', (more, field, words) => {
    const complaints = complaintsOf(more as Partial<RolloutFields>);
    expect(Object.keys(complaints)).toEqual([field]);
    expect(complaints[field as FieldName]).toContain(words);
  });
});

test('a wave is added before the last', () => {
  const { waves } = fields();
  const more = addWave(waves);
  expect(more).toHaveLength(waves.length + 1);
  expect(more.at(-1)).toEqual(waves.at(-1));
  expect(more.at(-2)).toEqual({ size: '', soak: '10' });
});

test('entries of the fleet, the most frequent first', () => {
  const device = (id: string, ...entries: string[]): Device => ({
    id,
    online: true,
    createdAt: '2026-01-01T00:00:00.000Z',
    streams: [],
    models: Object.fromEntries(entries.map((entry) => [entry, { failures: [] }])),
  });
  expect(entriesOf([device('a', 'rare', 'detector'), device('b', 'detector')])).toEqual(['detector', 'rare']);
  expect(entriesOf([])).toEqual([]);
});

describe('every field is read, and complains at its own place', () => {
  const gate = (name: string) => (request: ReturnType<typeof requestOf>) => Reflect.get(request.gates, name);
  const proof = (name: string) => (request: ReturnType<typeof requestOf>) =>
    request.target.kind === 'model' && request.target.proof ? Reflect.get(request.target.proof, name) : undefined;
  test.each([
    ['maxFailed', '12.5%', gate('maxFailed'), 0.125],
    ['minAgreement', '70', gate('minAgreement'), 0.7],
    ['minAgreement', '70', proof('minAgreement'), 0.7],
    ['maxErrorRate', '3 %', gate('maxErrorRate'), 0.03],
    ['maxErrorRate', '3 %', proof('maxErrorRate'), 0.03],
    ['maxLatencyRatio', '2.5', gate('maxLatencyRatio'), 2.5],
    ['minFrames', '40', gate('minFrames'), 40],
    ['shadowFrames', '41', proof('shadowFrames'), 41],
    ['quorum', '90', (request: ReturnType<typeof requestOf>) => request.quorum, 0.9],
    ['timeout', '0.5', (request: ReturnType<typeof requestOf>) => request.timeoutS, 1800],
  ] as const)('%s "%s"', (field, typed, found, wanted) => {
    expect(found(requestOf({ [field]: typed }))).toBe(wanted);
    for (const wrong of ['', '  ', 'many', '-1']) {
      const complaints = complaintsOf({ [field]: wrong });
      expect(Object.keys(complaints)).toEqual([field]);
      expect(complaints[field]).toMatch(/./);
    }
    expect(complaintsOf({ [field]: 'many' })[field]).toBe('must be a number');
  });

  test('several at once, each at its own', () => {
    const found = complaintsOf({ package: '', entry: '', labels: '=', quorum: 'x', waves: [] });
    expect(Object.keys(found).toSorted()).toEqual(['entry', 'labels', 'package', 'quorum', 'waves']);
  });

  test('a wave says which of them it is', () => {
    const last = { size: '100%', soak: '0' };
    expect(Object.keys(complaintsOf({ waves: [{ size: '10%', soak: 'long' }, last] }))).toEqual(['waves.0']);
    expect(complaintsOf({ waves: [{ size: '1', soak: 'long' }, last] })['waves.0']).toBe('must be a number');
    expect(Object.keys(complaintsOf({ waves: [last, { size: '0', soak: '0' }] }))).toContain('waves.1');
    expect(Object.keys(complaintsOf({ waves: [{ size: '10% or so', soak: '0' }, last] }))).toEqual(['waves.0']);
  });
});

test('nothing selected is every device; what is between commas and spaces does not matter', () => {
  expect(requestOf({ labels: ' , ', devices: ' ,\n ' }).selector).toEqual({});
  expect(requestOf({ labels: 'a=b', devices: '' }).selector).toEqual({ labels: { a: 'b' } });
  expect(requestOf({ devices: ' ,gate-1,,gate-2 ' }).selector).toEqual({ devices: ['gate-1', 'gate-2'] });
  expect(requestOf({ labels: 'a = b , c=d| e |f,', package: ' bright@1.0.0 ', entry: ' detector ' })).toMatchObject({
    selector: { labels: { a: 'b', c: ['d', 'e', 'f'] } },
    target: { package: 'bright@1.0.0', model: 'detector' },
  });
  for (const labels of ['a', 'a=', '=b', 'a=b, c']) expect(Object.keys(complaintsOf({ labels }))).toEqual(['labels']);
});

test('the form shows the limits of the hub as a person writes them', () => {
  expect(defaultFields('bright@1.0.0', 'detector')).toMatchObject({
    package: 'bright@1.0.0',
    entry: 'detector',
    labels: '',
    devices: '',
    maxFailed: '0',
    minAgreement: '80',
    maxErrorRate: '1',
    maxLatencyRatio: '1.5',
    driftTest: 'psi',
    maxDrift: '0.25',
    onFailure: 'roll-back',
  });
  const { waves } = fields();
  expect(waves.at(-1)).toEqual({ size: '100%', soak: '0' });
  for (const { size, soak } of waves) expect([size, soak].join(' ')).toMatch(/^\d+%? \d+$/);
});

test('a wave that is added soaks as long as the one before it; where there is none, ten minutes', () => {
  const last = { size: '100%', soak: '0' };
  expect(addWave([{ size: '1', soak: '3' }, last])).toEqual([{ size: '1', soak: '3' }, { size: '', soak: '3' }, last]);
  expect(addWave([last])).toEqual([{ size: '', soak: '10' }, last]);
});

test('of equally frequent entries the names decide', () => {
  const device = (id: string, models: Device['models']): Device => ({
    id,
    online: true,
    createdAt: '2026-01-01T00:00:00.000Z',
    streams: [],
    ...(models ? { models } : {}),
  });
  const none = { failures: [] };
  expect(entriesOf([device('a', { b: none, c: none, a: none }), device('b', undefined)])).toEqual(['a', 'b', 'c']);
});
