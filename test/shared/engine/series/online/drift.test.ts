import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Detector } from '../../../../../shared/engine/series/online/detector.ts';
import { Drift, driftState } from '../../../../../shared/engine/series/online/drift.ts';
import { seeded } from '../../../../support/random.ts';

const START = Date.UTC(2026, 0, 5);
const STEP_MS = 300_000;
const PER_DAY = 288;
const FROM = 14 * PER_DAY + 97;

const normal = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const noise = (_: number, random: () => number) => 10 + normal(random);
const wave = (i: number, random: () => number) => 50 + 10 * Math.sin((2 * Math.PI * i) / PER_DAY) + normal(random);

/** Samples after which events begin, from where the level begins to go away by `by` within `days`. */
function told(at: (i: number, random: () => number) => number, by: number, days: number, seed: number): number[] {
  const random = seeded(seed);
  const detector = new Detector(1);
  const found: number[] = [];
  let before = false;
  for (let i = 0; i < FROM + 14 * PER_DAY; i++) {
    const away = by * Math.min(1, Math.max(0, i - FROM) / (days * PER_DAY));
    const { anomalous } = detector.next(START + i * STEP_MS, [at(i, random) + away]);
    if (i >= FROM && anomalous && !before) found.push(i - FROM);
    before = anomalous;
  }
  return found;
}

test.each<[what: string, at: typeof noise, by: number, within: number]>([
  ['noise, upwards', noise, 5, 300],
  ['noise, downwards', noise, -5, 300],
  ['a day and a night', wave, 25, 300],
])('%s: a level that goes away within two days is one event', (_, at, by, within) => {
  for (const seed of [1, 2, 3]) {
    const found = told(at, by, 2, seed);
    expect(found).toHaveLength(1);
    expect(found[0]).toBeLessThanOrEqual(within);
  }
});

/** Blocks in which it says so, of blocks with such means. */
function drifts(blocks: readonly number[], options: { young?: number; anomalous?: readonly number[] } = {}) {
  const drift = new Drift();
  const found: string[] = [];
  for (const [b, value] of blocks.entries())
    for (let i = 0; i < 64; i++) {
      const isAnomalous = options.anomalous?.includes(b) === true;
      const said = drift.next(value + (i % 2), b < (options.young ?? 0), isAnomalous);
      if (said === 'begins') found.push(`${b}`);
    }
  return found;
}

/** A level that wavers by 1. */
const level = (count: number, at = 0) => Array.from({ length: count }, (_, i) => at + Math.sin(2.2 * i));
const away = (to: number, from = 0) => Array.from({ length: 8 }, (_, i) => from + ((to - from) * (i + 1)) / 8);

test('a first drift does not hide a second; then it is usual', () => {
  const [up, down] = [away(9), away(0, 9)];
  const found = drifts([...level(80), ...up, ...level(40, 9), ...down, ...level(40), ...up, ...level(40, 9)]);
  expect(found.map(Number).map((b) => Math.floor(b / 48))).toEqual([1, 2]);
});

test('none while the series is young, in the first blocks, or soon after an anomaly that has told it', () => {
  const series = [...level(80), ...away(9), ...level(40, 9)];
  expect(drifts(series)).toHaveLength(1);
  expect(drifts(series, { young: 120 })).toEqual([]);
  expect(drifts(series, { anomalous: [79, 80, 81, 82, 83, 84, 85] })).toEqual([]);
  expect(drifts([...level(20), ...away(9), ...level(40, 9)])).toEqual([]);
});

test('what never wavered has no measure of a drift', () => {
  expect(drifts([...new Array<number>(80).fill(5), ...away(9, 5)])).toEqual([]);
});

test('a restart at any sample changes nothing', () => {
  const random = seeded(8);
  const values = Array.from({ length: 5000 }, (_, i) => normal(random) + (i > 4300 ? (i - 4300) / 100 : 0));
  const whole = new Drift();
  const expected = values.map((value) => whole.next(value, false, false));
  expect(expected).toContain('begins');
  fc.assert(
    fc.property(fc.nat(4999), (cut) => {
      const first = new Drift();
      const head = values.slice(0, cut).map((value) => first.next(value, false, false));
      const second = new Drift(driftState.parse(JSON.parse(JSON.stringify(first.state()))));
      expect([...head, ...values.slice(cut).map((value) => second.next(value, false, false))]).toEqual(expected);
    }),
    { numRuns: 20 },
  );
});
