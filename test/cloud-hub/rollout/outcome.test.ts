import { expect, test } from 'vitest';
import { progressText } from '../../../cloud-hub/contract/progress-text.ts';
import { type Outcome, outcomeOf, progressOf } from '../../../cloud-hub/rollout/outcome.ts';
import type { ModelReport } from '../../../shared/contract/messages/model-report.ts';
import { type Report, report } from '../../../shared/contract/messages/report.ts';
import { digest, shadowOf } from './fleet.ts';

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
    figures: { frames: 50, errors: 1, latencyBefore: { p50: 1, p95: 7 } },
  });
  const failure = { name: 'm', version: '1', digest, stage: 'service' as const, reason: 'crash loop' };
  expect(state({ active: slot(digest), failures: [failure] })).toMatchObject({ state: 'failed', stage: 'service' });
  expect(state({ active: slot(digest), failures: [{ ...failure, digest: other }] }).state).toBe('active');
});

test('the newest failure of this package counts; what the shadow saw travels with each state', () => {
  const shadow = shadowOf({ agreement: 0.5 });
  const failure = (reason: string, d = digest) => ({
    name: 'm',
    version: '1',
    digest: d,
    stage: 'shadow' as const,
    reason,
    shadow,
  });
  expect(state({ failures: [failure('first'), failure('second'), failure('of another', other)] })).toEqual({
    state: 'failed',
    stage: 'shadow',
    reason: 'second',
    shadow,
  });
  const candidate = { name: 'm', version: '1', digest, phase: 'shadowing' as const, shadow };
  expect(state({ active: slot(other), candidate })).toEqual({ state: 'working', phase: 'shadowing', shadow });
  expect(state({ candidate: { ...candidate, digest: other } })).toEqual({ state: 'waiting' });
  // It serves already; what is on its way is of no account.
  expect(state({ active: { ...slot(digest), shadow }, candidate })).toMatchObject({ state: 'active', shadow });
  // Of another entry of `models`.
  const elsewhere = reportWith({ models: { other: { failures: [], active: slot(digest) } } });
  expect(outcomeOf(target, asked, elsewhere)).toEqual({ state: 'waiting' });
  expect(outcomeOf(target, asked, reportWith({}))).toEqual({ state: 'waiting' });
});

