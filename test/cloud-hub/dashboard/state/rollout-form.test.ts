import { describe, expect, test } from 'vitest';
import type { Device } from '../../../../cloud-hub/api/schemas/api.ts';
import { rolloutPlan } from '../../../../cloud-hub/api/schemas/rollout.ts';
import {
  addWave,
  type Complaints,
  defaultFields,
  entriesOf,
  type FieldName,
  type RolloutFields,
  readForm,
} from '../../../../cloud-hub/dashboard/state/rollout-form.ts';
import { digestOf } from '../rollouts.ts';

const fields = (more: Partial<RolloutFields> = {}): RolloutFields => ({
  ...defaultFields('bright@1.0.0', 'detector'),
  ...more,
});

function wishOf(more: Partial<RolloutFields> = {}) {
  const reading = readForm(fields(more));
  if (reading.kind !== 'wish') throw new Error(JSON.stringify(reading.complaints));
  return reading.wish;
}

function complaintsOf(more: Partial<RolloutFields>): Complaints {
  const reading = readForm(fields(more));
  return reading.kind === 'complaints' ? reading.complaints : {};
}

test('an untouched form wishes for exactly what the hub does by itself', () => {
  const standard = rolloutPlan.parse({ target: { kind: 'model', model: 'detector', digest: digestOf('a') } });
  const { target, id: _id, dryRun: _dryRun, ...plan } = wishOf();
  const { target: usual, ...rest } = standard;
  expect(plan).toEqual(rest);
  expect(target).toEqual({
    kind: 'model',
    model: 'detector',
    package: 'bright@1.0.0',
    proof: usual.kind === 'model' ? usual.proof : undefined,
  });
});

test('what is typed is what is wished', () => {
  const wish = wishOf({
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
  expect(wish.selector).toEqual({
    labels: { site: 'berlin', line: ['a', 'b'] },
    devices: ['gate-1', 'gate-2', 'gate-3'],
  });
  expect(wish.waves).toEqual([
    { devices: 3, soakS: 30 },
    { percent: 12.5, soakS: 0 },
    { percent: 100, soakS: 0 },
  ]);
  expect(wish.gates).toMatchObject({ minAgreement: 0.95, maxLatencyRatio: 2, drift: { test: 'ks', max: 0.1 } });
  // What a device refuses by itself is what the gate would stop.
  expect(wish.target).toMatchObject({ proof: { minAgreement: 0.95, maxLatencyRatio: 2 } });
  expect(wish).toMatchObject({ timeoutS: 7200, onFailure: 'pause' });
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
