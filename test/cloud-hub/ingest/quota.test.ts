/** What the hub stores of one device per day: the rest waits with the device, nothing is lost, and people are told. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dayOf, noLimits, pausedUntil } from '../../../cloud-hub/ingest/quota.ts';
import { encode } from '../../../shared/contract/codec.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { eventRecord } from '../support.ts';
import { bench } from './bench.ts';

const DAY_MS = 86_400_000;
const NOON = 20_000 * DAY_MS + DAY_MS / 2;
const MIDNIGHT = 20_001 * DAY_MS;
const until = new Date(MIDNIGHT).toISOString();

test('a day that is used up pauses records until midnight, and loses none', async () => {
  let now = NOON;
  const clock = { ...systemClock, wall: () => now };
  const limits = { records: 3, bytes: Number.POSITIVE_INFINITY };
  const { batch, store, notices, warned, live, counted, send, acks } = await bench(
    undefined,
    undefined,
    { clock },
    limits,
  );
  expect(await batch([1, 2].map((seq) => eventRecord(seq)))).toMatchObject({ upTo: 2 });
  // A batch that was begun is stored whole.
  expect(await batch([3, 4].map((seq) => eventRecord(seq)))).toMatchObject({ upTo: 4 });
  expect(await store.devices.get('cam')).toMatchObject({ usage: { day: '2024-10-04', records: 4 } });

  expect(await batch([eventRecord(5)])).toBeUndefined();
  expect(await batch([eventRecord(5)])).toBeUndefined();
  expect(await store.devices.get('cam')).toMatchObject({ pausedUntil: until, usage: { records: 4 } });
  const message = `the hub stores at most 3 records of a device per day: it takes no more of cam until ${until}; its records wait in its outbox`;
  expect(notices).toEqual([{ kind: 'notice', code: 'quota-reached', message }]);
  expect(warned).toMatchObject([{ device: 'cam', until }]);
  expect(live.filter(({ type }) => type === 'device')).toMatchObject([{ device: { pausedUntil: until } }]);
  expect(await counted('pausedBatches')).toBe(2);
  // States and reports go on.
  await send(encode({ online: true, version: '7' }), 'status');
  expect(await store.devices.get('cam')).toMatchObject({ version: '7', pausedUntil: until });

  now = MIDNIGHT;
  expect(await batch([eventRecord(5)])).toMatchObject({ upTo: 5 });
  const { pausedUntil: after, usage } = (await store.devices.get('cam')) ?? {};
  expect([after, usage]).toMatchObject([undefined, { day: '2024-10-05', records: 1 }]);
  expect(acks.every(({ refused }) => refused === undefined)).toBe(true);
  expect((await store.events.list({ limit: 10 })).items).toHaveLength(5);
});

test('bytes count with their pictures; another device is not concerned; what is here already costs nothing', async () => {
  const jpeg = Buffer.alloc(9000, 7);
  jpeg.set([0xff, 0xd8]);
  const snapshot = { mime: 'image/jpeg', width: 9, height: 9, data: jpeg.toString('base64') };
  const limits = { records: Number.POSITIVE_INFINITY, bytes: 9000 };
  const { batch, store, ingest, acks } = await bench(undefined, undefined, {}, limits);
  await store.devices.add('other', 'x', 0);
  expect(await batch([{ ...eventRecord(1), snapshot }])).toMatchObject({ upTo: 1 });
  expect(await batch([eventRecord(2)])).toBeUndefined();
  const before = acks.length;
  ingest.offer('other', 'records', encode({ epoch: 'e1', from: 1, to: 1, base: 1, records: [eventRecord(1)] }));
  await ingest.drained();
  expect(acks.slice(before)).toMatchObject([{ upTo: 1 }]);
  expect((await store.devices.get('other'))?.pausedUntil).toBeUndefined();
});

test('a pause ends with its day, and only a used-up day pauses', () => {
  const usage = fc.record({ day: fc.nat(30_000), records: fc.nat(), bytes: fc.nat() });
  const limits = fc.record({ records: fc.nat(), bytes: fc.nat() });
  fc.assert(
    fc.property(usage, limits, fc.nat(30_000), fc.nat(DAY_MS - 1), (used, most, day, ms) => {
      const now = day * DAY_MS + ms;
      const end = pausedUntil(used, most, now);
      const isFull = used.records >= most.records || used.bytes >= most.bytes;
      expect(end !== undefined).toBe(used.day === day && isFull);
      if (end === undefined) return;
      expect(end).toBeGreaterThan(now);
      expect(pausedUntil(used, most, end)).toBeUndefined();
      expect(dayOf(end)).toBe(dayOf(now) + 1);
    }),
  );
});

type Row = readonly [records: number, bytes: number, isPaused: boolean];
const atBounds: readonly [string, Parameters<typeof pausedUntil>[1], readonly Row[]][] = [
  [
    'records',
    { records: 10, bytes: 1000 },
    [
      [9, 999, false],
      [10, 0, true],
      [11, 0, true],
    ],
  ],
  [
    'bytes',
    { records: 10, bytes: 1000 },
    [
      [0, 999, false],
      [0, 1000, true],
      [0, 1001, true],
    ],
  ],
  ['no limit', noLimits, [[1e12, 1e15, false]]],
];

test.each(atBounds)('%s at their bounds, on the day itself and on each other one', (_, limits, rows) => {
  for (const [records, bytes, isPaused] of rows) {
    const day = dayOf(NOON);
    expect(pausedUntil({ day, records, bytes }, limits, NOON)).toBe(isPaused ? MIDNIGHT : undefined);
    expect(pausedUntil({ day, records, bytes }, limits, MIDNIGHT - 1)).toBe(isPaused ? MIDNIGHT : undefined);
    // What was counted on another day, also when the clock was set back since.
    for (const now of [MIDNIGHT, NOON - DAY_MS, NOON + 30 * DAY_MS])
      expect(pausedUntil({ day, records, bytes }, limits, now)).toBeUndefined();
  }
});
