import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Detector, detectorState } from '../../../../../shared/engine/series/online/detector.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 5);

/** Numbers between 0 and 1, the same each time. */
function noise(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/** A sample each five minutes; where the anomalies begin. */
function beginnings(values: readonly number[], detector = new Detector(1), from = 0): number[] {
  const found: number[] = [];
  let before = false;
  for (const [i, value] of values.entries()) {
    const { anomalous } = detector.next(START + (from + i) * 5 * MINUTE, [value]);
    if (anomalous && !before) found.push(from + i);
    before = anomalous;
  }
  return found;
}

/** Two weeks of a machine: warm by day, cold by night. */
function machine(seed: number): number[] {
  const random = noise(seed);
  return Array.from({ length: 4032 }, (_, i) => {
    const hour = (i / 12) % 24;
    return (hour >= 8 && hour < 18 ? 60 : 20) + 2 * random();
  });
}

test('two weeks as usual: nothing is found, or once a week at most', () => {
  for (const seed of [1, 2, 3]) {
    expect(beginnings(machine(seed)).length).toBeLessThanOrEqual(2);
    const random = noise(seed);
    expect(beginnings(Array.from({ length: 4032 }, () => 10 + random())).length).toBeLessThanOrEqual(2);
  }
  expect(beginnings(new Array<number>(4032).fill(7))).toEqual([]);
});

test.each<[what: string, change: (values: number[]) => void]>([
  ['a spike', (values) => values.splice(3000, 1, 160)],
  ['a drop', (values) => values.splice(3000, 1, -80)],
  ['a day that does not come', (values) => values.fill(21, 2976, 3096)],
  ['a burst of noise', (values) => values.splice(3000, 12, ...[70, 5, 80, 0, 75, 2, 90, -5, 70, 1, 85, 3])],
  ['another level for good', (values) => values.fill(120, 3000)],
])('%s is one event, found within two hours', (_, change) => {
  const values = machine(7);
  change(values);
  const found = beginnings(values).filter((i) => i >= 2960 && i < 3288);
  expect(found[0]).toBeGreaterThanOrEqual(2976);
  expect(found[0]).toBeLessThanOrEqual(3024);
  expect(found.length).toBeLessThanOrEqual(2);
});

test('a restart at any sample changes nothing', () => {
  const values = machine(5);
  values.splice(1500, 3, 130, 131, 129);
  const whole = new Detector(1);
  const expected = values.map((value, i) => whole.next(START + i * 5 * MINUTE, [value]));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2000 }), (at) => {
      const first = new Detector(1);
      for (let i = 0; i < at; i++) first.next(START + i * 5 * MINUTE, [values[i] as number]);
      const second = new Detector(1, detectorState.parse(JSON.parse(JSON.stringify(first.state()))));
      for (let i = at; i < 2000; i++) {
        const { score, anomalous } = second.next(START + i * 5 * MINUTE, [values[i] as number]);
        expect([i, anomalous]).toEqual([i, expected[i]?.anomalous]);
        const exact = expected[i]?.score ?? 0;
        expect(Math.abs(score - exact)).toBeLessThanOrEqual(1e-6 * exact);
      }
    }),
    { numRuns: 8 },
  );
});

test('the channel that is unusual contributes most', () => {
  const random = noise(3);
  const detector = new Detector(3);
  for (let i = 0; i < 2000; i++)
    detector.next(START + i * 1000, [random(), 5 + random(), Math.sin(i / 20) + 0.1 * random()]);
  const { parts, anomalous, score, threshold } = detector.next(START + 2_000_000, [0.5, 25, Math.sin(100)]);
  expect(anomalous).toBe(true);
  expect(score).toBeGreaterThan(threshold);
  expect(parts[1]).toBeGreaterThan(0.8);
  expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1);
});

test('no value breaks it', () => {
  const [least, most] = [5e-324, 1e308];
  const extreme = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, most, -most, least, -least, 1, 2),
  );
  fc.assert(
    fc.property(fc.array(extreme, { maxLength: 400 }), fc.integer({ min: 1, max: 1e9 }), (values, stepMs) => {
      const detector = new Detector(1);
      for (const [i, value] of values.entries()) {
        const { score, parts } = detector.next(START + i * stepMs, [value]);
        expect(Number.isFinite(score)).toBe(true);
        expect(parts.every(Number.isFinite)).toBe(true);
      }
      detectorState.parse(JSON.parse(JSON.stringify(detector.state())));
    }),
    { examples: [[[least, 0, least, 0, 0, least], 1000]] },
  );
});

test('a series that does not go on where the learned one ended: its first samples are no anomaly, what comes soon after is', () => {
  const random = noise(3);
  const learned = new Detector(1);
  for (let i = 0; i < 3000; i++) learned.next(START + i * 1000, [Math.sin(i / 9) + 0.02 * random()]);
  const go = (settling: number) => {
    const detector = new Detector(1, learned.state(), { settling });
    return Array.from({ length: 60 }, (_, i) => {
      const usual = Math.sin(i / 9 + 2) + 0.02 * random();
      const value = i === 0 ? 3 : i === 40 ? 60 : usual;
      return detector.next(START + i * 1000, [value]);
    });
  };
  const [at, settled] = [go(0), go(16)];
  expect(at[0]?.anomalous).toBe(true);
  expect(settled.slice(0, 40).some(({ anomalous, score, threshold }) => anomalous || score >= threshold)).toBe(false);
  expect(settled[40]).toMatchObject({ anomalous: true });
});
