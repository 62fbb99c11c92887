import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAnswerCache } from '../../../cloud-hub/inference/answer-cache.ts';
import { createLane } from '../../../cloud-hub/inference/lane.ts';
import type { ChosenModel } from '../../../cloud-hub/inference/model.ts';
import type { LookAnswer } from '../../../cloud-hub/inference/runner.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const BOUNDS = { perDevice: 8, items: 64, bytes: 1 << 20 };
const WAIT_MS = 20;

/** Pictures are numbers; each run of the model takes `runMs` of the clock. */
function laneOf({ most, runMs, cacheBytes = 0 }: { most: number; runMs: number; cacheBytes?: number }) {
  const clock = new ManualClock();
  const runs: { at: number; jpegs: number[] }[] = [];
  const answers = new Map<number, string[]>();
  let digest = 'sha256:1';
  const chosen = (): ChosenModel => ({ dir: '/', digest, name: 'm' });
  const lane = createLane<number>({
    model: { wanted: 'm:hub', get: async () => chosen() },
    looker: {
      batching: { most },
      stop: async () => undefined,
      look: (model, jpegs) =>
        new Promise((resolve) => {
          runs.push({ at: clock.mono(), jpegs: jpegs.map((one) => one[0] ?? 0) });
          const found = jpegs.map((one): LookAnswer => {
            const about = { type: 'seen' as const, labels: [], detections: [], ms: runMs, hash: '' };
            return { ...about, model: `${model.digest} ${one[0]}` };
          });
          clock.after(runMs, () => resolve(found));
        }),
    },
    cache: createAnswerCache(cacheBytes),
    ...{ bounds: BOUNDS, waitMs: WAIT_MS, clock },
    jpegOf: (item) => Uint8Array.of(item),
    isDone: async () => false,
    async answered(item, _, answer) {
      answers.set(item, [...(answers.get(item) ?? []), answer.type === 'seen' ? answer.model : answer.why]);
    },
    missing: (item, reason) => answers.set(item, [reason]),
    defect: (error) => {
      throw error;
    },
  });
  const pass = async (ms: number) => {
    // What was just offered gets its turn before time goes on.
    await clock.advance(0);
    await clock.advance(ms);
  };
  const move = (to: string) => {
    digest = to;
  };
  return { lane, clock, runs, answers, pass, move };
}

test('each that is admitted gets one answer; runs are no larger than they may, and none waits longer for company', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 3 })), {
        minLength: 1,
        maxLength: 30,
      }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 50 }),
      async (arrivals, most, runMs) => {
        const { lane, clock, runs, answers, pass } = laneOf({ most, runMs });
        const came = new Map<number, number>();
        for (const [index, [gap, device]] of arrivals.entries()) {
          await pass(gap);
          if (lane.offer(`d${device}`, 1, index) === undefined) came.set(index, clock.mono());
        }
        await pass(arrivals.length * (runMs + WAIT_MS) + 10);
        await lane.drained();
        expect([...answers.keys()].toSorted((a, b) => a - b)).toEqual([...came.keys()]);
        for (const [item, found] of answers) expect(found).toEqual([`sha256:1 ${item}`]);
        let free = 0;
        for (const { at, jpegs } of runs) {
          expect(jpegs.length).toBeLessThanOrEqual(most);
          // From the moment at which the first of them could run.
          const ready = Math.max(free, Math.min(...jpegs.map((item) => came.get(item) ?? 0)));
          expect(at - ready).toBeLessThanOrEqual(most === 1 ? 0 : WAIT_MS);
          free = at + runMs;
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('a full batch does not wait', async () => {
  const { lane, runs, pass } = laneOf({ most: 3, runMs: 5 });
  for (const item of [1, 2, 3]) lane.offer('d', 1, item);
  await pass(1);
  expect(runs).toEqual([{ at: 0, jpegs: [1, 2, 3] }]);
});

test('who would wait longer than a minute is not admitted, and is told how long', async () => {
  const { lane, pass } = laneOf({ most: 1, runMs: 20_000 });
  expect(lane.offer('a', 1, 1)).toBeUndefined();
  await pass(20_001);
  const admitted = [2, 3, 4, 5, 6, 7].map((item) => lane.offer('a', 1, item));
  // One is at work, three wait for a minute.
  expect(admitted.map((waitS) => waitS === undefined)).toEqual([true, true, true, true, true, false]);
  expect(admitted.at(-1)).toBeGreaterThanOrEqual(60);
});

test('the same picture is looked at once, also in one run; a moved alias is asked anew', async () => {
  const { lane, runs, answers, pass, move } = laneOf({ most: 4, runMs: 5, cacheBytes: 1 << 20 });
  for (const device of ['a', 'b']) lane.offer(device, 1, 7);
  await pass(40);
  lane.offer('c', 1, 7);
  await pass(40);
  expect(runs.map(({ jpegs }) => jpegs)).toEqual([[7]]);
  move('sha256:2');
  lane.offer('c', 1, 7);
  await pass(40);
  expect(runs.map(({ jpegs }) => jpegs)).toEqual([[7], [7]]);
  expect(answers.get(7)).toEqual(['sha256:1 7', 'sha256:1 7', 'sha256:1 7', 'sha256:2 7']);
});
