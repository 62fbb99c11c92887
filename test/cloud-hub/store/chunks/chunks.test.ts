/** Chunks in the store: what is read stays the same, however records are spread over chunks, merged and erased. */
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { NewRecord } from '../../../../cloud-hub/store/records.ts';
import { type HubStore, openStore } from '../../../../cloud-hub/store/store.ts';
import { recordBody } from '../../../../shared/contract/messages/record.ts';
import { tempFolder } from '../../../support/temp.ts';
import { readingRecord } from '../../support.ts';

async function open(): Promise<HubStore> {
  const store = await openStore(tempFolder(), 0);
  onTestFinished(() => store.close());
  return store;
}

function reading(
  seq: number,
  more: Partial<NewRecord> & { stream?: string; wall?: number; clock?: string } = {},
): NewRecord {
  const { stream = 'motor', wall = seq * 1000, clock = 'synced', ...rest } = more;
  const made = readingRecord(seq, { stream, wall, clock, score: seq / 4 });
  const about = { device: 'cam', epoch: 'e', seq, receivedAt: 1_770_000_000_000 + seq, backfill: false, ...rest };
  return { ...about, record: recordBody.parse(made), body: JSON.stringify(made) };
}

const add = (store: HubStore, items: readonly NewRecord[]) => store.transact((tx) => tx.records.add(items));

async function mergeAll(store: HubStore): Promise<number> {
  let fewer = 0;
  for (;;) {
    const [first] = await store.chunks.mergeable('readings', 1);
    if (!first) return fewer;
    fewer += await store.transact((tx) => tx.chunks.merge(first));
  }
}

/** All pages, by their cursors. */
async function all(
  store: HubStore,
  filter: { device?: string; stream?: string; since?: number; until?: number },
  limit = 7,
) {
  const items = [];
  for (let before: number | undefined; ; ) {
    const page = await store.readings.list({ ...filter, limit, before });
    items.push(...page.items);
    if (page.next === undefined) return items;
    before = Number(page.next);
  }
}

const batches = fc.array(
  fc.record({
    device: fc.constantFrom('cam', 'gate'),
    streams: fc.array(fc.constantFrom('motor', 'pump'), { minLength: 1, maxLength: 5 }),
    wall: fc.integer({ min: 0, max: 100 }),
  }),
  { minLength: 1, maxLength: 40 },
);

describe('pages and courses', () => {
  test('are those of a plain list, before and after chunks are merged, with any filter', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.integer({ min: 1, max: 9 }), async (given, limit) => {
        const store = await openStore(tempFolder(), 0);
        try {
          const plain: { id: string; device: string; stream: string; wall: number }[] = [];
          let seq = 0;
          for (const { device, streams, wall } of given) {
            const items = streams.map((stream, i) => reading(++seq, { device, stream, wall: wall + i }));
            (await add(store, items)).forEach(({ id, record }, i) => {
              plain.unshift({ id: String(id), device, stream: streams[i] ?? '', wall: record.wall });
            });
          }
          for (const isMerged of [false, true]) {
            if (isMerged) await mergeAll(store);
            for (const filter of [
              {},
              { device: 'cam' },
              { device: 'gate', stream: 'pump' },
              { since: 20, until: 60 },
              { device: 'cam', stream: 'motor', since: 30 },
            ] as { device?: string; stream?: string; since?: number; until?: number }[]) {
              const wanted = plain.filter(
                (one) =>
                  (filter.device ?? one.device) === one.device &&
                  (filter.stream ?? one.stream) === one.stream &&
                  one.wall >= (filter.since ?? 0) &&
                  one.wall < (filter.until ?? 1e9),
              );
              expect((await all(store, filter, limit)).map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
            }
            const course = await store.readings.course({ device: 'cam', stream: 'motor', since: 10, bucketMs: 10 });
            const counts = new Map<number, number>();
            for (const { device, stream, wall } of plain)
              if (device === 'cam' && stream === 'motor' && wall >= 10)
                counts.set(Math.floor(wall / 10), (counts.get(Math.floor(wall / 10)) ?? 0) + 1);
            expect(course.map(({ at, readings }) => [Date.parse(at) / 10, readings])).toEqual(
              [...counts].toSorted(([a], [b]) => b - a),
            );
          }
        } finally {
          await store.close();
        }
      }),
      { numRuns: 15 },
    );
  }, 60_000);
});

