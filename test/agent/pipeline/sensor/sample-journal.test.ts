import { readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSampleJournal, type Sample } from '../../../../agent/pipeline/sensor/sample-journal.ts';
import { tempFolder } from '../../../support/temp.ts';

const file = () => path.join(tempFolder(), 'detectors', 'pump.json.samples');
const value = fc.double({ noNaN: true, noDefaultInfinity: true });
const series = (channels: number) =>
  fc
    .array(fc.tuple(fc.nat({ max: 1e6 }), fc.array(value, { minLength: channels, maxLength: channels })), {
      maxLength: 30,
    })
    .map((rows) => {
      let atMs = 1_700_000_000_000;
      return rows.map(([gap, values]): Sample => {
        atMs += gap + 1;
        // Not -0: nothing tells it from 0.
        return { atMs, values: values.map((v) => v + 0) };
      });
    });

function write(to: string, samples: readonly Sample[], channels = 2): void {
  const journal = openSampleJournal(to, channels, Number.NEGATIVE_INFINITY);
  for (const sample of samples) journal.add(sample);
  journal.close();
}
const read = (from: string, after = Number.NEGATIVE_INFINITY, channels = 2) => {
  const journal = openSampleJournal(from, channels, after);
  journal.close();
  return journal.samples;
};

test('killed after any byte: what was whole is there, and what comes after the next start too', () => {
  fc.assert(
    fc.property(series(2), series(2), fc.double({ min: 0, max: 1, noNaN: true }), (before, after, share) => {
      const to = file();
      write(to, before);
      const whole = readFileSync(to);
      const cut = Math.floor(whole.length * share);
      writeFileSync(to, whole.subarray(0, cut));
      const lines = whole.subarray(0, cut).toString().split('\n').length - 1;
      const later = after.map(({ atMs, values }) => ({ atMs: atMs + 1e12, values }));
      write(to, later);
      // A line that lacks only its end is whole.
      const found = read(to).filter(({ atMs }) => atMs < 1e12 + 1_700_000_000_000);
      expect([lines, lines + 1]).toContain(found.length);
      expect(found).toEqual(before.slice(0, found.length));
      expect(read(to).slice(found.length)).toEqual(later);
    }),
    { numRuns: 60 },
  );
});

test('one damaged byte costs the samples of its line alone', () => {
  const samples = Array.from({ length: 5 }, (_, i) => ({ atMs: 1000 + i, values: [i, -(i + 1) / 3] }));
  const to = file();
  write(to, samples);
  const whole = readFileSync(to);
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x11;
    writeFileSync(to, damaged);
    const found = read(to);
    expect(found.length).toBeGreaterThanOrEqual(3);
    for (const sample of found) expect(samples).toContainEqual(sample);
  }
});

test('what the state knows, what is not later, and what is of other channels is passed over', () => {
  const to = file();
  write(to, [
    { atMs: 10, values: [1, 1] },
    { atMs: 20, values: [2, 2] },
    { atMs: 20, values: [3, 3] },
    { atMs: 15, values: [4, 4] },
    { atMs: 30, values: [5, 5] },
  ]);
  expect(read(to).map(({ values }) => values[0])).toEqual([1, 2, 5]);
  expect(read(to, 20).map(({ values }) => values[0])).toEqual([5]);
  expect(read(to, 0, 3)).toEqual([]);
});

test('it is bounded: it says when it is full, and is empty after clear', () => {
  const to = file();
  const journal = openSampleJournal(to, 1, 0);
  let count = 0;
  while (!journal.add({ atMs: ++count, values: [count] })) if (count > 1e6) throw new Error('never full');
  expect(statSync(to).size).toBeLessThan(1.1 * 256 * 1024);
  journal.clear();
  expect(statSync(to).size).toBe(0);
  expect(journal.add({ atMs: ++count, values: [7] })).toBe(false);
  journal.close();
  expect(read(to, 0, 1)).toEqual([{ atMs: count, values: [7] }]);
});
