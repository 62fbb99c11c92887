import { expect, test } from 'vitest';
import { always, brief, start } from './handing.ts';

/** Whether a promise has resolved by now. */
async function over(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

test('waiting ends at its moment, when it is ready, or when nobody wants more; what was asked before is heard first', async () => {
  const { handover, clock, receive, queued, offer, release, sent } = await start(undefined, 1);
  const timed = handover.until(() => false, 200);
  await clock.advance(199);
  expect(await over(timed)).toBe(false);
  await clock.advance(1);
  expect(await over(timed)).toBe(true);
  expect(await over(handover.until(() => false, 200))).toBe(true);
  await offer(2);
  const idle = handover.until(handover.idle);
  expect(await over(idle)).toBe(false);
  // Something else that is heard does not end it.
  receive({ type: 'picture', request: 1, frame: 0, box: [0, 0, 1, 1], maxSide: 32 });
  expect(await over(idle)).toBe(false);
  release(0);
  expect(await over(idle)).toBe(true);
  const { frame, tensor } = sent[1] ?? expect.fail('the second frame');
  await offer(1);
  queued.push({ type: 'release', frame, tensor, quietMs: 0 });
  expect(await over(handover.until(handover.idle))).toBe(true);
  expect(brief(sent)).toHaveLength(3);
  const unwanted = handover.until(() => false);
  expect(await over(unwanted)).toBe(false);
  expect(handover.closed.aborted).toBe(false);
  receive({ type: 'finish' });
  expect(await over(unwanted)).toBe(true);
  expect(handover.closed.aborted).toBe(true);
});

test('after `finish` all that was handed over is waited for; after `close` nothing is, also when it comes later', async () => {
  const { handover, receive, offer, release } = await start(undefined, 2);
  await offer(2);
  receive({ type: 'finish' });
  const drained = handover.drain();
  release(0);
  expect(await over(drained)).toBe(false);
  release(1);
  expect(await over(drained)).toBe(true);
  const other = await start(undefined, 2);
  await other.offer(2);
  other.receive({ type: 'finish' });
  const given = other.handover.drain();
  expect(await over(given)).toBe(false);
  other.receive({ type: 'close' });
  other.receive({ type: 'finish' });
  expect(await over(given)).toBe(true);
  expect(await over(other.handover.drain())).toBe(true);
});

test('gated frames are waited for too', async () => {
  const { handover, offer, release } = await start(always('coast'), 2);
  await offer(2);
  const drained = handover.drain();
  release(1);
  expect(await over(drained)).toBe(false);
  release(0);
  expect(await over(drained)).toBe(true);
});
