/** Pages of lists: bounded in rows and in bytes, and over all of them nothing is lost or doubled. */
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { fitting, type ListFilter, MAX_PAGE_BYTES, type Page } from '../../../cloud-hub/store/lists.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { recordBody } from '../../../shared/contract/messages/record.ts';
import { report } from '../../../shared/contract/messages/report.ts';
import { seeded } from '../../support/random.ts';
import { tempFolder } from '../../support/temp.ts';
import { eventRecord, readingRecord, summaryRecord } from '../support.ts';

const KIB = 1024;

async function open() {
  const store = await openStore(tempFolder(), 0);
  onTestFinished(() => store.close());
  return store;
}

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

/** Follows the cursors to the end. */
async function walk<T extends { id: string }>(read: (cursor: string | undefined) => Promise<Page<T>>) {
  const pages: T[][] = [];
  for (let cursor: string | undefined; ; ) {
    const { items, next } = await read(cursor);
    pages.push(items);
    if (next === undefined) return pages;
    expect(next).toBe(items.at(-1)?.id);
    cursor = next;
  }
}

test('ids of a page: as many as fit, at least one, and a cursor while there are more', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 2 * MAX_PAGE_BYTES })));
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 12 }), (bytes, limit) => {
      const marks = bytes.slice(0, limit + 1).map((size, id) => ({ id, bytes: size }));
      const { ids, next } = fitting(marks, limit);
      expect(ids).toEqual(marks.slice(0, ids.length).map(({ id }) => id));
      const sum = (n: number) => bytes.slice(0, n).reduce((total, size) => total + size, 0);
      expect(ids.length <= 1 || sum(ids.length) <= MAX_PAGE_BYTES).toBe(true);
      const isFull = ids.length === Math.min(limit, marks.length) || sum(ids.length + 1) > MAX_PAGE_BYTES;
      expect(isFull && ids.length >= Math.min(1, marks.length)).toBe(true);
      expect(next).toBe(ids.length < marks.length ? String(ids.at(-1)) : undefined);
    }),
  );
  const half = MAX_PAGE_BYTES / 2;
  const marksOf = (...all: number[]) => all.map((bytes, id) => ({ id, bytes }));
  expect(fitting(marksOf(half, half, 0), 9)).toEqual({ ids: [0, 1, 2] });
  expect(fitting(marksOf(half, half, 1), 9)).toEqual({ ids: [0, 1], next: '1' });
  expect(fitting(marksOf(MAX_PAGE_BYTES + 1, 0), 9)).toEqual({ ids: [0], next: '0' });
});

test('records of any size: each page is small, and the pages together are all records, newest first', async () => {
  const store = await open();
  const random = seeded(7);
  const names = (bytes: number) =>
    Object.fromEntries(Array.from({ length: Math.ceil(bytes / 128) }, (_, i) => [`${i}`.padEnd(110, '.'), i]));
  const kinds = [
    (seq: number, bytes: number) => summaryRecord(seq, { labels: names(bytes) }),
    (seq: number, bytes: number) => readingRecord(seq, { values: names(bytes) }),
    (seq: number, bytes: number) => eventRecord(seq, { novel: 'x'.repeat(bytes) }),
  ];
  const perKind = 160;
  await store.transact(async (tx) => {
    for (let seq = 1; seq <= perKind * kinds.length; seq++) {
      const bytes = random() < 0.3 ? random() * 300 : random() * 120 * KIB;
      const input = kinds[seq % kinds.length]?.(seq, bytes) ?? {};
      const [record, body] = [recordBody.parse(input), JSON.stringify(input)];
      await tx.records.add([{ device: 'cam', epoch: 'e', seq, receivedAt: seq, backfill: false, record, body }]);
    }
    // What was stored before there was a bound.
    const old = { ...eventRecord(9999), novel: 'x'.repeat(6 * 1024 * KIB) };
    const record = recordBody.parse(old);
    const body = JSON.stringify(old);
    await tx.records.add([{ device: 'cam', epoch: 'e', seq: 9999, receivedAt: 1, backfill: true, record, body }]);
  });
  const tables = { events: perKind + 1, summaries: perKind, readings: perKind } as const;
  for (const table of ['events', 'summaries', 'readings'] as const) {
    for (const filter of [{}, { device: 'cam', since: 0 }]) {
      for (const limit of [7, 500]) {
        const list = (of: ListFilter): Promise<Page<{ id: string }>> => store[table].list(of);
        const pages = await walk((cursor) =>
          list({ ...filter, limit, before: cursor === undefined ? undefined : Number(cursor) }),
        );
        const ids = pages.flat().map(({ id }) => Number(id));
        expect(ids).toEqual(Array.from({ length: tables[table] }, (_, i) => tables[table] - i));
        for (const page of pages) {
          expect(page.length).toBeLessThanOrEqual(limit);
          expect(bytesOf(page)).toBeLessThanOrEqual(MAX_PAGE_BYTES + 300 * page.length);
        }
        if (limit === 500) expect(pages.length).toBeGreaterThanOrEqual(table === 'events' ? 3 : 2);
      }
    }
  }
});

