/** What holds of `decide` for every plan, fleet and time. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cohortOrder, planWaves } from '../../../cloud-hub/rollout/cohort.ts';
import { type DeviceView, decide } from '../../../cloud-hub/rollout/decide.ts';
import type { Outcome } from '../../../cloud-hub/rollout/outcome.ts';
import { active, planOf, play } from './fleet.ts';

const ids = (n: number) => Array.from({ length: n }, (_, i) => `cam-${i}`);
const fleet = ids(20);

describe('in every case', () => {
  const outcome: fc.Arbitrary<Outcome> = fc.oneof(
    fc.constant<Outcome>({ state: 'waiting' }),
    fc.constant<Outcome>({ state: 'working', phase: 'proving' }),
    fc
      .record({ errors: fc.nat(20), p95: fc.integer({ min: 10, max: 40 }) })
      .map(({ errors, p95 }) => active({ errors, latency: { p50: p95 / 2, p95 } })),
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
