import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Actual, limits, plan, type Step } from '../../../agent/reconcile/plan.ts';
import { fresh, startingState, withFailure } from '../../../agent/reconcile/start.ts';
import type { DeviceState, ModelState, Slot } from '../../../agent/reconcile/state.ts';
import { digestOf, packageOf, slotOf } from './slots.ts';

const revision = digestOf(999);

/** Packages 1 to 4; 0 is the one of agent.yaml. */
const slots = fc.oneof(
  fc.constant(slotOf(0)),
  fc
    .record({
      n: fc.integer({ min: 1, max: 4 }),
      crashes: fc.integer({ min: 0, max: 4 }),
      serviceMs: fc.constantFrom(0, 1e9),
    })
    .map(({ n, crashes, serviceMs }) => slotOf(n, { serviceMs, probation: { crashes, maxErrorRate: 0.01 } })),
);
const models: fc.Arbitrary<ModelState> = fc
  .record({
    active: fc.option(slots, { nil: undefined }),
    previous: fc.option(slots, { nil: undefined }),
    candidate: fc.option(
      fc.integer({ min: 1, max: 4 }).map((n) => ({ package: packageOf(n) })),
      { nil: undefined },
    ),
    failed: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
  })
  .map(({ active, previous, candidate, failed }) => ({
    ...(active ? { active } : {}),
    ...(previous ? { previous } : {}),
    ...(candidate ? { candidate } : {}),
    failures: failed.map((n) => ({
      name: 'walker',
      version: `${n}.0.0`,
      digest: digestOf(n),
      stage: 'proof' as const,
      reason: 'x',
    })),
  }));
const actuals: fc.Arbitrary<Actual> = fc
  .record({
    model: models,
    wanted: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    stored: fc.uniqueArray(fc.integer({ min: 1, max: 4 })),
    known: fc.boolean(),
    shadowFrames: fc.constantFrom(0, 10),
  })
  .map(({ model, wanted, stored, known, shadowFrames }) => ({
    state: {
      format: 1,
      running: true,
      models: { walker: model },
      desired: { revision, models: wanted === undefined ? {} : { walker: packageOf(wanted, shadowFrames) } },
    },
    known: known ? ['walker'] : [],
    stored: new Set(stored.map(digestOf)),
    hasGarbage: false,
  }));

/** What the executors do, when all goes well. */
function carryOut(actual: Actual, step: Step): Actual {
  const { state } = actual;
  const set = (model: ModelState): Actual => ({
    ...actual,
    state: { ...state, models: { ...state.models, walker: model } },
  });
  const model = state.models.walker ?? { failures: [] };
  const { active, previous, candidate, failures } = model;
  const after = (next: Slot | undefined): ModelState => ({
    ...(next ? { active: next } : {}),
    ...(active ? { previous: active } : {}),
    failures,
  });
  switch (step.kind) {
    case 'forget-failures':
      return set({ ...model, failures: failures.filter((f) => f.digest === step.keep) });
    case 'refuse':
      return set({
        ...model,
        failures: [
          { name: 'walker', version: '1', digest: step.package.digest, stage: 'desired', reason: step.reason },
        ],
      });
    case 'drop-candidate': {
      const { candidate: _gone, ...rest } = model;
      return set(rest);
    }
    case 'begin':
      return set({ ...model, candidate: { package: step.package } });
    case 'fetch':
      return { ...actual, stored: new Set([...actual.stored, step.package.digest]) };
    case 'prove':
      return set({
        ...model,
        candidate: {
          package: step.package,
          proof: { golden: { samples: 0, passed: 0 }, variants: [], chosen: 'fp32' },
        },
      });
    case 'shadow':
      return candidate ? set({ ...model, candidate: { ...candidate, shadow: { frames: 1 } as never } }) : actual;
    case 'swap':
      return set(after({ ...slotOf(1), digest: step.package.digest, probation: { crashes: 0, maxErrorRate: 0 } }));
    case 'restore':
      return set(after(previous && fresh(previous)));
    case 'go-home':
      return set(after(slotOf(0)));
    case 'roll-back':
      return set({
        active:
          previous && (previous.digest === undefined || actual.stored.has(previous.digest))
            ? fresh(previous)
            : slotOf(0),
        failures: active ? withFailure(model, active, step.reason) : failures,
      });
    case 'confirm':
      return set({ ...model, ...(active ? { active: { ...active, probation: undefined } as Slot } : {}) });
    case 'collect':
    case 'take-streams':
    case 'drop-streams':
      return actual;
  }
}

