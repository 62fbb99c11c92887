import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Detector } from '../../../../../shared/engine/series/online/detector.ts';
import { Frozen, frozenState } from '../../../../../shared/engine/series/online/frozen.ts';
import { seeded } from '../../../../support/random.ts';

const START = Date.UTC(2026, 0, 5);
const STEP_MS = 300_000;
const PER_DAY = 288;

/** Where runs are called frozen, and for how many samples each. */
function runsOf(values: readonly number[], frozen = new Frozen()): (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (const [i, value] of values.entries()) {
    const said = frozen.next(value);
    if (said === 'begins') found.push([i, 1]);
    const last = found.at(-1);
    if (said === 'lasts' && last) last[1]++;
  }
  return found;
}

const moving = (count: number) => Array.from({ length: count }, (_, i) => i % 7);
const still = (count: number) => new Array<number>(count).fill(99);

test('a series that moves freezes after sixty equal values, until it moves again', () => {
  expect(runsOf([...moving(300), ...still(100), ...moving(10)])).toEqual([[360, 40]]);
});

test('what has hardly moved cannot freeze, nor what stands as long as it often does', () => {
  expect(runsOf([...moving(150), ...still(500)])).toEqual([]);
  const pump = Array.from({ length: 20 }, () => [...moving(20), ...still(40)]).flat();
  expect(runsOf([...pump, ...moving(5), ...still(120)])).toEqual([]);
  expect(runsOf([...pump, ...moving(5), ...still(200)])).toHaveLength(1);
});

test('one long stop does not hide the next; after two of them they are usual', () => {
  const stops = Array.from({ length: 4 }, () => [...moving(300), ...still(100)]).flat();
  expect(runsOf(stops).map(([at]) => at)).toEqual([360, 760]);
});

test('a stop that does not end is as usual after 2,000 samples', () => {
  expect(runsOf([...moving(300), ...still(5000)])).toEqual([[360, 2000]]);
});

test('a restart at any sample changes nothing', () => {
  const value = fc.integer({ min: 0, max: 2 });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 600 }), fc.nat(599), (some, cut) => {
      const values = [...moving(250), ...some, ...still(90)];
      const [whole, first] = [new Frozen(), new Frozen()];
      const expected = values.map((one) => whole.next(one));
      const head = values.slice(0, cut).map((one) => first.next(one));
      const second = new Frozen(frozenState.parse(JSON.parse(JSON.stringify(first.state()))));
      expect([...head, ...values.slice(cut).map((one) => second.next(one))]).toEqual(expected);
    }),
  );
});

const normal = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

test.each<[what: string, at: (i: number, random: () => number) => number]>([
  ['noise', (_, random) => 10 + normal(random)],
  ['a day and a night', (i, random) => 50 + 10 * Math.sin((2 * Math.PI * i) / PER_DAY) + normal(random)],
  ['a vibration', (i, random) => Math.sin(i / 1.5) + 0.3 * normal(random)],
])('%s that freezes at a usual value is one event, from its sixtieth value until it moves', (_, at) => {
  const random = seeded(3);
  const detector = new Detector(1);
  const [from, until] = [14 * PER_DAY, 14 * PER_DAY + 200];
  let before = false;
  let held = 0;
  const told: string[] = [];
  for (let i = 0; i < until + 60; i++) {
    if (i < from || i >= until) held = at(i, random);
    const { anomalous } = detector.next(START + i * STEP_MS, [held]);
    if (i >= from && anomalous !== before) told.push(`${anomalous ? 'begins' : 'ends'} ${i - from}`);
    before = anomalous;
  }
  // The value before it is the first that is equal.
  expect(told.slice(0, 1)).toEqual(['begins 59']);
  expect(told.filter((one) => one.startsWith('ends')).map((one) => Number(one.slice(5)) >= 200)).toEqual([true]);
});
