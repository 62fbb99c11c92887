import { expect, test } from 'vitest';
import { singleFlight } from '../../../shared/kit/single-flight.ts';

test('those who ask while it runs share its result or its failure; the next who asks begins anew', async () => {
  let runs = 0;
  const ends: { resolve(n: number): void; reject(error: Error): void }[] = [];
  const ask = singleFlight(() => {
    runs++;
    return new Promise<number>((resolve, reject) => ends.push({ resolve, reject }));
  });
  const first = [ask(), ask(), ask()];
  expect(runs).toBe(1);
  ends[0]?.resolve(7);
  expect(await Promise.all(first)).toEqual([7, 7, 7]);
  const second = [ask(), ask()];
  expect(runs).toBe(2);
  ends[1]?.reject(new Error('no'));
  expect(await Promise.allSettled(second)).toMatchObject([
    { reason: { message: 'no' } },
    { reason: { message: 'no' } },
  ]);
  const third = ask();
  expect(runs).toBe(3);
  ends[2]?.resolve(1);
  expect(await third).toBe(1);
});
