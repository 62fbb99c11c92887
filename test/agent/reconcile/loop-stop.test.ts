import { expect, test } from 'vitest';
import type { Step } from '../../../agent/reconcile/plan.ts';
import { fetchOf, loopOf, nextTurn, shadowOf } from './scripted-loop.ts';

test('to stop aborts what runs, waits for its end, starts nothing more, and is no failure', async () => {
  let end: () => void = () => undefined;
  const begun: string[] = [];
  const reasons: unknown[] = [];
  const { loop, list, clock, failures } = loopOf(async (step, signal) => {
    if (!('model' in step)) return;
    begun.push(step.model);
    if (step.model === 'late') throw new Error('broken');
    await new Promise<void>((resolve) => {
      end = resolve;
    });
    reasons.push(signal.reason);
    throw new Error('ended in the middle');
  });
  list.push(shadowOf('a'), fetchOf('late'));
  loop.poke();
  await nextTurn();
  expect(begun).toEqual(['a', 'late']);
  let stopped = false;
  const stopping = loop.stop().then(() => {
    stopped = true;
  });
  await nextTurn();
  expect(stopped).toBe(false);
  end();
  await stopping;
  expect(reasons).toEqual([new Error('the agent ends')]);
  expect(failures.map((f) => f.step)).toEqual([fetchOf('late')]);
  loop.poke();
  loop.retry();
  await clock.advance(600_000);
  expect(begun).toEqual(['a', 'late']);
});

test('to stop while it looks, or after a look that failed, starts nothing', async () => {
  let release: () => void = () => undefined;
  const begun: Step[] = [];
  const looking = loopOf(
    (step) => void begun.push(step),
    () =>
      new Promise<void>((resolve) => {
        release = resolve;
      }),
  );
  looking.list.push(fetchOf('a'));
  looking.loop.poke();
  await nextTurn();
  const stopping = looking.loop.stop();
  release();
  await stopping;
  await nextTurn();
  expect(begun).toEqual([]);

  let looks = 0;
  const failing = loopOf(
    () => undefined,
    () => {
      looks++;
      throw new Error('no disk');
    },
  );
  failing.loop.poke();
  await nextTurn();
  await failing.loop.stop();
  await failing.clock.advance(60_000);
  expect(looks).toBe(1);
});
