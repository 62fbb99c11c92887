import { expect, test } from 'vitest';
import { Hindrance } from '../../../agent/models/outcome.ts';
import type { Step } from '../../../agent/reconcile/plan.ts';
import { fetchOf, loopOf, nextTurn, shadowOf } from './scripted-loop.ts';

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
  await nextTurn();
  expect([...running].toSorted()).toEqual(['fetch a', 'fetch b', 'shadow a']);
  for (let i = 0; i < 5; i++) {
    open.shift()?.();
    await nextTurn();
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
  await nextTurn();
  list.shift();
  loop.poke();
  await nextTurn();
  await nextTurn();
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
  await nextTurn();
  expect(tries).toBe(1);
  expect(failures[0]?.retryMs).toBe(30_000);
  loop.poke();
  await clock.advance(29_000);
  expect(tries).toBe(1);
  await clock.advance(2_000);
  await nextTurn();
  expect(tries).toBe(2);
  loop.retry();
  await nextTurn();
  expect(tries).toBe(3);
  await loop.stop();
});

test('a hindrance that asks for hardly any wait does not make the loop spin: it waits longer each time all the same', async () => {
  const { loop, list, clock, failures } = loopOf(() => {
    throw new Hindrance('busy', 1);
  });
  list.push(fetchOf('a'));
  loop.poke();
  await nextTurn();
  for (let i = 0; i < 4; i++) await clock.advance(40_000);
  expect(failures.length).toBeGreaterThanOrEqual(5);
  for (const [i, { retryMs }] of failures.slice(0, 5).entries()) expect(retryMs).toBeGreaterThanOrEqual(2000 * 2 ** i);
  await loop.stop();
});

test('a step that keeps failing waits longer each time, up to five minutes; one that got through begins anew', async () => {
  let fails = true;
  const { loop, list, clock, failures } = loopOf(() => {
    if (fails) throw new Error('broken');
  });
  list.push(fetchOf('a'));
  loop.poke();
  await nextTurn();
  for (let i = 0; i < 9; i++) await clock.advance(300_000);
  const waits = failures.map((f) => f.retryMs);
  for (const [i, ms] of waits.slice(0, 7).entries()) {
    expect(ms).toBeGreaterThanOrEqual(2000 * 2 ** i);
    expect(ms).toBeLessThanOrEqual(4000 * 2 ** i);
  }
  expect(Math.max(...waits)).toBeLessThanOrEqual(300_000);
  expect(waits.at(-1)).toBeGreaterThanOrEqual(150_000);
  fails = false;
  await clock.advance(300_000);
  expect(list).toEqual([]);
  // A second episode of the same step.
  fails = true;
  const before = failures.length;
  list.push(fetchOf('a'));
  loop.poke();
  await nextTurn();
  expect(failures[before]?.retryMs).toBeLessThanOrEqual(4000);
  await loop.stop();
});

test('a step that got through and has more to do begins anew too', async () => {
  let tries = 0;
  const { loop, list, clock, failures } = loopOf(() => {
    tries++;
    if (tries !== 6) throw new Error('broken');
    // There is more of the same to do.
    list.push(fetchOf('a'));
  });
  list.push(fetchOf('a'));
  loop.poke();
  await nextTurn();
  for (let i = 0; i < 5; i++) await clock.advance(300_000);
  await nextTurn();
  expect(tries).toBeGreaterThanOrEqual(7);
  expect(failures[4]?.retryMs).toBeGreaterThanOrEqual(2000 * 2 ** 4);
  expect(failures[5]?.retryMs).toBeLessThanOrEqual(4000);
  await loop.stop();
});

test('a step that waits holds up no other, and is forgotten with its waiting when it is not planned any more', async () => {
  const done: string[] = [];
  const { loop, list, clock, failures } = loopOf((step) => {
    if (!('model' in step)) return;
    if (step.model === 'bad') throw new Error('broken');
    done.push(step.model);
  });
  list.push(shadowOf('bad'), shadowOf('good'));
  loop.poke();
  await nextTurn();
  await nextTurn();
  expect(done).toEqual(['good']);
  expect(failures).toHaveLength(1);
  const [bad] = list.splice(0);
  loop.poke();
  await nextTurn();
  // It comes back before its time was over: it is new, and tried at once.
  if (bad) list.push(bad);
  loop.poke();
  await nextTurn();
  expect(failures).toHaveLength(2);
  expect(failures[1]?.retryMs).toBeLessThanOrEqual(4000);
  await clock.advance(1000);
  expect(failures).toHaveLength(2);
  await loop.stop();
});

test('when it cannot be found out what is, that is told and tried again, by itself and when poked, once each', async () => {
  let isBroken = true;
  let looks = 0;
  const done: Step[] = [];
  const { loop, list, clock, unplanned } = loopOf(
    (step) => void done.push(step),
    () => {
      looks++;
      if (isBroken) throw new Error('no disk');
    },
  );
  list.push(fetchOf('a'));
  loop.poke();
  await nextTurn();
  expect(unplanned).toEqual([new Error('no disk')]);
  await clock.advance(3999);
  expect(unplanned).toHaveLength(1);
  await clock.advance(1);
  expect(unplanned).toHaveLength(2);
  isBroken = false;
  loop.poke();
  await nextTurn();
  expect(done).toEqual([fetchOf('a')]);
  expect(list).toEqual([]);
  // What was to wake it has been cancelled.
  const before = looks;
  await clock.advance(60_000);
  expect(looks).toBe(before);
  await loop.stop();
});

test('pokes while it looks make it look once more, not once each', async () => {
  let looks = 0;
  let release: () => void = () => undefined;
  const { loop } = loopOf(
    () => undefined,
    () => {
      looks++;
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    },
  );
  loop.poke();
  await nextTurn();
  for (let i = 0; i < 5; i++) loop.poke();
  expect(looks).toBe(1);
  release();
  await nextTurn();
  expect(looks).toBe(2);
  release();
  await nextTurn();
  await nextTurn();
  expect(looks).toBe(2);
  await loop.stop();
});

test.each<[string, (loop: ReturnType<typeof loopOf>) => Promise<void> | void]>([
  ['asked to try at once', ({ loop }) => loop.retry()],
  [
    'not wanted for a while',
    async ({ loop, list }) => {
      const [step] = list.splice(0);
      loop.poke();
      await nextTurn();
      if (step) list.push(step);
      loop.poke();
    },
  ],
])('a wait that is over because the step was %s does not cut the next one short', async (_, happens) => {
  const tries: number[] = [];
  const looping = loopOf(() => {
    tries.push(looping.clock.mono());
    throw new Hindrance('busy', 10_000);
  });
  const { loop, list, clock } = looping;
  list.push(fetchOf('a'));
  loop.poke();
  await nextTurn();
  await clock.advance(6000);
  await happens(looping);
  await nextTurn();
  expect(tries).toEqual([0, 6000]);
  await clock.advance(9999);
  expect(tries).toHaveLength(2);
  await clock.advance(1);
  expect(tries).toEqual([0, 6000, 16_000]);
  await loop.stop();
});
