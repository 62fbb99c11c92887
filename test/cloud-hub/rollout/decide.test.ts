import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cohortOrder, planWaves } from '../../../cloud-hub/rollout/cohort.ts';
import { type DeviceView, decide, type RolloutProgress } from '../../../cloud-hub/rollout/decide.ts';
import type { Outcome } from '../../../cloud-hub/rollout/outcome.ts';
import { active, planOf, play, shadowOf } from './fleet.ts';

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
    ['is twice as slow', active({ p95: 40 }), /gate latency: p95 is 2×/],
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

describe('in every case', () => {
  const outcome: fc.Arbitrary<Outcome> = fc.oneof(
    fc.constant<Outcome>({ state: 'waiting' }),
    fc.constant<Outcome>({ state: 'working', phase: 'proving' }),
    fc.record({ errors: fc.nat(20), p95: fc.integer({ min: 10, max: 40 }) }).map((f) => active(f)),
    fc.constant<Outcome>({ state: 'failed', stage: 'proof', reason: 'no' }),
  );
  const view = fc.record({
    online: fc.boolean(),
    selected: fc.boolean(),
    askedAt: fc.option(fc.integer({ min: 0, max: 1e9 }), { nil: undefined }),
    outcome,
  });
  const views = fc
    .array(view, { maxLength: 40 })
    .map((list) => list.map((v, i): DeviceView => ({ id: `d${i}`, ...v })));
  const progress = fc.record({
    status: fc.constantFrom('running' as const, 'paused' as const),
    wave: fc.integer({ min: -1, max: 2 }),
    settledAt: fc.option(fc.integer({ min: 0, max: 1e9 }), { nil: undefined }),
  });
  const plan = fc
    .record({
      onFailure: fc.constantFrom('pause', 'roll-back'),
      quorum: fc.double({ min: 0, max: 1, noNaN: true }),
      maxFailed: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ maxFailed, ...more }) => planOf({ ...more, gates: { maxFailed } }));

  test('the order of devices does not matter, and nothing is changed by asking', () => {
    fc.assert(
      fc.property(plan, progress, views, fc.nat(2e9), fc.nat(), (p, state, devices, now, turn) => {
        const at = devices.length > 0 ? turn % devices.length : 0;
        const turned = [...devices.slice(at), ...devices.slice(0, at)].reverse();
        expect(decide({ id: 'r', plan: p }, state, turned, now)).toEqual(
          decide({ id: 'r', plan: p }, state, devices, now),
        );
      }),
    );
  });

  test('only selected devices that were not asked are asked, never beyond the wave, never past a tripped gate', () => {
    fc.assert(
      fc.property(plan, progress, views, fc.nat(2e9), (p, state, devices, now) => {
        const decision = decide({ id: 'r', plan: p }, state, devices, now);
        expect(decision.reason).not.toBe('');
        if (decision.kind !== 'ask') return;
        expect(state.status).toBe('running');
        expect(decision.gates.some((g) => g.state === 'tripped')).toBe(false);
        const byId = new Map(devices.map((d) => [d.id, d]));
        for (const id of decision.devices) expect(byId.get(id)).toMatchObject({ selected: true, askedAt: undefined });
        const selected = devices.filter((d) => d.selected);
        const wave = p.waves[decision.wave];
        const size = Math.max(1, wave?.devices ?? Math.ceil((selected.length * (wave?.percent ?? 0)) / 100));
        const asked = selected.filter((d) => d.askedAt !== undefined).length;
        expect(asked + decision.devices.length).toBeLessThanOrEqual(Math.max(size, asked));
        expect(decision.wave).toBeGreaterThanOrEqual(state.wave);
      }),
    );
  });

  test('a healthy fleet of any size gets through; a failing one stops at the first wave', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.string({ minLength: 1, maxLength: 8 }), (size, id) => {
        const healthy = play(planOf(), ids(size), () => active(), { id });
        expect(healthy.last?.kind).toBe('complete');
        expect(healthy.asked).toHaveLength(size);
        const failing = play(planOf(), ids(size), () => ({ state: 'failed', stage: 'package', reason: 'x' }), { id });
        expect(failing).toMatchObject({ last: { kind: 'roll-back' }, asked: [expect.any(String)] });
      }),
      { numRuns: 40 },
    );
  });

  test('waves are deterministic, disjoint, and together everybody; a larger fleet keeps the order', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[a-z0-9-]{1,8}$/), { maxLength: 60 }),
        fc.string(),
        (devices, id) => {
          const order = cohortOrder(id, devices);
          expect(cohortOrder(id, devices.toReversed())).toEqual(order);
          expect(planWaves(order, planOf().waves).flat()).toEqual(order);
          const half = devices.slice(0, devices.length >> 1);
          expect(cohortOrder(id, half)).toEqual(order.filter((d) => half.includes(d)));
        },
      ),
    );
  });

  test('another rollout begins with other devices', () => {
    const firsts = Array.from({ length: 50 }, (_, i) => cohortOrder(`r${i}`, fleet)[0]);
    expect(new Set(firsts).size).toBeGreaterThan(10);
  });
});
