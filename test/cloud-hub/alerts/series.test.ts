/** Rules on what a series did lately: changes of a value, and how many objects came. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_SERIES, Series } from '../../../cloud-hub/alerts/series.ts';
import type { StoredRecord } from '../../../cloud-hub/store/records.ts';
import { recordBody } from '../../../shared/contract/messages/record.ts';
import { readingRecord, summaryRecord } from '../support.ts';
import { engineWith } from './engine-with.ts';

const WITHIN = 60_000;

test('a window is what a plain look at all values says, give or take one sample', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: -50, max: 50 })), {
    minLength: 1,
    maxLength: 300,
  });
  fc.assert(
    fc.property(steps, (all) => {
      const series = new Series();
      const values: { at: number; value: number }[] = [];
      let at = 1e12;
      for (const [ms, value] of all) {
        at += ms;
        values.push({ at, value });
        const seen = series.note('k', at, value, WITHIN);
        const inner = values.filter((one) => at - one.at < WITHIN - 1000).map((one) => one.value);
        const outer = values.filter((one) => at - one.at < WITHIN + 1000).map((one) => one.value);
        expect(seen?.most).toBeGreaterThanOrEqual(Math.max(...inner));
        expect(seen?.most).toBeLessThanOrEqual(Math.max(...outer));
        expect(seen?.least).toBeLessThanOrEqual(Math.min(...inner));
        expect(seen?.isFull).toBe(at - (values[0]?.at ?? 0) >= WITHIN);
      }
    }),
    { numRuns: 100 },
  );
});

test('more series than it keeps: those that were silent for longest are forgotten, and not those that began first', () => {
  const spoken = new Series();
  for (let n = 0; n < MOST_SERIES; n++) spoken.note(`k${n}`, 1e12, 1, WITHIN);
  spoken.note('k0', 1e12 + 1, 1, WITHIN);
  spoken.note('another', 1e12 + 1, 1, WITHIN);
  expect(spoken.note('k0', 1e12 + WITHIN, 1, WITHIN)?.isFull).toBe(true);
  expect(spoken.note('k1', 1e12 + WITHIN, 1, WITHIN)?.isFull).toBe(false);
  const series = new Series();
  for (let n = 0; n <= MOST_SERIES; n++) series.note(`k${n}`, 1e12, 1, WITHIN);
  expect(series.note('k0', 1e12 + WITHIN, 1, WITHIN)?.isFull).toBe(false);
  expect(series.note(`k${MOST_SERIES}`, 1e12 + WITHIN, 1, WITHIN)?.isFull).toBe(true);
});

/** Sends records of a box each ten seconds. @returns how many alerts fire after each */
async function course(rule: Record<string, unknown>, records: readonly (Record<string, unknown> | undefined)[]) {
  const { clock, store, engine } = await engineWith({ watch: { condition: rule, channels: ['hook'] } }, 1);
  const firing: number[] = [];
  for (const [n, record] of records.entries()) {
    const wall = clock.wall();
    const item = { device: 'box-0', epoch: 'e1', seq: n + 1, receivedAt: wall, backfill: false, body: '' };
    if (record)
      engine.heard('box-0', [{ ...item, record: recordBody.parse({ ...record, wall }) } as StoredRecord], false);
    await clock.advance(10_000);
    firing.push((await store.alerts.open()).length);
  }
  const [last] = await store.alerts.open();
  return { firing, text: last?.text };
}

test('a change fires when it is fast enough, in both directions, and ends by hysteresis', async () => {
  const values = (...all: number[]) => all.map((temperature, n) => readingRecord(n + 1, { values: { temperature } }));
  const rule = { kind: 'change', channel: 'temperature', above: 5, withinS: 35 };
  // Two degrees in ten seconds are more than five within 35; half a degree is not.
  expect((await course(rule, values(20, 20.5, 21, 21.5, 22, 22.5))).firing.at(-1)).toBe(0);
  const up = await course(rule, values(20, 22, 24, 26));
  expect(up).toEqual({ firing: [0, 0, 0, 1], text: 'temperature changed from 20 to 26 within 35 s' });
  expect((await course(rule, values(30, 24.9))).firing).toEqual([0, 1]);
  const settled = values(20, 26, 26, 26, 26, 26);
  expect((await course(rule, settled)).firing).toEqual([0, 1, 1, 1, 0, 0]);
  const slow = values(20, 26, 26, 26, 23, 23, 23, 23, 23);
  expect((await course({ ...rule, clear: 1 }, slow)).firing).toEqual([0, 1, 1, 1, 1, 1, 1, 0, 0]);
});

test('a rate counts objects that came; too few are only those of a whole window', async () => {
  const people = (...all: number[]) => all.map((person, n) => summaryRecord(n + 1, { tracks: { person, car: 9 } }));
  const many = { kind: 'rate', label: 'person', above: 10, withinS: 30 };
  expect(await course(many, people(3, 4, 5))).toEqual({ firing: [0, 0, 1], text: '12 person within 30 s' });
  expect((await course(many, people(3, 4, 3, 4, 3))).firing).toEqual([0, 0, 0, 1, 0]);
  expect((await course({ ...many, label: undefined }, people(0, 0))).firing).toEqual([0, 1]);
  const few = { kind: 'rate', label: 'person', below: 2, withinS: 30 };
  expect((await course(few, people(0, 0, 0, 0, 5, 0))).firing).toEqual([0, 0, 0, 1, 0, 0]);
});
