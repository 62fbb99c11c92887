/** Small chunks are merged while the hub runs, on a real database. */
import { expect, onTestFinished, test } from 'vitest';
import { Merging } from '../../../cloud-hub/retention/merging.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { bench } from '../ingest/bench.ts';
import { readingRecord } from '../support.ts';

const MINUTE_MS = 60_000;

test('small chunks become few within minutes, what is read stays the same, and a step that fails is tried again', async () => {
  const hub = await bench();
  for (let seq = 1; seq <= 120; seq++) await hub.batch([readingRecord(seq)]);
  const before = (await hub.store.readings.list({ limit: 500 })).items;
  expect(before).toHaveLength(120);
  let failures = 1;
  const store = {
    chunks: hub.store.chunks,
    transact: (work: Parameters<typeof hub.store.transact>[0]) => {
      if (failures-- > 0) throw new Error('the disk is full');
      return hub.store.transact(work);
    },
  } as unknown as typeof hub.store;
  const clock = new ManualClock(Date.UTC(2026, 5, 1));
  const merging = new Merging({ store, clock, log: createLogger('test', 'silent') });
  onTestFinished(() => merging.stop());
  merging.start();
  const open = async () => (await hub.store.chunks.mergeable('readings', 9)).length;
  expect(await open()).toBe(1);
  await clock.advance(2 * MINUTE_MS);
  expect(await open()).toBe(1);
  await clock.advance(6 * MINUTE_MS);
  expect(await open()).toBe(0);
  expect((await hub.store.readings.list({ limit: 500 })).items).toEqual(before);
  // It goes on with what comes later.
  for (let seq = 121; seq <= 160; seq++) await hub.batch([readingRecord(seq)]);
  expect(await open()).toBe(1);
  await clock.advance(6 * MINUTE_MS);
  expect(await open()).toBe(0);
  expect((await hub.store.readings.list({ limit: 500 })).items).toHaveLength(160);
});
