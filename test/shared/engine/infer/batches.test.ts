import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBatches } from '../../../../shared/engine/infer/batches.ts';
import type { OutputTensor } from '../../../../shared/engine/infer/session.ts';
import { systemClock } from '../../../../shared/kit/clock.ts';

/** Doubles each value, into the same memory each time, and notes how many inputs each run had. */
function doubling() {
  const runs: number[] = [];
  const memory = new Float32Array(1024);
  return {
    runs,
    async run(input: Float32Array, shape: readonly number[]): Promise<readonly OutputTensor[]> {
      await new Promise((resolve) => setImmediate(resolve));
      runs.push(shape[0] ?? 0);
      if (input.includes(-1)) throw new Error('poison');
      memory.set(input.map((v) => v * 2));
      return [{ name: 'y', data: memory.subarray(0, input.length), shape }];
    },
  };
}

const first = (outputs: readonly OutputTensor[]) => [...(outputs[0]?.data ?? [])];

test('each input gets what it would have got alone, whoever came with it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 99 })), { maxLength: 20 }),
      fc.integer({ min: 1, max: 5 }),
      async (inputs, most) => {
        const session = doubling();
        const batches = createBatches(session, { shape: [1, 2], most, clock: systemClock });
        const found = await Promise.all(inputs.map((input) => batches.run(Float32Array.from(input), first)));
        expect(found.map(({ value }) => value)).toEqual(inputs.map(([a, b]) => [2 * a, 2 * b]));
        expect(Math.max(0, ...session.runs)).toBeLessThanOrEqual(most);
        expect(session.runs.reduce((a, b) => a + b, 0)).toBe(inputs.length);
      },
    ),
    { numRuns: 50 },
  );
});

test('what is asked at one time, or during a run, goes into the next together; who comes alone does not wait', async () => {
  const session = doubling();
  const batches = createBatches(session, { shape: [1, 1], most: 4, clock: systemClock });
  await Promise.all([1, 2, 3, 4, 5, 6].map((v) => batches.run(Float32Array.of(v), first)));
  expect(session.runs).toEqual([4, 2]);
  const alone = batches.run(Float32Array.of(1), first);
  await Promise.resolve();
  await Promise.all([alone, ...[2, 3, 4].map((v) => batches.run(Float32Array.of(v), first))]);
  expect(session.runs).toEqual([4, 2, 1, 3]);
});

test('a run that fails fails for all of it; what refuses its own outputs fails alone; the next run is served', async () => {
  const session = doubling();
  const batches = createBatches(session, { shape: [1, 1], most: 4, clock: systemClock });
  const refuse = () => {
    throw new Error('not mine');
  };
  const alone = batches.run(Float32Array.of(1), refuse);
  await Promise.resolve();
  const results = await Promise.allSettled([
    alone,
    batches.run(Float32Array.of(2), first),
    batches.run(Float32Array.of(-1), first),
  ]);
  expect(results.map((r) => (r.status === 'rejected' ? String(r.reason) : r.value.value))).toEqual([
    'Error: not mine',
    'Error: poison',
    'Error: poison',
  ]);
  await expect(batches.run(Float32Array.of(3), first)).resolves.toMatchObject({ value: [6] });
});
