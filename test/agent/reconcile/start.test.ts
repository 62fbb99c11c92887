import { expect, test } from 'vitest';
import { limits } from '../../../agent/reconcile/plan.ts';
import { fresh, startingState, withFailure } from '../../../agent/reconcile/start.ts';
import type { ModelState, Slot } from '../../../agent/reconcile/state.ts';
import { desiredModel } from '../../../shared/contract/messages/desired.ts';
import { digestOf } from './slots.ts';

const proof = { golden: { samples: 1, passed: 1 }, variants: [], chosen: 'fp32' };
const slotOf = (n: number, more: Partial<Slot> = {}): Slot => ({
  name: 'walker',
  version: `${n}.0.0`,
  ...(n === 0 ? {} : { digest: digestOf(n) }),
  serviceMs: 70,
  frames: 8,
  errors: 9,
  ...more,
});
const home = slotOf(0, { serviceMs: 0, frames: 0, errors: 0 });
const started = (model: ModelState, { running = false, whole = [1, 2, 3], homes = [home] } = {}) =>
  startingState(
    { format: 1, running, models: { walker: model } },
    { whole: new Set(whole.map(digestOf)), homes: new Map(homes.map((slot) => ['walker', slot])) },
  ).models.walker;
const onProbation = (n: number, crashes: number) => slotOf(n, { proof, probation: { crashes, maxErrorRate: 0.5 } });

test('what is whole stays as it is, with its figures, its probation and the way back', () => {
  const model: ModelState = {
    active: onProbation(2, 1),
    previous: slotOf(1),
    candidate: { package: desiredModel.parse({ ...slotOf(3), bytes: 1, target: 'x' }) },
    failures: [{ name: 'walker', version: '9', stage: 'proof', reason: 'x' }],
  };
  expect(started(model)).toEqual(model);
  // The last run had no orderly end.
  expect(started(model, { running: true })).toEqual({ ...model, active: onProbation(2, 2) });
});

test('a package that the disk has spoiled gives way to the one before, whose figures begin anew, or to that of agent.yaml', () => {
  const model: ModelState = { active: slotOf(2), previous: slotOf(1, { proof }), failures: [] };
  expect(started(model, { whole: [1] })).toEqual({
    active: { name: 'walker', version: '1.0.0', digest: digestOf(1), serviceMs: 0, frames: 0, errors: 0, proof },
    failures: [],
  });
  expect(started(model, { whole: [] })).toEqual({ active: home, failures: [] });
  expect(started({ ...model, previous: slotOf(0) }, { whole: [] })).toEqual({ active: home, failures: [] });
  expect(started({ active: slotOf(2), failures: [] }, { whole: [] })).toEqual({ active: home, failures: [] });
  // Only the way back is spoiled.
  expect(started(model, { whole: [2] })).toEqual({ active: slotOf(2), failures: [] });
  // Nothing is left that could answer.
  expect(started(model, { whole: [], homes: [] })).toEqual({ failures: [] });
});

test('one that has had too many ends without order is taken back at the start, with the reason', () => {
  const model: ModelState = { active: onProbation(2, limits.crashes - 1), previous: slotOf(1), failures: [] };
  expect(started(model, { running: false })?.active).toEqual(model.active);
  const back = started(model, { running: true });
  expect(back).toEqual({
    active: fresh(slotOf(1)),
    failures: [
      {
        name: 'walker',
        version: '2.0.0',
        digest: digestOf(2),
        stage: 'service',
        reason: 'the agent or its runner ended 3 times since it took over',
        proof,
      },
    ],
  });
  // The way back is spoiled too.
  expect(started(model, { running: true, whole: [2] })?.active).toEqual(home);
  // A spoiled one with too many crashes has failed in service all the same.
  expect(started(model, { running: true, whole: [1] })).toEqual(back);
});

test('the package of agent.yaml keeps its figures until it is another one, and keeps the way back', () => {
  const known = slotOf(0);
  expect(started({ active: known, previous: slotOf(1), failures: [] })).toEqual({
    active: known,
    previous: slotOf(1),
    failures: [],
  });
  expect(started({ active: known, previous: slotOf(1), failures: [] }, { whole: [] })).toEqual({
    active: known,
    failures: [],
  });
  const replaced = { ...home, version: '0.0.1' };
  expect(started({ active: known, failures: [] }, { homes: [replaced] })?.active).toEqual(replaced);
  const renamed = { ...home, name: 'runner' };
  expect(started({ active: known, failures: [] }, { homes: [renamed] })?.active).toEqual(renamed);
  expect(started({ active: known, failures: [] }, { homes: [] })).toEqual({ failures: [] });
  expect(started({ failures: [] })).toEqual({ active: home, failures: [] });
});

test('models that are new in agent.yaml are begun with its package, those that are gone stay remembered', () => {
  const state = startingState(
    { format: 1, running: false, models: { gone: { active: slotOf(1), failures: [] } } },
    { whole: new Set([digestOf(1)]), homes: new Map([['walker', home]]) },
  );
  expect(state).toEqual({
    format: 1,
    running: true,
    models: { gone: { active: slotOf(1), failures: [] }, walker: { active: home, failures: [] } },
  });
});

test('a fresh slot keeps who it is and how it got in, and nothing of what it did', () => {
  const shadow = { frames: 7 } as never;
  const full = slotOf(2, {
    variant: 'int8',
    proof,
    shadow,
    latencyMs: { p50: 1, p95: 2 },
    scores: new Array<number>(10).fill(3),
    probation: { crashes: 2, maxErrorRate: 1 },
  });
  expect(fresh(full)).toEqual({
    name: 'walker',
    version: '2.0.0',
    digest: digestOf(2),
    variant: 'int8',
    serviceMs: 0,
    frames: 0,
    errors: 0,
    proof,
    shadow,
  });
  expect(fresh(slotOf(0))).toEqual(home);
});

test('of a digest one failure is kept, the newest last, and of all the last eight; a long reason is cut', () => {
  const of = (n: number, reason = 'x') => ({
    name: 'walker',
    version: `${n}.0.0`,
    digest: digestOf(n),
    stage: 'proof' as const,
    reason,
  });
  const old = [of(1), of(2), of(3), of(4), of(5), of(6), of(7), of(8)];
  const again = withFailure({ failures: old }, slotOf(3), 'y'.repeat(3000));
  expect(again.map((f) => f.version)).toEqual(['1.0.0', '2.0.0', '4.0.0', '5.0.0', '6.0.0', '7.0.0', '8.0.0', '3.0.0']);
  expect(again.at(-1)).toEqual({ ...of(3, 'y'.repeat(2048)), stage: 'service' });
  expect(withFailure({ failures: old }, slotOf(9), 'y').map((f) => f.version)).toEqual([
    '2.0.0',
    '3.0.0',
    '4.0.0',
    '5.0.0',
    '6.0.0',
    '7.0.0',
    '8.0.0',
    '9.0.0',
  ]);
  const shadow = { frames: 7 } as never;
  expect(withFailure({ failures: [] }, slotOf(0, { shadow }), 'y')).toEqual([
    { name: 'walker', version: '0.0.0', stage: 'service', reason: 'y', shadow },
  ]);
});
