/** "This was normal": what a person has said of an anomaly. */
import { expect, test } from 'vitest';
import { Detector, detectorState } from '../../../../../shared/engine/series/online/detector.ts';
import { seeded } from '../../../../support/random.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 5);

/** A pump with a weekly cleaning (twelve samples at 40) and, once, a fault of the other kind (twelve samples at 160). */
function series(cleanings: readonly number[], fault = -1): number[] {
  const random = seeded(11);
  return Array.from({ length: 6000 }, (_, i) => {
    if (i >= fault && i < fault + 12) return 160 + random();
    return (cleanings.some((from) => i >= from && i < from + 12) ? 40 : 80) + 3 * random();
  });
}

/** Where anomalies begin. @param say called after each sample */
function play(
  values: readonly number[],
  say: (i: number, detector: Detector) => Detector | undefined = () => undefined,
) {
  let detector = new Detector(1);
  const found: number[] = [];
  let before = false;
  for (const [i, value] of values.entries()) {
    const { anomalous } = detector.next(START + 5 * MINUTE * i, [value]);
    if (anomalous && !before) found.push(i);
    detector = say(i, detector) ?? detector;
    before = anomalous;
  }
  return found;
}

const cleanings = [2000, 2900, 3800];

test('what was called normal is not told again; another anomaly is', () => {
  const values = series(cleanings, 4500);
  const untaught = play(values);
  expect(untaught).toContain(2000);
  const later = untaught.filter((i) => i > 2020 && i < 4400);
  const told = play(values, (i, detector) => {
    if (i === 2100) expect(detector.wasNormal(START + 5 * MINUTE * 2003)).toBe(true);
    return undefined;
  });
  expect(told.slice(0, untaught.indexOf(2000) + 1)).toEqual(untaught.slice(0, untaught.indexOf(2000) + 1));
  expect(told.filter((i) => i > 2020 && i < 4400)).toEqual([]);
  expect(later.length).toBeGreaterThan(0);
  expect(told.some((i) => i >= 4500 && i <= 4503)).toBe(true);
});

test('it outlives a restart', () => {
  const told = play(series(cleanings, 4500), (i, detector) => {
    if (i === 2100) detector.wasNormal(START + 5 * MINUTE * 2003);
    if (i !== 2500) return undefined;
    return new Detector(1, detectorState.parse(JSON.parse(JSON.stringify(detector.state()))));
  });
  expect(told.filter((i) => i > 2020 && i < 4400)).toEqual([]);
  expect(told.some((i) => i >= 4500 && i <= 4503)).toBe(true);
});

test('an anomaly that lasts ends when it is called normal, and one that nobody has told of is not known', () => {
  const values = series([2000]);
  const detector = new Detector(1);
  expect(detector.wasNormal(START)).toBe(false);
  for (let i = 0; i <= 2002; i++) detector.next(START + 5 * MINUTE * i, [values[i] as number]);
  expect(detector.next(START + 5 * MINUTE * 2003, [values[2003] as number]).anomalous).toBe(true);
  expect(detector.wasNormal(START + 5 * MINUTE * 2003)).toBe(true);
  expect(detector.next(START + 5 * MINUTE * 2004, [values[2004] as number]).anomalous).toBe(false);
});

test('of several channels those that were unusual together are learned', () => {
  const random = seeded(5);
  const detector = new Detector(2);
  const at = (i: number) => START + 5 * MINUTE * i;
  const found: number[] = [];
  let before = false;
  for (let i = 0; i < 5000; i++) {
    const off = [1500, 2600, 3700].some((from) => i >= from && i < from + 5) ? 30 : 0;
    const alone = i >= 4500 && i < 4505 ? -30 : 0;
    const { anomalous } = detector.next(at(i), [10 + random() + off, 50 + random() + off + alone]);
    if (anomalous && !before) found.push(i);
    before = anomalous;
    if (i === 1600) expect(detector.wasNormal(at(1501))).toBe(true);
  }
  expect(found.filter((i) => i >= 1500 && i < 4400)).toEqual([1500]);
  expect(found.some((i) => i >= 4500 && i <= 4502)).toBe(true);
});