test('a course of readings holds the values of as many spans as fit on a page, of the newest', async () => {
  const store = await open();
  const values = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`${i}`.padEnd(110, '.'), i]));
  const count = 60;
  await store.transact(async (tx) => {
    for (let seq = 1; seq <= count; seq++) {
      const input = readingRecord(seq, { values, threshold: 3, wall: seq * 1000 });
      const [record, body] = [recordBody.parse(input), JSON.stringify(input)];
      await tx.records.add([{ device: 'cam', epoch: 'e', seq, receivedAt: seq, backfill: false, record, body }]);
    }
  });
  const { stream } = readingRecord(1);
  const course = await store.readings.course({ device: 'cam', stream: String(stream), since: 0, bucketMs: 1000 });
  expect(course).toHaveLength(count);
  expect(bytesOf(course)).toBeLessThan(MAX_PAGE_BYTES);
  const reported = course.filter((bucket) => bucket.values !== undefined);
  expect(reported).toEqual(course.slice(0, reported.length));
  expect(reported.length).toBeGreaterThan(30);
  expect(reported.length).toBeLessThan(count);
});

test('devices with large reports: each page is small, and the pages together are all devices by id', async () => {
  const store = await open();
  const ids = Array.from({ length: 30 }, (_, i) => `cam-${String(i).padStart(2, '0')}`);
  for (const id of ids) await store.devices.add(id, 'x', 0);
  const streams = Array.from({ length: 500 }, (_, i) => ({
    ...{ id: `s-${i}`, state: 'running', fps: 1, rules: [] },
    source: 'x'.repeat(1000),
  }));
  const large = report.parse({
    ...{ version: '2', boot: 'b', config: 'c', process: { rssMb: 1, uptimeS: 1 }, streams },
    host: { platform: 'linux', arch: 'x64', cpus: 2, memoryMb: 1000, name: 'box' },
    outbox: { epoch: 'e1', waiting: 3, bytes: 1000, lastSeq: 9 },
  });
  for (const id of ids.slice(5, 25)) await store.devices.noteContact(id, { online: true, report: large }, 1);
  for (const limit of [1, 4, 500]) {
    const pages = await walk((after) => store.devices.list({ after, limit }));
    expect(pages.flat().map(({ id }) => id)).toEqual(ids);
    for (const page of pages) expect(bytesOf(page)).toBeLessThan(MAX_PAGE_BYTES + 300 * page.length);
    expect(pages.every((page) => page.length <= limit)).toBe(true);
  }
  const online = await walk((after) => store.devices.list({ after, limit: 500, online: true }));
  expect(online.flat()).toHaveLength(20);
  expect(online.length).toBeGreaterThan(2);
});
