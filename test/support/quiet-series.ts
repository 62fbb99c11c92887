/** Series in which nothing is wrong, of the kinds that machines and meters make: a sample each five minutes, by its place from 0. */

export const QUIET_STEP_MS = 300_000;
const PER_DAY = 288;

export type QuietSeries = (random: () => number) => (i: number) => number | undefined;

const day = (i: number) => (i % PER_DAY) / PER_DAY;
const isWorking = (i: number) => day(i) >= 0.375 && day(i) < 0.75;
const isWeekday = (i: number) => Math.floor(i / PER_DAY) % 7 < 5;
const wave = (i: number, days = 1) => Math.sin((2 * Math.PI * i) / (days * PER_DAY));
/** Normal, of deviation 1. */
const normal = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** `undefined`: a row that is missing. */
export const quietSeries: Readonly<Record<string, QuietSeries>> = {
  'a flat line': () => () => 45,
  'a flat line with a little noise': (random) => () => 45 + 0.1 * normal(random),
  'noise of equal chances': (random) => () => 8 + 13 * random(),
  'normal noise': (random) => () => 20 + 3 * normal(random),
  'noise with a long tail': (random) => () => Math.exp(0.6 * normal(random)),
  'noise that remembers': (random) => {
    let level = 0;
    return () => (level = 0.95 * level + normal(random));
  },
  'a square wave by day': () => (i) => (isWorking(i) ? 80 : 20),
  'a day with a little noise': (random) => (i) => (isWorking(i) ? 70 : 20) + 2 * random(),
  'a day with much noise': (random) => (i) => (isWorking(i) ? 70 : 20) + 18 * random(),
  'a wave of a day': (random) => (i) => 20 + 10 * wave(i) + random(),
  'a wave of a day and a week': (random) => (i) => 50 + 10 * wave(i) + 8 * wave(i, 7) + normal(random),
  'weekends off': (random) => (i) => (isWorking(i) && isWeekday(i) ? 60 : 10) + 3 * random(),
  'weekends off, all day long': (random) => (i) => (isWeekday(i) ? 60 : 10) + 3 * random(),
  'off by night, to the last digit': (random) => (i) => (isWorking(i) ? 60 + 3 * random() : 0),
  'off by night and at weekends': (random) => (i) => (isWorking(i) && isWeekday(i) ? 60 + 3 * random() : 0),
  'a pump that stands for hours': (random) => {
    let [on, left] = [false, 0];
    return () => {
      if (left-- <= 0) [on, left] = [!on, Math.floor((on ? 60 : 12) * random())];
      return on ? 12 + 0.3 * normal(random) : 0;
    };
  },
  'steps between levels': (random) => {
    let level = 20;
    return () => (level = random() < 1 / 60 ? 20 + 10 * Math.floor(4 * random()) : level);
  },
  'a pump that goes on and off': (random) => {
    let [on, left] = [false, 0];
    return () => {
      if (left-- <= 0) [on, left] = [!on, 6 + Math.floor(8 * random())];
      return (on ? 12 : 1) + 0.3 * normal(random);
    };
  },
  'a counter': (random) => {
    let sum = 0;
    return () => (sum += Math.floor(10 * random()));
  },
  'a counter that begins anew each day': (random) => {
    let sum = 0;
    return (i) => (sum = i % PER_DAY === 0 ? 0 : sum + 2 + 3 * random());
  },
  'a slow drift': (random) => (i) => 100 + i / 500 + normal(random),
  'a walk without aim': (random) => {
    let level = 100;
    return () => (level += 0.2 * normal(random));
  },
  'quantised: two values, rarely a third': (random) => () => (random() < 0.01 ? 22 : random() < 0.4 ? 21 : 20),
  'quantised: a slow wave in whole degrees': (random) => (i) => Math.round(20 + 4 * wave(i) + 0.4 * normal(random)),
  'counts of rare things': (random) => () => Array.from({ length: 10 }, random).filter((one) => one < 0.05).length,
  'rows are missing, by chance': (random) => (i) => {
    const value = 20 + 10 * wave(i) + random();
    return random() < 0.2 ? undefined : value;
  },
  'rows are missing for hours': (random) => {
    let gone = 0;
    return (i) => {
      const value = 20 + 10 * wave(i) + random();
      if (gone-- > 0) return undefined;
      if (random() < 1 / 600) gone = 36;
      return value;
    };
  },
};
