/** Series without an anomaly, as those of the Numenta Anomaly Benchmark (`artificialNoAnomaly`): at most one event a week. */
import { expect, test } from 'vitest';
import { Detector } from '../../../../../shared/engine/series/online/detector.ts';
import { quietSeries } from '../../../../support/quiet-series.ts';
import { seeded } from '../../../../support/random.ts';

const STEP_MS = 300_000;
const PER_DAY = 288;
const WEEKS = 4;
const START = Date.UTC(2014, 3, 1);

/** Numbers between 0 and 1, the same each time. */
function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

const day = (i: number) => (i % PER_DAY) / PER_DAY;
const isWorking = (i: number) => day(i) >= 0.375 && day(i) < 0.75;
type Series = (i: number, random: () => number) => number;

test.each<[what: string, at: Series]>([
  ['a flat line', () => 45],
  ['a square wave by day', (i) => (isWorking(i) ? 80 : 20)],
  ['a day without noise', (i) => (isWorking(i) ? 70 : 20)],
  ['a day with a little noise', (i, random) => (isWorking(i) ? 70 : 20) + 2 * random()],
  ['a day with much noise', (i, random) => (isWorking(i) ? 70 : 20) + 18 * random()],
  ['noise alone', (_, random) => 8 + 13 * random()],
  ['normal noise', (_, random) => Array.from({ length: 12 }, random).reduce((sum, x) => sum + x, 0)],
  ['a wave of a day', (i, random) => 20 + 10 * Math.sin(2 * Math.PI * day(i)) + random()],
  ['weekends off', (i, random) => (isWorking(i) && Math.floor(i / PER_DAY) % 7 < 5 ? 60 : 10) + 3 * random()],
])('%s: at most one event a week', (_, at) => {
  for (const seed of [1, 2]) {
    const random = noise(seed);
    const detector = new Detector(1);
    let events = 0;
    let before = false;
    for (let i = 0; i < WEEKS * 7 * PER_DAY; i++) {
      const { anomalous } = detector.next(START + i * STEP_MS, [at(i, random)]);
      if (anomalous && !before) events++;
      before = anomalous;
    }
    expect(events).toBeLessThanOrEqual(WEEKS);
  }
});

const FOUR_WEEKS = 4 * 7 * PER_DAY;

/** Events in each week of one of the series of `bench quiet`. */
function eventsByWeek(kind: string, seed: number): number[] {
  const random = seeded(seed);
  const at = quietSeries[kind]?.(random);
  const detector = new Detector(1);
  const weeks = [0, 0, 0, 0];
  let before = false;
  for (let i = 0; i < FOUR_WEEKS; i++) {
    const value = at?.(i);
    if (value === undefined) continue;
    const { anomalous } = detector.next(START + i * STEP_MS, [value]);
    const week = Math.floor(i / (7 * PER_DAY));
    if (anomalous && !before) weeks[week] = (weeks[week] ?? 0) + 1;
    before = anomalous;
  }
  return weeks;
}

test('a machine that stands still each weekend: the first weekend and its end are told, no later one is', () => {
  for (const seed of [1, 2, 3]) {
    const [first, second, ...later] = eventsByWeek('weekends off, all day long', seed);
    expect([first, second]).toEqual([1, 1]);
    expect(later).toEqual([0, 0]);
  }
});

test.each([
  'rows are missing for hours',
  'rows are missing, by chance',
  'a counter',
  'a counter that begins anew each day',
])('%s: nothing is told', (kind) => {
  for (const seed of [1, 2, 3]) expect(eventsByWeek(kind, seed)).toEqual([0, 0, 0, 0]);
});

test.each(['quantised: two values, rarely a third'])('%s: at most one event in each week, the first too', (kind) => {
  for (const seed of [1, 2, 3]) expect(Math.max(...eventsByWeek(kind, seed))).toBeLessThanOrEqual(1);
});

test.each(['a slow drift', 'a day with a little noise'])(
  '%s: at most one event in each week after the first',
  (kind) => {
    for (const seed of [1, 2, 3]) expect(Math.max(...eventsByWeek(kind, seed).slice(1))).toBeLessThanOrEqual(1);
  },
);
