/** What lasts is told, and then becomes normal within the time that the README states. */
import { expect, test } from 'vitest';
import { Detector } from '../../../../../shared/engine/series/online/detector.ts';
import { seeded } from '../../../../support/random.ts';

const START = Date.UTC(2026, 0, 5);
const STEP_MS = 300_000;
const PER_DAY = 288;
const TWO_WEEKS = 14 * PER_DAY + 97;
/** The detector's memory, 20,000 samples, is full. */
const FULL = 75 * PER_DAY + 97;

const normal = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

type Series = (random: () => number) => (i: number) => number;
const noise: Series = (random) => () => 10 + normal(random);
const wave: Series = (random) => (i) => 50 + 10 * Math.sin((2 * Math.PI * i) / PER_DAY) + normal(random);
const memory: Series = (random) => {
  let level = 0;
  return () => {
    level = 0.98 * level + 0.2 * normal(random);
    return 30 + level;
  };
};

/** The last `NEAR` values lay within their bands, nearly all. */
const NEAR = 50;
const NEARLY = 0.9;

function followed(series: Series, change: (value: number) => number, seed: number, at: number) {
  const random = seeded(seed);
  const valueAt = series(random);
  const detector = new Detector(1);
  const inside: boolean[] = [];
  let before = false;
  let [told, ended, normalAfter]: (number | undefined)[] = [];
  for (let i = 0; i < at + 14 * PER_DAY; i++) {
    const value = i < at ? valueAt(i) : change(valueAt(i));
    const { anomalous, expected } = detector.next(START + i * STEP_MS, [value]);
    const since = i - at;
    if (since >= 0) {
      if (anomalous && !before) told ??= since;
      if (!anomalous && before) ended = since;
      const band = expected[0];
      inside.push(band !== undefined && value >= band[0] && value <= band[1]);
      const last = inside.slice(-NEAR);
      if (last.length === NEAR && last.filter(Boolean).length >= NEARLY * NEAR) normalAfter ??= since;
    }
    before = anomalous;
  }
  return { told, ended, normalAfter };
}

/** Samples after which a new level, and a new spread, is normal: see the README beside the detector. */
const LEVEL = 400;
const SPREAD = { young: 1000, old: 3000 };

test.each<[what: string, series: Series, change: (value: number) => number, within: number]>([
  ['noise, another level', noise, (value) => value + 40, LEVEL],
  ['noise, a lower level', noise, (value) => value - 40, LEVEL],
  ['noise, four times as wide', noise, (value) => 10 + 4 * (value - 10), SPREAD.young],
  ['a day and a night, another level', wave, (value) => value - 40, LEVEL],
  ['a day and a night, twice as wide', wave, (value) => 50 + 2 * (value - 50), SPREAD.young],
  ['what remembers, another level', memory, (value) => value + 40, LEVEL],
  ['what remembers, four times as wide', memory, (value) => 30 + 4 * (value - 30), SPREAD.young],
])('%s: told before it is normal, which it is within the stated time', (_, series, change, within) => {
  for (const seed of [1, 2, 3, 4]) {
    const { told, ended, normalAfter } = followed(series, change, seed, TWO_WEEKS);
    expect(told).toBeLessThan(normalAfter ?? 0);
    expect(normalAfter).toBeLessThanOrEqual(within);
    expect(ended).toBeLessThanOrEqual(within);
  }
});

test('with a full memory a new level is normal as soon, a new spread later', () => {
  const level = followed(wave, (value) => value + 40, 1, FULL);
  expect(level.told).toBe(0);
  expect(Math.max(level.normalAfter ?? Number.NaN, level.ended ?? Number.NaN)).toBeLessThanOrEqual(LEVEL);
  const spread = followed(noise, (value) => 10 + 4 * (value - 10), 1, FULL);
  expect(spread.told).toBeLessThan(LEVEL);
  expect(Math.max(spread.normalAfter ?? Number.NaN, spread.ended ?? Number.NaN)).toBeLessThanOrEqual(SPREAD.old);
});
