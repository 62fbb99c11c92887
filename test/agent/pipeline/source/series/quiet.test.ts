import { expect, test } from 'vitest';
import { createQuiet } from '../../../../../agent/pipeline/source/series/quiet.ts';

/** Seconds after the last sample at which the silence is told; undefined: not within `waitS`. */
function toldAfter(pausesS: readonly number[], { quietS = 600, ownRhythm = true, waitS = 100_000 } = {}) {
  let now = 5000;
  const quiet = createQuiet({ mono: () => now }, quietS * 1000, ownRhythm);
  const told: number[] = [];
  quiet.look(true);
  for (const [n, pause] of pausesS.entries()) {
    for (let s = 0; s < pause; s++) {
      if (quiet.look(false)) told.push(n);
      now += 1000 * Math.min(1, pause - s);
    }
    quiet.look(true);
  }
  for (let s = 0; s <= waitS; s++) {
    if (quiet.look(false)) return { told, after: s };
    now += 1000;
  }
  return { told, after: undefined };
}
const every = (pause: number, count = 100) => new Array<number>(count).fill(pause);

test('a series that stops is told within a few of its own pauses, and not before ten seconds', () => {
  expect(toldAfter(every(1, 600))).toEqual({ told: [], after: 10 });
  expect(toldAfter(every(0.5, 1200))).toEqual({ told: [], after: 10 });
  expect(toldAfter(every(10))).toEqual({ told: [], after: 40 });
  expect(toldAfter(every(60))).toEqual({ told: [], after: 240 });
});

test('one that is slower than the given time is not told of at each sample', () => {
  // One sample each half hour: the first pause is not known yet.
  expect(toldAfter(every(1800, 20))).toEqual({ told: [0], after: 7200 });
});

test('until a rhythm is known the given time holds, and it holds alone where somebody has set it', () => {
  expect(toldAfter([])).toEqual({ told: [], after: 600 });
  expect(toldAfter(every(1, 599))).toEqual({ told: [], after: 600 });
  expect(toldAfter(every(100, 7))).toEqual({ told: [], after: 600 });
  expect(toldAfter(every(1, 600), { quietS: 30, ownRhythm: false })).toEqual({ told: [], after: 30 });
});

test('what comes in bursts is not quick: the pause between them belongs to the rhythm', () => {
  const burst = [...every(0.2, 50), 120];
  const { told, after } = toldAfter(new Array(8).fill(burst).flat());
  expect(told).toEqual([]);
  expect(after).toBeGreaterThan(400);
  expect(after).toBeLessThanOrEqual(480);
});

test('a silence is told once, and does not become usual at once', () => {
  const { told, after } = toldAfter([...every(1, 700), 900, ...every(1, 20)]);
  expect(told).toEqual([700]);
  expect(after).toBeLessThanOrEqual(10);
});
