import { expect, test } from 'vitest';
import { describeOutcome, outcomeOf } from '../../../cloud-hub/rollout/outcome.ts';
import type { ModelReport } from '../../../shared/contract/messages/model-report.ts';
import { type Report, report } from '../../../shared/contract/messages/report.ts';
import { digest } from './fleet.ts';

const asked = `sha256:${'11'.repeat(32)}`;
const other = `sha256:${'22'.repeat(32)}`;
const target = { kind: 'model', model: 'detector', digest, proof: { shadowFrames: 0 } } as never;

function reportWith(more: Partial<Report>): Report {
  return report.parse({
    version: '1',
    boot: 'b',
    config: 'c',
    host: { platform: 'linux', arch: 'x64', cpus: 1, memoryMb: 1, name: 'h' },
    process: { rssMb: 1, uptimeS: 1 },
    outbox: { epoch: 'e', waiting: 0, bytes: 0, lastSeq: 0 },
    streams: [],
    desired: { revision: asked },
    ...more,
  });
}

const slot = (d: string) => ({ name: 'm', version: '1.0.0', digest: d, serviceS: 9, frames: 50, errors: 1 });
const state = (model: Partial<ModelReport>) =>
  outcomeOf(target, asked, reportWith({ models: { detector: { failures: [], ...model } } }));

test('a model by its slots', () => {
  expect(state({})).toEqual({ state: 'waiting' });
  expect(state({ active: slot(other) })).toEqual({ state: 'waiting' });
  expect(state({ candidate: { name: 'm', version: '1', digest, phase: 'proving' } })).toMatchObject({
    state: 'working',
    phase: 'proving',
  });
  const previous = { ...slot(other), latencyMs: { p50: 1, p95: 7 } };
  expect(state({ active: slot(digest), previous })).toMatchObject({
    state: 'active',
    figures: { frames: 50, errors: 1, p95Before: 7 },
  });
  const failure = { name: 'm', version: '1', digest, stage: 'service' as const, reason: 'crash loop' };
  expect(state({ active: slot(digest), failures: [failure] })).toMatchObject({ state: 'failed', stage: 'service' });
  expect(state({ active: slot(digest), failures: [{ ...failure, digest: other }] }).state).toBe('active');
});

test('what a device is at, what it waits for and why it failed, in words', () => {
  const candidate = { name: 'm', version: '1', digest, phase: 'waiting' as const, reason: 'the disk has 3 MB free' };
  const failure = { name: 'm', version: '1', digest, stage: 'proof' as const, reason: 'not finite' };
  expect(describeOutcome(state({ candidate }))).toBe('waiting: the disk has 3 MB free');
  expect(describeOutcome(state({ candidate: { ...candidate, phase: 'proving', reason: undefined } }))).toBe('proving');
  expect(describeOutcome(state({ failures: [failure] }))).toBe('proof: not finite');
  expect(describeOutcome(state({ active: slot(digest) }))).toBe('');
});

test('what a device said before it took the document up is about something else', () => {
  const failure = { name: 'm', version: '1', digest, stage: 'proof' as const, reason: 'old' };
  const models = { detector: { failures: [failure] } };
  expect(outcomeOf(target, asked, reportWith({ models, desired: { revision: other } }))).toEqual({ state: 'waiting' });
  expect(outcomeOf(target, asked, undefined)).toEqual({ state: 'waiting' });
});

test('streams: applied, refused with each path, not yet', () => {
  const streams = { kind: 'streams', revision: digest } as const;
  const said = (result: NonNullable<Report['desired']>['streams']) =>
    outcomeOf(streams, asked, reportWith({ desired: { revision: asked, streams: result } }));
  expect(said({ revision: digest, state: 'applied', complaints: [] })).toEqual({ state: 'active' });
  expect(said({ revision: other, state: 'applied', complaints: [] })).toEqual({ state: 'waiting' });
  const complaints = [{ path: 'streams.door.fps', message: 'too large' }];
  expect(said({ revision: digest, state: 'refused', complaints })).toEqual({
    state: 'failed',
    stage: 'streams',
    reason: 'streams.door.fps: too large',
  });
});
