/** Whether the channels of a machine still move together. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Detector, detectorState } from '../../../../../shared/engine/series/online/detector.ts';
import { inverseOf } from '../../../../../shared/engine/series/online/inverse.ts';
import { Relations, relationsState } from '../../../../../shared/engine/series/online/relations.ts';
import { FAULTS, type Fault, machineOf } from '../../../../support/machines.ts';
import { seeded } from '../../../../support/random.ts';

const STEP_MS = 60_000;
const START = Date.UTC(2026, 0, 5);
const WEEK = 10_080;
const LIMIT = 2 * WEEK;
const FAULT_AT = 3000;
const ROWS = 3700;

const plant = (fault: Fault, seed = 2) =>
  machineOf({ width: 4, seed, rows: ROWS, faultAt: FAULT_AT, fault, mostLag: 0 });

function play(relations: Relations, rows: readonly (readonly number[])[], from = 0) {
  return rows.map((values, i) => {
    const { apart, parts } = relations.next(START + (from + i) * STEP_MS, values, LIMIT, false);
    return { apart, parts, anomalous: relations.anomalous };
  });
}

test.each(FAULTS)('a channel that goes %s, in its own range, is one anomaly, and that channel contributes', (fault) => {
  const { rows, broken } = plant(fault);
  const said = play(new Relations(4), rows);
  const begins = said.flatMap(({ anomalous }, i) => (anomalous && !said[i - 1]?.anomalous ? [i] : []));
  expect(begins).toHaveLength(1);
  expect(begins[0]).toBeGreaterThanOrEqual(FAULT_AT);
  const [at = 0] = begins;
  expect(said[at]?.apart).toBeGreaterThanOrEqual(LIMIT);
  const parts = said[at]?.parts ?? [];
  expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(1);
  expect(parts[broken]).toBeGreaterThan(0.25);
  // Alone it leaves nothing that it had not shown before.
  const own = rows.map((row) => row[broken] ?? 0);
  expect(Math.max(...own.slice(FAULT_AT))).toBeLessThan(Math.max(...own.slice(0, FAULT_AT)) + 6);
});

test('a restart at any sample changes nothing', () => {
  const { rows } = plant('own way');
  const whole = play(new Relations(4), rows);
  for (const at of [1, 319, 320, 321, 1000, FAULT_AT + 40, FAULT_AT + 300]) {
    const first = new Relations(4);
    play(first, rows.slice(0, at));
    const kept = relationsState.parse(JSON.parse(JSON.stringify(first.state())));
    expect(play(new Relations(4, kept), rows.slice(at), at)).toEqual(whole.slice(at));
  }
});

test('what was called normal ends, and as large a one begins none', () => {
  const { rows } = plant('too late');
  const relations = new Relations(4);
  const begun = play(relations, rows).findIndex(({ anomalous }) => anomalous);
  expect(begun).toBeGreaterThan(0);
  const began = relations.beganBefore(START + ROWS * STEP_MS);
  expect(began).toBe(START + begun * STEP_MS);
  relations.wasNormal(began ?? 0);
  expect(relations.anomalous).toBe(false);
  const again = play(relations, rows.slice(0, 2000).concat(rows.slice(FAULT_AT)), ROWS);
  expect(again.some(({ anomalous }) => anomalous)).toBe(false);
});

test('a detector of several channels tells it, in weeks, and learns that it was normal', () => {
  const { rows, broken } = plant('own way', 5);
  const detector = new Detector(4);
  const said = rows.map((values, i) => detector.next(START + i * STEP_MS, values));
  const at = said.findIndex(({ anomalous }, i) => anomalous && i >= FAULT_AT);
  expect(at).toBeGreaterThanOrEqual(FAULT_AT);
  const { score = 0, threshold = 0, parts = [] } = said[at] ?? {};
  expect(score).toBeGreaterThanOrEqual(threshold);
  expect(parts[broken]).toBeGreaterThan(0.25);
  const kept = detectorState.parse(JSON.parse(JSON.stringify(detector.state())));
  expect(kept.relations?.begun.length).toBeGreaterThan(0);
  expect(new Detector(4, kept).wasNormal(START + ROWS * STEP_MS)).toBe(true);
  // Of another width nothing is used.
  expect(() => new Detector(3, kept).next(START, [1, 2, 3])).not.toThrow();
});

test('copies, channels that never move, and values as far out as numbers go break nothing', () => {
  const far = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e60, max: 1e60 }), fc.constant(0));
  fc.assert(
    fc.property(fc.array(fc.tuple(far, far), { maxLength: 30 }), (rows) => {
      const relations = new Relations(4);
      const random = seeded(3);
      for (let i = 0; i < 1200; i++) {
        const [a, b] = i % 40 === 39 ? (rows[i % Math.max(1, rows.length)] ?? [0, 0]) : [random(), random()];
        const { apart, parts } = relations.next(START + i * STEP_MS, [a, a, 7, b], LIMIT, false);
        expect(Number.isFinite(apart)).toBe(true);
        expect(parts.every(Number.isFinite)).toBe(true);
      }
      relationsState.parse(JSON.parse(JSON.stringify(relations.state())));
    }),
    { numRuns: 20 },
  );
});

test('a matrix times its inverse is one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 1e6 }), (size, seed) => {
      const random = seeded(seed);
      const root = Array.from({ length: size * size }, () => random() - 0.5);
      const at = (i: number, k: number) => root[i * size + k] ?? 0;
      const matrix = Float64Array.from({ length: size * size }, (_, n) => {
        const [i, j] = [Math.floor(n / size), n % size];
        const dot = Array.from({ length: size }, (_v, k) => at(i, k) * at(j, k)).reduce((sum, x) => sum + x, 0);
        return dot + (i === j ? 0.1 : 0);
      });
      const inverse = inverseOf(matrix, size);
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) {
          let sum = 0;
          for (let k = 0; k < size; k++) sum += (matrix[i * size + k] ?? 0) * (inverse[k * size + j] ?? 0);
          expect(sum).toBeCloseTo(i === j ? 1 : 0, 6);
        }
    }),
  );
});
