import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bestOfColumns, bestOfRows, notBelow } from '../../../../shared/engine/heads/scan.ts';
import { transposed } from '../../../support/head-layouts.ts';
import { broken } from './things.ts';

const value = fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(...broken, 0, 0.5));
const threshold = fc.constantFrom(0, 0.5, -1, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);

test('notBelow gives exactly what is at or above the threshold, and everything that is not finite', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 40 }), threshold, (all, floor) => {
      const values = Float32Array.from(all);
      const wanted = [...values.keys()].filter((i) => !Number.isFinite(values[i]) || (values[i] ?? 0) >= floor);
      expect(notBelow(values, floor)).toEqual(wanted);
    }),
  );
});

const score = fc.constantFrom(0.1, 0.2, 0.5, 0.6, 0.7, 0.9);

test('the best label of each row is the same, however the scores lie', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.nat(3),
      fc.infiniteStream(score),
      (rows, labels, before, stream) => {
        const width = before + labels;
        const values = Float32Array.from({ length: rows * width }, () => stream.next().value ?? 0);
        const wanted = Array.from({ length: rows }, (_, row) => {
          const scores = values.slice(row * width + before, (row + 1) * width);
          const best = Math.max(...scores);
          return { row, label: scores.indexOf(best), score: best };
        }).filter((h) => h.score >= Math.fround(0.5));
        expect(bestOfRows(values, { rows, labels, start: before, width }, 0.5, 'x')).toEqual(wanted);
        const columns = transposed(values, rows, width);
        const found = bestOfColumns(columns, { rows, labels, start: before * rows, width: rows }, 0.5, 'x');
        expect(found.toSorted((a, b) => a.row - b.row)).toEqual(wanted);
      },
    ),
  );
});

test.each(broken)('%s among the scores is an error, wherever it stands', (wrong) => {
  for (let i = 0; i < 12; i++) {
    const values = new Float32Array(12).fill(0.6);
    values[i] = wrong;
    const table = { rows: 2, labels: 6, start: 0, width: 6 };
    expect(() => bestOfRows(values, table, 0.5, 'kind')).toThrow(/kind: a score of row/);
    expect(() => bestOfColumns(values, { rows: 6, labels: 2, start: 0, width: 6 }, 0.5, 'kind')).toThrow(
      /kind: a score/,
    );
  }
});
