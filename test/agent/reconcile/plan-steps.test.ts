/** Which step follows on what is there: each arm of the plan. */
import { expect, test } from 'vitest';
import { type Actual, limits, plan } from '../../../agent/reconcile/plan.ts';
import type { DeviceState, ModelState } from '../../../agent/reconcile/state.ts';
import type { DesiredModel } from '../../../shared/contract/messages/desired.ts';
import { digestOf, packageOf, slotOf } from './slots.ts';

const revision = digestOf(999);

/** What is planned for one model. */
const planOf = (model: ModelState, wanted: DesiredModel | undefined, more: Partial<Actual> = {}) =>
  plan({
    state: {
      format: 1,
      running: true,
      models: { walker: model },
      desired: { revision, models: wanted ? { walker: wanted } : {} },
    },
    known: ['walker'],
    stored: new Set([1, 2, 3, 4].map(digestOf)),
    hasGarbage: false,
    ...more,
  });
const failureOf = (n: number) => ({ ...slotOf(n), stage: 'proof' as const, reason: 'x' });
const proof = { golden: { samples: 0, passed: 0 }, variants: [], chosen: 'fp32' };
const shadow = { frames: 1 } as never;
const wanted = packageOf(2);
const of = { model: 'walker', package: wanted };
const none = { stored: new Set<string>() };

test('on the way to a new package one step follows another, each by what is there', () => {
  const active = slotOf(0);
  const steps = (candidate: ModelState['candidate'], more: Partial<Actual> = {}, asked = wanted) =>
    planOf({ active, ...(candidate ? { candidate } : {}), failures: [] }, asked, more);
  expect(steps(undefined)).toEqual([{ kind: 'begin', ...of }]);
  expect(steps({ package: wanted }, none)).toEqual([{ kind: 'fetch', ...of }]);
  expect(steps({ package: wanted })).toEqual([{ kind: 'prove', ...of }]);
  expect(steps({ package: wanted, proof })).toEqual([{ kind: 'shadow', ...of }]);
  expect(steps({ package: wanted, proof, shadow })).toEqual([{ kind: 'swap', ...of }]);
  // Proven and compared, and spoiled on disk since.
  expect(steps({ package: wanted, proof, shadow }, none)).toEqual([{ kind: 'fetch', ...of }]);
  // The same package under other terms begins again; without a comparison where none is asked for.
  const terms = packageOf(2, 0);
  expect(steps({ package: wanted, proof, shadow }, {}, terms)).toEqual([
    { kind: 'begin', model: 'walker', package: terms },
  ]);
  expect(steps({ package: terms, proof }, {}, terms)).toEqual([{ kind: 'swap', model: 'walker', package: terms }]);
  // Another package is wanted meanwhile.
  expect(steps({ package: packageOf(3), proof })).toEqual([{ kind: 'drop-candidate', model: 'walker' }]);
  expect(planOf({ active, candidate: { package: wanted }, failures: [] }, undefined)).toEqual([
    { kind: 'drop-candidate', model: 'walker' },
  ]);
});

test('what serves already, has served before, or is not known here takes no way of its own', () => {
  const active = slotOf(2);
  expect(planOf({ active, failures: [] }, wanted)).toEqual([]);
  expect(planOf({ active, candidate: { package: wanted }, failures: [] }, wanted)).toEqual([
    { kind: 'drop-candidate', model: 'walker' },
  ]);
  const before: ModelState = { active: slotOf(3), previous: slotOf(2), failures: [] };
  expect(planOf(before, wanted)).toEqual([{ kind: 'restore', model: 'walker', digest: digestOf(2) }]);
  expect(planOf(before, wanted, none)).toEqual([{ kind: 'begin', ...of }]);
  expect(planOf({ active: slotOf(0), failures: [] }, wanted, { known: ['other'] })).toEqual([
    { kind: 'refuse', ...of, reason: 'agent.yaml has no model "walker"' },
  ]);
  expect(planOf({ active: slotOf(2), failures: [] }, undefined)).toEqual([{ kind: 'go-home', model: 'walker' }]);
  expect(planOf({ active: slotOf(0), failures: [] }, undefined)).toEqual([]);
  expect(planOf({ failures: [] }, undefined)).toEqual([]);
});

test('a failure stands while its package is wanted, and is forgotten when it no longer is', () => {
  const active = slotOf(1);
  expect(planOf({ active, failures: [failureOf(2)] }, wanted)).toEqual([]);
  expect(planOf({ active, failures: [failureOf(3), failureOf(2)] }, wanted)).toEqual([
    { kind: 'forget-failures', model: 'walker', keep: digestOf(2) },
  ]);
  expect(planOf({ active, failures: [failureOf(2)] }, undefined)).toEqual([
    { kind: 'forget-failures', model: 'walker', keep: undefined },
  ]);
  // A failure of the package of agent.yaml has no digest; it is no reason against another.
  expect(planOf({ active, failures: [failureOf(0)] }, undefined).map((s) => s.kind)).toEqual(['go-home']);
  expect(planOf({ active, candidate: { package: wanted }, failures: [failureOf(2)] }, wanted)).toEqual([
    { kind: 'drop-candidate', model: 'walker' },
  ]);
});