test('a record that is here is not stored again, alone, in a batch with others, or twice in one batch', async () => {
  const store = await open();
  await add(store, [reading(1), reading(3)]);
  expect((await add(store, [reading(1), reading(2), reading(2), reading(3)])).map(({ seq }) => seq)).toEqual([2]);
  expect((await add(store, [reading(3, { epoch: 'f' }), reading(3, { device: 'gate' })])).length).toBe(2);
  expect((await all(store, {})).length).toBe(5);
  // Numbers that lie far apart, and fall.
  const far = [900_000, 70_000, 40_000, 39_999, 7].map((seq) => reading(seq, { epoch: 'g' }));
  expect(await add(store, far)).toHaveLength(5);
  for (let seq = 100; seq < 130; seq++) await add(store, [reading(seq * 5000, { epoch: 'g' })]);
  await mergeAll(store);
  expect(await add(store, far)).toEqual([]);
  expect(await add(store, [reading(110 * 5000, { epoch: 'g' })])).toEqual([]);
  expect(await add(store, [reading(40_001, { epoch: 'g' })])).toHaveLength(1);
});

test('many small chunks become few, ids and order stay, and merging ends', async () => {
  const store = await open();
  for (let seq = 1; seq <= 300; seq++) await add(store, [reading(seq)]);
  const before = await all(store, {}, 50);
  expect(await mergeAll(store)).toBeGreaterThan(280);
  expect(await all(store, {}, 50)).toEqual(before);
  // Those that lie days apart stay apart, and nobody tries them for ever.
  for (let day = 1; day <= 40; day++)
    await add(store, [reading(1000 + day, { receivedAt: 1_780_000_000_000 + day * 2 * 86_400_000 })]);
  await mergeAll(store);
  expect(await mergeAll(store)).toBe(0);
  expect((await all(store, {}, 500)).length).toBe(340);
});

test('an order erases exactly what it covers, out of merged chunks too, and those of a wrong clock', async () => {
  const store = await open();
  const items = Array.from({ length: 100 }, (_, i) => reading(i + 1, { clock: i === 90 ? 'wrong' : 'synced' }));
  await add(store, items);
  await add(store, [reading(200, { stream: 'pump', wall: 15_000 }), reading(201, { device: 'gate', wall: 15_000 })]);
  const order = { device: 'cam', stream: 'motor', from: 10_000, before: 20_000, pictures: false };
  const erased = await store.transact((tx) => tx.eraseRows.step('readings', order, 0));
  expect(erased.records).toBe(11);
  const left = (await all(store, { device: 'cam', stream: 'motor' }, 500)).map(({ at }) => Date.parse(at) / 1000);
  expect(left.toReversed()).toEqual(
    Array.from({ length: 100 }, (_, i) => i + 1).filter((n) => (n < 10 || n >= 20) && n !== 91),
  );
  expect((await all(store, { stream: 'pump' })).length).toBe(1);
  expect((await all(store, { device: 'gate' })).length).toBe(1);
  expect((await store.transact((tx) => tx.eraseRows.step('readings', order, 0))).records).toBe(0);
});

test('no id is given twice where the newest readings were erased', async () => {
  const store = await open();
  const [first] = await add(store, [reading(1)]);
  const order = { device: 'cam', from: 0, before: 9e12, pictures: false };
  await store.transact((tx) => tx.eraseRows.step('readings', order, 0));
  const [second] = await add(store, [reading(2)]);
  expect(second?.id).toBeGreaterThan(first?.id ?? 0);
});

test('of a chunk only what is old ends, and its newest record stays', async () => {
  const store = await open();
  await add(
    store,
    Array.from({ length: 50 }, (_, i) => reading(i + 1)),
  );
  const step = (before: number) => store.transact((tx) => tx.retention.removeBefore('readings', before, 0, 250));
  expect(await step(1_770_000_000_000 + 31)).toMatchObject({ removed: 30 });
  expect(await step(1_770_000_000_000 + 31)).toEqual({ removed: 0, next: undefined });
  expect((await all(store, {}, 500)).length).toBe(20);
  expect(await step(1_790_000_000_000)).toMatchObject({ removed: 19 });
  expect(await step(1_790_000_000_000)).toEqual({ removed: 0, next: undefined });
  expect((await all(store, {})).map(({ at }) => Date.parse(at))).toEqual([50_000]);
});
