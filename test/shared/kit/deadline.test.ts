import { expect, test } from 'vitest';
import type { Cancel } from '../../../shared/kit/clock.ts';
import { inTime } from '../../../shared/kit/deadline.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** Counts what is still waited for. */
class CountingClock extends ManualClock {
  open = 0;
  override after(ms: number, run: () => void): Cancel {
    this.open++;
    const cancel = super.after(ms, () => {
      this.open--;
      run();
    });
    return () => {
      this.open--;
      cancel();
    };
  }
}

function promise() {
  let resolve: (value: string) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const made = new Promise<string>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { made, resolve, reject };
}

test('what comes in time is given, and so is its failure; nothing is left waiting', async () => {
  const clock = new CountingClock();
  const [good, bad] = [promise(), promise()];
  const waiting = [inTime(clock, 100, good.made, () => 'late'), inTime(clock, 100, bad.made, () => 'late')];
  expect(clock.open).toBe(2);
  await clock.advance(99);
  good.resolve('there');
  bad.reject(new Error('broken'));
  expect(await Promise.allSettled(waiting)).toMatchObject([{ value: 'there' }, { reason: { message: 'broken' } }]);
  expect(clock.open).toBe(0);
});

test('after the deadline `late` decides, by a value or by throwing; what comes later changes nothing and harms nobody', async () => {
  const clock = new CountingClock();
  const [a, b, c] = [promise(), promise(), promise()];
  let calls = 0;
  const value = inTime(clock, 100, a.made, () => ++calls);
  const thrown = inTime(clock, 100, b.made, () => {
    throw new RangeError('too late');
  });
  const forgotten = inTime(clock, 100, c.made, () => undefined);
  const settled = Promise.allSettled([value, thrown, forgotten]);
  await clock.advance(100);
  a.resolve('there');
  b.reject(new Error('a failure that nobody hears of'));
  c.reject(new Error('another'));
  expect(await settled).toMatchObject([
    { value: 1 },
    { reason: new RangeError('too late') },
    { status: 'fulfilled', value: undefined },
  ]);
  await clock.advance(1000);
  expect(calls).toBe(1);
});
