import { describe, expect, test } from 'vitest';
import { cohortOrder } from '../../../cloud-hub/rollout/cohort.ts';
import { type DeviceView, decide, type RolloutProgress } from '../../../cloud-hub/rollout/decide.ts';
import type { Outcome } from '../../../cloud-hub/rollout/outcome.ts';
import { active, good, planOf, play, shadowOf } from './fleet.ts';

const ids = (n: number) => Array.from({ length: n }, (_, i) => `cam-${i}`);
const fleet = ids(20);

describe('a rollout', () => {
  test('of a good model passes its waves by itself, each after its soak', () => {
    const { steps, last, asked } = play(planOf(), fleet, (_id, since) =>
      since < 20_000 ? { state: 'working', phase: 'shadowing' } : active(),
    );
    expect(last).toMatchObject({ kind: 'complete', reason: 'all waves went well: 20 of 20 devices run it' });
    expect(asked).toEqual(cohortOrder('r1', fleet));
    const asks = steps.flatMap(({ at, decision }) =>
      decision.kind === 'ask' ? [{ at, n: decision.devices.length }] : [],
    );
    expect(asks.map((a) => a.n)).toEqual([1, 4, 15]);
    // Work and soak lie between the waves.
    expect((asks[1]?.at ?? 0) - (asks[0]?.at ?? 0)).toBeGreaterThanOrEqual(80_000);
  });

  const bad: [string, Outcome, RegExp][] = [
    [
      'fails its proof',
      { state: 'failed', stage: 'proof', reason: 'golden/0.png: score 0.1' },
      /gate failed: 1 of 1.*proof: golden/,
    ],
    ['is badly signed', { state: 'failed', stage: 'trust', reason: 'too few signatures' }, /trust: too few/],
    [
      'disagrees in shadow',
      { state: 'working', phase: 'shadowing', shadow: shadowOf({ agreement: 0.1 }) },
      /gate agreement: agreement of 0.1 over 200/,
    ],
    ['fails on frames', active({ errors: 50 }), /gate error-rate: 50 errors in 550/],
    [
      'is twice as slow',
      {
        state: 'active',
        figures: good,
        shadow: shadowOf({ timeRatio: { pairs: 200, median: 2, low: 1.9, high: 2.1 } }),
      },
      /gate latency: 2× the time/,
    ],
    ['sees other scores', active({ scores: [400, 80, 40, 5, 0, 0, 0, 0, 0, 0] }), /gate drift: scores moved by/],
  ];
  test.each(bad)('of a model that %s goes no further than its first wave', (_what, outcome, reason) => {
    const { last, asked } = play(planOf(), fleet, () => outcome);
    expect(last?.kind).toBe('roll-back');
    expect(last?.reason).toMatch(reason);
    expect(asked).toHaveLength(1);
  });

  test('pauses instead, when it is told so', () => {
    const { last } = play(planOf({ onFailure: 'pause' }), fleet, () => ({
      state: 'failed',
      stage: 'swap',
      reason: 'x',
    }));
    expect(last?.kind).toBe('pause');
  });

  test('waits no longer for a device than it was told to', () => {
    const { last, steps } = play(planOf({ timeoutS: 300 }), fleet, () => ({ state: 'waiting' }));
    expect(last).toMatchObject({ kind: 'roll-back', reason: expect.stringContaining('not done in time') });
    expect(steps.length).toBeGreaterThan(30);
  });

  test('says what a device that was not done in time was waiting for', () => {
    const { last } = play(planOf({ timeoutS: 300 }), fleet, () => ({
      state: 'working',
      phase: 'waiting',
      reason: 'the disk has 3 MB free',
    }));
    const words = 'not done in time; its last word is waiting: the disk has 3 MB free';
    expect(last).toMatchObject({ kind: 'roll-back', reason: expect.stringContaining(words) });
  });

  test('goes on without devices that are offline, while a quorum is there', () => {
    const isOnline = (id: string) => Number(id.slice(4)) % 3 > 0;
    const { last } = play(planOf(), fleet, (id) => (isOnline(id) ? active() : { state: 'waiting' }), { isOnline });
    expect(last?.kind).toBe('complete');
    const { last: other } = play(
      planOf({ quorum: 1 }),
      fleet,
      (id) => (isOnline(id) ? active() : { state: 'waiting' }),
      {
        isOnline,
      },
    );
    expect(other).toMatchObject({ kind: 'wait', reason: expect.stringContaining('are offline') });
  });

  const awaiting: Outcome = { state: 'working', phase: 'swapping', reason: 'stream gate has not been answered' };
  const mute: Outcome = { ...awaiting, mute: true };

  test('never says that all went well while a stream that was answered before is silent', () => {
    const { last, steps } = play(planOf({ timeoutS: 300 }), fleet, () => awaiting);
    expect(steps.map(({ decision }) => decision.kind)).not.toContain('complete');
    const words = 'not done in time; its last word is swapping: stream gate has not been answered';
    expect(last).toMatchObject({ kind: 'roll-back', reason: expect.stringContaining(words) });
  });

  test('counts no device without a stream that gives anything: for nothing and against nothing', () => {
    const plan = planOf({ timeoutS: 300, quorum: 1 });
    // The first that is asked is one of them: another takes its place.
    const [first] = cohortOrder('r1', fleet);
    const some = play(plan, fleet, (id) => (id === first || id === 'cam-7' ? mute : active()));
    expect(some.last).toMatchObject({
      kind: 'complete',
      reason: 'all waves went well: 18 of 20 devices run it; 2 have no stream that gives anything, and are not counted',
    });
    const all = play(plan, fleet, () => mute);
    expect(all.last).toMatchObject({
      kind: 'wait',
      reason: expect.stringContaining('0 are offline, 20 have no stream that gives anything'),
    });
  });

  test('names the streams that gave nothing before and after', () => {
    const { last } = play(planOf(), ids(2), (id) =>
      id === 'cam-1' ? { ...active(), state: 'active', silent: ['yard', 'door'] } : active(),
    );
    expect(last?.reason).toBe(
      'all waves went well: 2 of 2 devices run it; 2 streams gave nothing before and give nothing now, as cam-1/yard',
    );
  });

  test('judges the errors of a model also while it waits for a stream', () => {
    const failing = { ...awaiting, figures: { frames: 500, errors: 50 } };
    expect(play(planOf(), fleet, () => failing).last).toMatchObject({
      kind: 'roll-back',
      reason: expect.stringContaining('gate error-rate: 50 errors'),
    });
  });

  test('judges nothing by too few frames, and waits for them', () => {
    const { last, asked } = play(planOf(), fleet, () => active({ frames: 10, errors: 5 }));
    expect(last).toMatchObject({ kind: 'wait', reason: expect.stringContaining('10 frames served; 100 are needed') });
    expect(asked).toHaveLength(1);
  });

  test('soaks anew when a device falls out of service', () => {
    let calls = 0;
    const { steps } = play(planOf(), ids(1), () => {
      calls++;
      return calls === 4 ? { state: 'working', phase: 'swapping' } : active();
    });
    const settled = steps.flatMap(({ decision }) => (decision.kind === 'wait' ? [decision.settledAt] : []));
    expect(new Set(settled.filter((s) => s !== undefined)).size).toBe(2);
  });

  const gate = (outcome: Outcome, askedAt = 0): DeviceView => ({
    id: 'gate',
    online: true,
    selected: true,
    askedAt,
    outcome,
  });
  const others = ids(3).map((id): DeviceView => ({ id, online: true, selected: true, outcome: { state: 'waiting' } }));

  test('soaks for its whole time again when the clock was set back, to the millisecond', () => {
    const at = (now: number, settledAt?: number) =>
      decide({ id: 'r', plan: planOf() }, { status: 'running', wave: 0, settledAt }, [gate(active()), ...others], now);
    expect(at(1e6)).toMatchObject({ kind: 'wait', settledAt: 1e6 });
    expect(at(1e6 + 59_999, 1e6)).toMatchObject({ kind: 'wait', settledAt: 1e6 });
    // A quarter of four devices is the one that was asked: the wave after the next is the first with somebody to ask.
    expect(at(1e6 + 60_000, 1e6)).toMatchObject({ kind: 'ask', wave: 2 });
    // An hour back: it would soak for an hour and a minute by what was noted.
    expect(at(1e6, 1e6 + 3_600_000)).toMatchObject({ kind: 'wait', settledAt: 1e6 });
  });

  test('a device has its whole time', () => {
    const at = (now: number) =>
      decide(
        { id: 'r', plan: planOf({ timeoutS: 300 }) },
        { status: 'running', wave: 0 },
        [gate({ state: 'waiting' }, 5)],
        now,
      );
    expect(at(300_005)).toMatchObject({ kind: 'wait', reason: 'wave 1: 1 of 1 devices are at work' });
    expect(at(300_006)).toMatchObject({ kind: 'roll-back', reason: expect.stringContaining('not done in time') });
  });

  test('asks nobody while it is paused, and rolls back all the same when a gate trips', () => {
    const paused: RolloutProgress = { status: 'paused', wave: 0 };
    const device = (outcome: Outcome): DeviceView => ({ id: 'a', online: true, selected: true, askedAt: 0, outcome });
    expect(decide({ id: 'r', plan: planOf() }, paused, [device(active())], 9e5)).toMatchObject({ kind: 'wait' });
    const failed = device({ state: 'failed', stage: 'service', reason: 'crash loop' });
    expect(decide({ id: 'r', plan: planOf() }, paused, [failed], 9e5)).toMatchObject({ kind: 'roll-back' });
    const waived: RolloutProgress = { status: 'running', wave: 0, waived: ['failed'] };
    expect(decide({ id: 'r', plan: planOf() }, waived, [failed], 9e5).kind).not.toBe('roll-back');
  });
});
