import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Counting, countingState } from '../../../../../shared/engine/series/online/counting.ts';
import { Detector } from '../../../../../shared/engine/series/online/detector.ts';
import { seeded } from '../../../../support/random.ts';

const STEP_MS = 300_000;
const START = Date.UTC(2026, 0, 5);

function given(values: readonly number[], counting = new Counting()): number[] {
  return values.map((value) => counting.next(value, 1).value);
}

test('a counter gives its increase after its first 200 samples, per usual step of time, across a new beginning too', () => {
  const counting = new Counting();
  const first = given(
    Array.from({ length: 199 }, (_, i) => 3 * i),
    counting,
  );
  expect(first.at(-1)).toBe(594);
  expect(counting.from).toBeUndefined();
  expect(counting.next(597, 1)).toEqual({ value: 3, anew: true });
  expect(counting.from).toBe(597);
  expect(counting.next(609, 4)).toEqual({ value: 3, anew: false });
  expect(counting.next(1, 1)).toEqual({ value: 3, anew: false });
  expect(counting.next(6, 1)).toEqual({ value: 5, anew: false });
});

test.each<[string, (i: number) => number]>([
  ['a flat line', () => 5],
  ['a wave', (i) => Math.sin(i / 9)],
  ['a ramp that begins anew again and again', (i) => i % 20],
  ['a value that rises seldom', (i) => Math.floor(i / 5)],
  ['a value that falls once', (i) => (i === 150 ? 100 : i)],
])('%s is no counter: its values are given as they are', (_, at) => {
  const values = Array.from({ length: 600 }, (__, i) => at(i));
  expect(given(values)).toEqual(values);
});

test('a counter that goes back has a negative increase; if that comes again and again it was none', () => {
  const counting = new Counting();
  given(
    Array.from({ length: 300 }, (_, i) => 3 * i),
    counting,
  );
  expect(counting.next(700, 1)).toEqual({ value: -197, anew: false });
  const found = [650, 600, 550, 500].map((value) => counting.next(value, 1));
  expect(found.map(({ anew }) => anew)).toEqual([false, false, true, false]);
  expect(found.at(-1)?.value).toBe(500);
});

test('a restart at any sample changes nothing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -5, max: 60 }), { minLength: 1, maxLength: 500 }),
      fc.nat(499),
      (steps, cut) => {
        let sum = 0;
        const values = steps.map((step) => (sum += step));
        const whole = given(values);
        const first = new Counting();
        const head = given(values.slice(0, cut), first);
        const second = new Counting(countingState.parse(JSON.parse(JSON.stringify(first.state()))));
        expect([...head, ...given(values.slice(cut), second)]).toEqual(whole);
      },
    ),
  );
});

test('an energy meter that nobody has called a counter: its weeks are quiet, and a leak is told within an hour', () => {
  const random = seeded(4);
  const detector = new Detector(1);
  let [sum, before] = [4711, false];
  const told: number[] = [];
  const LEAK = 4000;
  for (let i = 0; i < LEAK + 60; i++) {
    sum += i < LEAK ? 8 + 2 * random() : 30;
    if (i === 2000) sum = 3;
    const { anomalous, expected } = detector.next(START + i * STEP_MS, [sum]);
    if (anomalous && !before) told.push(i);
    before = anomalous;
    const band = expected[0];
    if (i === 1900 && band) expect(band[0] < sum && sum < band[1]).toBe(true);
  }
  expect(told.filter((i) => i < LEAK)).toEqual([]);
  expect(told[0]).toBeLessThanOrEqual(LEAK + 12);
});