test('carried out, the steps end, and then the device runs what is wanted, or has said why it does not', () => {
  fc.assert(
    fc.property(actuals, (start) => {
      let actual = start;
      const taken: string[] = [];
      for (let steps = plan(actual); steps.length > 0; steps = plan(actual)) {
        const [step] = steps;
        if (!step) break;
        taken.push(step.kind);
        expect(taken.length, taken.join()).toBeLessThan(20);
        actual = carryOut(actual, step);
      }
      const model = actual.state.models.walker;
      const wanted = actual.state.desired?.models.walker?.digest;
      const gaveUp = model?.failures.some((f) => f.digest === wanted) ?? false;
      if (!gaveUp) expect(model?.active?.digest).toBe(wanted);
      expect(model?.candidate).toBeUndefined();
    }),
    { numRuns: 500 },
  );
});

test('a package takes over only when it is here, proven, and compared where that is asked for; one that failed never again', () => {
  fc.assert(
    fc.property(actuals, (actual) => {
      const model = actual.state.models.walker;
      for (const step of plan(actual)) {
        if (step.kind !== 'swap') continue;
        expect(actual.stored).toContain(step.package.digest);
        expect(model?.candidate?.proof).toBeDefined();
        if (step.package.proof.shadowFrames > 0) expect(model?.candidate?.shadow).toBeDefined();
        expect(model?.failures.map((f) => f.digest)).not.toContain(step.package.digest);
      }
    }),
    { numRuns: 500 },
  );
});

test('a package on probation whose runner keeps ending is taken back before anything else', () => {
  const state: DeviceState = {
    format: 1,
    running: true,
    models: {
      walker: {
        active: slotOf(2, { probation: { crashes: limits.crashes, maxErrorRate: 0 } }),
        candidate: { package: packageOf(3) },
        previous: slotOf(1),
        failures: [],
      },
    },
    desired: { revision, models: { walker: packageOf(3) } },
  };
  const actual = { state, known: ['walker'], stored: new Set<string>(), hasGarbage: false };
  expect(plan(actual)).toEqual([
    { kind: 'roll-back', model: 'walker', digest: digestOf(2), reason: 'its runner ended 3 times since it took over' },
  ]);
});

test('errors count as a rate, and only over enough frames; crashes are not counted twice', () => {
  const steps = (frames: number, errors: number, crashes = 0) => {
    const active = slotOf(2, { frames, errors, probation: { crashes, maxErrorRate: 0.01 } });
    const state: DeviceState = {
      format: 1,
      running: true,
      models: { walker: { active, failures: [] } },
      desired: { revision, models: { walker: packageOf(2) } },
    };
    return plan({ state, known: ['walker'], stored: new Set(), hasGarbage: false }).map((s) => s.kind);
  };
  expect(steps(10, 10)).toEqual([]);
  expect(steps(100, 1)).toEqual([]);
  expect(steps(100, 2)).toEqual(['roll-back']);
  expect(steps(100, 2, 2)).toEqual([]);
});

const found = { homes: new Map([['walker', slotOf(0)]]) };

test('whatever a crash has left, a start runs a package that is whole, or the one of agent.yaml', () => {
  fc.assert(
    fc.property(models, fc.uniqueArray(fc.integer({ min: 1, max: 4 })), fc.boolean(), (model, here, running) => {
      const whole = new Set(here.map(digestOf));
      const started = startingState({ format: 1, running, models: { walker: model } }, { ...found, whole });
      const { active, previous } = started.models.walker ?? {};
      for (const slot of [active, previous]) if (slot?.digest !== undefined) expect(whole).toContain(slot.digest);
      expect(active).toBeDefined();
      expect(active?.probation?.crashes ?? 0).toBeLessThan(limits.crashes);
      expect(started.running).toBe(true);
    }),
  );
});

test('runs without an orderly end count against a package on probation, and no others', () => {
  const after = (running: boolean, probation: boolean) => {
    const active = slotOf(2, probation ? { probation: { crashes: limits.crashes - 1, maxErrorRate: 0 } } : {});
    const state: DeviceState = {
      format: 1,
      running,
      models: { walker: { active, previous: slotOf(1), failures: [] } },
    };
    return startingState(state, { ...found, whole: new Set([digestOf(1), digestOf(2)]) }).models.walker;
  };
  expect(after(false, true)?.active?.digest).toBe(digestOf(2));
  expect(after(true, false)?.active?.digest).toBe(digestOf(2));
  expect(after(true, true)?.active?.digest).toBe(digestOf(1));
  expect(after(true, true)?.failures).toMatchObject([{ digest: digestOf(2), stage: 'service' }]);
});
