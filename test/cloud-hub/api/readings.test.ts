import { describe, expect, test } from 'vitest';
import { event } from '../../../cloud-hub/contract/event.ts';
import { page } from '../../../cloud-hub/contract/page.ts';
import { reading, readingBucket } from '../../../cloud-hub/contract/reading.ts';
import { eventRecord, readingRecord, type TestHub, testDevice, testHub } from '../support.ts';

const START = Date.UTC(2026, 5, 1);
const course = readingBucket.array();

async function send(hub: TestHub, records: readonly { seq: number }[]): Promise<void> {
  const box = await testDevice(hub, 'box');
  await box.publish('records', { epoch: 'e1', from: 1, to: records.length, base: 1, records });
  expect((await box.nextAck()).upTo).toBe(records.length);
}

/** One reading a second from `START` on. */
const each = (count: number, more: (n: number) => Record<string, unknown>) =>
  Array.from({ length: count }, (_, n) => readingRecord(n + 1, { wall: START + n * 1000, ...more(n) }));

const courseOf = async (hub: TestHub, query: string) =>
  course.parse((await hub.json<{ items: unknown }>(`/readings/course?device=box&stream=motor&${query}`)).items);

test('an anomaly comes through with its level, contributions and what was expected, and what a newer agent adds is no reason to refuse it', async () => {
  const hub = await testHub();
  const anomaly = {
    ...{ level: 'alarm', contributions: { temperature: 0.78, load: 0.22 }, values: { temperature: 97, load: 1 } },
    expected: { temperature: [75, 80] },
  };
  await send(hub, [
    readingRecord(1, { ...anomaly, anomalous: true, score: 9, novelty: { of: 'a newer agent' } }),
    eventRecord(2, { ...anomaly, ruleKind: 'anomaly', action: 'end', peak: 12, durationMs: 5000, novelty: 1 }),
    readingRecord(3, { ...anomaly, level: 'a level of a newer agent' }),
  ]);
  const { items } = page(reading).parse(await hub.json('/readings'));
  expect(items.find((item) => item.score === 9)).toMatchObject(anomaly);
  const events = page(event).parse(await hub.json('/events'));
  expect(events.items[0]).toMatchObject({ ...anomaly, peak: 12, durationMs: 5000 });
  const [bucket] = await courseOf(hub, 'since=2026-06-01T00:00:00Z&bucketS=60');
  expect(bucket).toMatchObject({ level: 'a level of a newer agent', expected: anomaly.expected });
});

describe('the list of readings', () => {
  test('says what the device said', async () => {
    const hub = await testHub();
    const model = { name: 'm', version: '1.0.0', digest: 'd', variant: 'fp32' };
    await send(hub, [
      readingRecord(1, { model, score: 3, anomalous: true }),
      readingRecord(2, { stream: 'hall', label: 'speech', values: undefined, score: 0.9, threshold: 0.5 }),
    ]);
    const { items } = page(reading).parse(await hub.json('/readings'));
    expect(items).toMatchObject([
      { stream: 'hall', label: 'speech', score: 0.9, threshold: 0.5 },
      {
        device: 'box',
        stream: 'motor',
        score: 3,
        anomalous: true,
        values: { temperature: 81 },
        model: 'm@1.0.0 (fp32)',
      },
    ]);
    expect(items[0]).not.toHaveProperty('values');
    expect(items[1]?.at).toBe('2026-06-01T00:00:00.000Z');
  });

  test.each([
    ['device=box', 5],
    ['device=none', 0],
    ['stream=motor', 5],
    ['stream=other', 0],
    ['since=2026-06-01T00:00:02Z', 3],
    ['device=box&stream=motor&since=2026-06-01T00:00:01Z&until=2026-06-01T00:00:03Z', 2],
  ])('readings?%s: %i', async (query, count) => {
    const hub = await testHub();
    await send(
      hub,
      each(5, () => ({})),
    );
    expect((await hub.json<{ items: unknown[] }>(`/readings?${query}`)).items).toHaveLength(count);
  });

  test('pages by cursor, newest first', async () => {
    const hub = await testHub();
    await send(
      hub,
      each(5, () => ({})),
    );
    const first = page(reading).parse(await hub.json('/readings?limit=3'));
    const second = page(reading).parse(await hub.json(`/readings?limit=3&cursor=${first.next}`));
    expect([...first.items, ...second.items].map(({ ptsMs }) => ptsMs)).toEqual([5000, 4000, 3000, 2000, 1000]);
    expect(second.next).toBeUndefined();
  });
});

describe('the course of readings', () => {
  test('keeps the highest score, how many were anomalous, and the last values of each span', async () => {
    const hub = await testHub();
    const scores = [1, 9, 2, 0.5, 0.25, 0.125];
    await send(
      hub,
      each(6, (n) => ({ score: scores[n], anomalous: n === 1, threshold: 2 + n })),
    );
    expect(await courseOf(hub, 'since=2026-06-01T00:00:00Z&bucketS=4')).toEqual([
      {
        at: '2026-06-01T00:00:04.000Z',
        readings: 2,
        anomalous: 0,
        score: 0.25,
        threshold: 7,
        values: { temperature: 86 },
      },
      {
        at: '2026-06-01T00:00:00.000Z',
        readings: 4,
        anomalous: 1,
        score: 9,
        threshold: 5,
        values: { temperature: 84 },
      },
    ]);
  });

  test('leaves out spans without a reading, other streams, and what lies outside of the bounds', async () => {
    const hub = await testHub();
    await send(
      hub,
      each(30, (n) => ({ wall: START + n * 10_000, stream: n % 2 ? 'motor' : 'pump' })),
    );
    const spans = await courseOf(hub, 'since=2026-06-01T00:01:00Z&until=2026-06-01T00:02:00Z&bucketS=5');
    expect(spans.map(({ at }) => at.slice(14, 19))).toEqual(['01:50', '01:30', '01:10']);
    expect(await courseOf(hub, 'since=2027-01-01T00:00:00Z&bucketS=5')).toEqual([]);
  });

  test('a reading without score or state is counted, and invents none', async () => {
    const hub = await testHub();
    await send(hub, [
      readingRecord(1, { score: undefined, threshold: undefined, anomalous: undefined, values: undefined }),
    ]);
    expect(await courseOf(hub, 'since=2026-01-01T00:00:00Z&bucketS=60')).toEqual([
      { at: '2026-06-01T00:00:00.000Z', readings: 1, anomalous: 0 },
    ]);
  });

  test.each(['bucketS=60', 'since=2026-01-01T00:00:00Z&bucketS=0', 'since=yesterday&bucketS=60'])(
    'refuses %s',
    async (query) => {
      const hub = await testHub();
      expect((await hub.api(`/readings/course?device=box&stream=motor&${query}`)).status).toBe(400);
    },
  );
});
