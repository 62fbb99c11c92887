import { expect, test } from 'vitest';
import { Hindrance } from '../../../agent/models/outcome.ts';
import { createLoop, type Executors } from '../../../agent/reconcile/loop.ts';
import type { Step } from '../../../agent/reconcile/plan.ts';
import { type DesiredModel, desiredModel } from '../../../shared/contract/messages/desired.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const wanted: DesiredModel = desiredModel.parse({
  name: 'walker',
  version: '1.0.0',
  digest: `sha256:${'0'.repeat(64)}`,
  bytes: 1,
  target: 'x',
});
const fetchOf = (model: string): Step => ({ kind: 'fetch', model, package: wanted });
const shadowOf = (model: string): Step => ({ kind: 'shadow', model, package: wanted });
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A loop whose plan is a list that a test changes; a step takes itself out of it when it is done. */
function loopOf(run: (step: Step, signal: AbortSignal) => Promise<void> | void) {
  const clock = new ManualClock();
  const list: Step[] = [];
  const failures: { step: Step; error: unknown; retryMs: number }[] = [];
  const execute = async (step: Step, signal: AbortSignal) => {
    await run(step, signal);
    list.splice(list.indexOf(step), 1);
  };
  const kinds: Step['kind'][] = [
    'take-streams',
    'drop-streams',
    'forget-failures',
    'refuse',
    'drop-candidate',
    'begin',
  ];
  kinds.push('fetch', 'prove', 'shadow', 'swap', 'restore', 'go-home', 'roll-back', 'confirm', 'collect');
  const executors = Object.fromEntries(kinds.map((kind) => [kind, execute])) as unknown as Executors;
  const loop = createLoop({
    plan: async () => [...list],
    executors,
    onFailed: (step, error, retryMs) => failures.push({ step, error, retryMs }),
    onUnplanned: (error) => {
      throw error;
    },
    clock,
  });
  return { loop, list, clock, failures };
}

test('steps of different lanes run beside each other, those of one lane one after the other', async () => {
  const running = new Set<string>();
  const most: string[] = [];
  const open: (() => void)[] = [];
  const { loop, list } = loopOf(async (step) => {
    if (!('model' in step)) return;
    running.add(`${step.kind} ${step.model}`);
    most.push([...running].toSorted().join());
    await new Promise<void>((resolve) => open.push(resolve));
    running.delete(`${step.kind} ${step.model}`);
  });
  list.push(fetchOf('a'), fetchOf('b'), shadowOf('a'), shadowOf('b'));
  loop.poke();
  await settle();
  expect([...running].toSorted()).toEqual(['fetch a', 'fetch b', 'shadow a']);
  for (let i = 0; i < 5; i++) {
    open.shift()?.();
    await settle();
  }
  expect(most.every((at) => !(at.includes('shadow a') && at.includes('shadow b')))).toBe(true);
  expect(list).toEqual([]);
  await loop.stop();
});

test('a step that is not planned any more is aborted, and the next of its lane begins', async () => {
  const aborted: string[] = [];
  const { loop, list, failures } = loopOf(async (step, signal) => {
    if (!('model' in step) || step.model !== 'a') return;
    await new Promise<void>((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        aborted.push(step.kind);
        reject(signal.reason);
      });
    });
  });
  list.push(shadowOf('a'), shadowOf('b'));
  loop.poke();
  await settle();
  list.shift();
  loop.poke();
  await settle();
  await settle();
  expect(aborted).toEqual(['shadow']);
  expect(list).toEqual([]);
  expect(failures).toEqual([]);
  await loop.stop();
});

test('a hindrance is tried again after a while, later than it asks at the earliest, and at once when asked', async () => {
  let tries = 0;
  const { loop, list, clock, failures } = loopOf(() => {
    tries++;
    throw new Hindrance('busy', 30_000);
  });
  list.push(fetchOf('a'));
  loop.poke();
  await settle();
  expect(tries).toBe(1);
  expect(failures[0]?.retryMs).toBe(30_000);
  loop.poke();
  await clock.advance(29_000);
  expect(tries).toBe(1);
  await clock.advance(2_000);
  await settle();
  expect(tries).toBe(2);
  loop.retry();
  await settle();
  expect(tries).toBe(3);
  await loop.stop();
});