test('probation ends after its time of service, and not before; what fails meanwhile is taken back first', () => {
  const on = (serviceMs: number, crashes = 0) =>
    planOf({ active: slotOf(2, { serviceMs, probation: { crashes, maxErrorRate: 0 } }), failures: [] }, wanted);
  expect(on(limits.probationMs - 1)).toEqual([]);
  expect(on(limits.probationMs)).toEqual([{ kind: 'confirm', model: 'walker', digest: digestOf(2) }]);
  expect(on(limits.probationMs, limits.crashes - 1)).toEqual([
    { kind: 'confirm', model: 'walker', digest: digestOf(2) },
  ]);
  expect(on(limits.probationMs, limits.crashes).map((s) => s.kind)).toEqual(['roll-back']);
  expect(planOf({ active: slotOf(2, { serviceMs: 1e9 }), failures: [] }, wanted)).toEqual([]);
  // The package of agent.yaml is nobody's candidate.
  const home = slotOf(0, { serviceMs: 1e9, probation: { crashes: 9, maxErrorRate: 0 } });
  expect(planOf({ active: home, failures: [] }, undefined)).toEqual([]);
});

test('a rate of errors is judged from 50 frames on, failed ones among them, and must be above what is allowed', () => {
  const on = (frames: number, errors: number, maxErrorRate = 0.1, crashes = 0) =>
    planOf({ active: slotOf(2, { frames, errors, probation: { crashes, maxErrorRate } }), failures: [] }, wanted);
  expect(on(39, 10)).toEqual([]);
  expect(on(40, 10)).toEqual([
    {
      kind: 'roll-back',
      model: 'walker',
      digest: digestOf(2),
      reason: 'it failed on 10 of 50 frames since it took over',
    },
  ]);
  expect(on(45, 5)).toEqual([]);
  expect(on(44, 6).map((s) => s.kind)).toEqual(['roll-back']);
  expect(on(44, 6, 0.1, 1)).toEqual([]);
  expect(on(0, 50, 1)).toEqual([]);
});

test('streams are taken once a revision, whatever came of them, and dropped once', () => {
  const streams = { revision: digestOf(7), streams: {} };
  const kinds = (more: Partial<DeviceState>) =>
    plan({ state: { format: 1, running: true, models: {}, ...more }, known: [], stored: new Set(), hasGarbage: false });
  const asked = { revision, models: {}, streams };
  expect(kinds({})).toEqual([]);
  expect(kinds({ goodStreams: streams })).toEqual([]);
  expect(kinds({ desired: asked })).toEqual([{ kind: 'take-streams', revision: digestOf(7) }]);
  for (const state of ['applied', 'refused'] as const)
    expect(kinds({ desired: asked, streams: { revision: digestOf(7), state, complaints: [] } })).toEqual([]);
  expect(kinds({ desired: asked, streams: { revision: digestOf(8), state: 'applied', complaints: [] } })).toEqual([
    { kind: 'take-streams', revision: digestOf(7) },
  ]);
  const gone = { revision, models: {} };
  expect(kinds({ desired: gone })).toEqual([]);
  expect(kinds({ desired: gone, goodStreams: streams })).toEqual([{ kind: 'drop-streams' }]);
  expect(kinds({ desired: gone, streams: { revision: digestOf(7), state: 'refused', complaints: [] } })).toEqual([
    { kind: 'drop-streams' },
  ]);
});

test('litter is collected beside everything but a swap, which still needs both packages; each model has its own step', () => {
  const model: ModelState = { active: slotOf(0), candidate: { package: wanted, proof, shadow }, failures: [] };
  expect(planOf(model, wanted, { hasGarbage: true })).toEqual([{ kind: 'swap', ...of }]);
  expect(planOf({ active: slotOf(0), failures: [] }, wanted, { hasGarbage: true })).toEqual([
    { kind: 'begin', ...of },
    { kind: 'collect' },
  ]);
  const both = plan({
    state: {
      format: 1,
      running: true,
      models: { old: { active: slotOf(3), failures: [] } },
      desired: { revision, models: { walker: wanted } },
    },
    known: ['walker', 'old'],
    stored: new Set(),
    hasGarbage: false,
  });
  expect(both).toEqual([
    { kind: 'go-home', model: 'old' },
    { kind: 'begin', ...of },
  ]);
});