test('figures: latencies now and before, and scores against the model before, or against it in shadow', () => {
  const scores = { now: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0], before: [0, 2, 0, 0, 0, 0, 0, 0, 0, 0] };
  const shadow = shadowOf({
    scores: { incumbent: [0, 0, 3, 0, 0, 0, 0, 0, 0, 0], candidate: [9, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
  });
  const active = { ...slot(digest), latencyMs: { p50: 3, p95: 4 }, prepareMs: 2, scores: scores.now, shadow };
  const previous = { ...slot(other), latencyMs: { p50: 1, p95: 7 }, prepareMs: 1, scores: scores.before };
  const figuresOf = (model: Partial<ModelReport>) => {
    const found = state(model);
    return found.state === 'active' ? found.figures : undefined;
  };
  expect(figuresOf({ active, previous })).toEqual({
    frames: 50,
    errors: 1,
    latency: active.latencyMs,
    latencyBefore: previous.latencyMs,
    prepare: 2,
    prepareBefore: 1,
    scores: scores.now,
    scoresBefore: scores.before,
  });
  expect(figuresOf({ active, previous: { ...previous, scores: undefined } })?.scoresBefore).toEqual(
    shadow.scores.incumbent,
  );
  expect(figuresOf({ active })).toMatchObject({
    latency: active.latencyMs,
    latencyBefore: undefined,
    scoresBefore: shadow.scores.incumbent,
  });
  expect(figuresOf({ active: slot(digest) })).toEqual({ frames: 50, errors: 1 });
});

test('a model that has taken over is at work until each stream that was answered before is answered again', () => {
  const now = (more: object) => state({ active: { ...slot(digest), ...more } });
  expect(now({ silent: [], awaited: [], answered: 2 })).toMatchObject({ state: 'active' });
  expect(now({ silent: ['gate', 'yard'], awaited: ['gate'], answered: 0 })).toMatchObject({
    state: 'working',
    phase: 'swapping',
    reason: 'stream gate got no answer since it took over',
    figures: { frames: 50 },
  });
  const many = Array.from({ length: 7 }, (_, i) => `s${i}`);
  expect(now({ silent: many, awaited: many })).toMatchObject({
    reason: 'streams s0, s1, s2, s3, s4 and 2 more got no answer since it took over',
  });
  // What gave nothing before may give nothing now, as long as something else was answered.
  expect(now({ silent: ['yard'], awaited: [], answered: 1, frames: 0 })).toMatchObject({
    state: 'active',
    silent: ['yard'],
  });
  // After a start of the agent nothing was answered yet, and frames had been.
  expect(now({ silent: ['yard'], awaited: [], answered: 0 }).state).toBe('active');
  expect(now({ silent: ['gate', 'yard'], awaited: [], answered: 0, frames: 0 })).toMatchObject({
    state: 'working',
    mute: true,
    reason: 'streams gate, yard gave nothing before, and give nothing now',
  });
});

test('a set of streams is taken up when each stream that it brought has given something', () => {
  const streamTarget = { kind: 'streams', revision: other } as const;
  const of = (more: object) =>
    outcomeOf(
      streamTarget,
      asked,
      reportWith({
        desired: { revision: asked, streams: { revision: other, state: 'applied', complaints: [], ...more } },
      }),
    );
  expect(of({})).toEqual({ state: 'active' });
  expect(of({ awaited: [] })).toEqual({ state: 'active' });
  expect(of({ awaited: ['pipe'] })).toEqual({
    state: 'working',
    phase: 'swapping',
    reason: 'stream pipe gave nothing since the set took over',
  });
});

test('what a device is at, what it waits for and why it failed, in words', () => {
  const candidate = { name: 'm', version: '1', digest, phase: 'waiting' as const, reason: 'the disk has 3 MB free' };
  const failure = { name: 'm', version: '1', digest, stage: 'proof' as const, reason: 'not finite' };
  const described = (outcome: Outcome, late = false) => progressText(progressOf(outcome, late));
  expect(progressOf(state({ candidate }), false)).toEqual({
    outcome: 'working',
    phase: 'waiting',
    reason: 'the disk has 3 MB free',
  });
  expect(progressOf(state({ candidate }), true)).toEqual({
    outcome: 'failed',
    phase: 'waiting',
    stage: 'late',
    reason: 'the disk has 3 MB free',
  });
  expect(progressOf(state({ failures: [failure] }), false)).toEqual({
    outcome: 'failed',
    stage: 'proof',
    reason: 'not finite',
  });
  expect(progressOf(state({}), true)).toEqual({ outcome: 'failed', stage: 'late', reason: '' });
  expect(progressOf(state({ active: slot(digest) }), false)).toEqual({ outcome: 'active', reason: '' });
  const long = 'x'.repeat(2048);
  expect(progressOf({ state: 'failed', stage: 'streams', reason: `${long}y` }, false).reason).toBe(long);
  expect(described(state({ candidate }), true)).toBe(
    'not done in time; its last word is waiting: the disk has 3 MB free',
  );
  expect(described(state({}), true)).toBe('not done in time; it has not taken up what it was asked');
  expect(described(state({}))).toBe('');
  expect(described(state({ candidate }))).toBe('waiting: the disk has 3 MB free');
  expect(described(state({ candidate: { ...candidate, phase: 'proving', reason: undefined } }))).toBe('proving');
  expect(described(state({ failures: [failure] }))).toBe('proof: not finite');
  expect(described(state({ active: slot(digest) }))).toBe('');
});

test('what a device said before it took the document up is about something else', () => {
  const failure = { name: 'm', version: '1', digest, stage: 'proof' as const, reason: 'old' };
  const models = { detector: { failures: [failure] } };
  expect(outcomeOf(target, asked, reportWith({ models, desired: { revision: other } }))).toEqual({ state: 'waiting' });
  expect(outcomeOf(target, asked, undefined)).toEqual({ state: 'waiting' });
});

test('streams: applied, refused with each path, not yet', () => {
  const streams = { kind: 'streams', revision: digest } as const;
  const detail = (result: NonNullable<Report['desired']>['streams']) =>
    outcomeOf(streams, asked, reportWith({ desired: { revision: asked, streams: result } }));
  expect(detail({ revision: digest, state: 'applied', complaints: [] })).toEqual({ state: 'active' });
  expect(detail({ revision: other, state: 'applied', complaints: [] })).toEqual({ state: 'waiting' });
  expect(detail(undefined)).toEqual({ state: 'waiting' });
  expect(detail({ revision: digest, state: 'refused', complaints: [] })).toMatchObject({
    reason: 'refused without a reason',
  });
  const both = ['fps', 'rules'].map((key) => ({ path: `streams.door.${key}`, message: 'wrong' }));
  expect(detail({ revision: digest, state: 'refused', complaints: both })).toMatchObject({
    reason: 'streams.door.fps: wrong; streams.door.rules: wrong',
  });
  const complaints = [{ path: 'streams.door.fps', message: 'too large' }];
  expect(detail({ revision: digest, state: 'refused', complaints })).toEqual({
    state: 'failed',
    stage: 'streams',
    reason: 'streams.door.fps: too large',
  });
});
