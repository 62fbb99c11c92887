import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Device, sequence } from '../../../cloud-hub/contract/device.ts';
import { type Event, event } from '../../../cloud-hub/contract/event.ts';
import { page } from '../../../cloud-hub/contract/page.ts';
import { problem } from '../../../cloud-hub/contract/problem.ts';
import { quarantined } from '../../../cloud-hub/contract/quarantined.ts';
import { summary } from '../../../cloud-hub/contract/summary.ts';
import {
  addDevice,
  eventRecord,
  jpeg,
  lossRecord,
  snapshotOf,
  summaryRecord,
  testDevice,
  testHub,
} from '../support.ts';

describe('records', () => {
  async function withRecords() {
    const hub = await testHub();
    const cam = await testDevice(hub, 'cam');
    const records = [
      eventRecord(1, {
        snapshot: snapshotOf(jpeg),
        track: 4,
        model: { name: 'm', version: '1.0.0', digest: 'd', variant: 'int8' },
      }),
      eventRecord(2, { label: 'car', stream: 'yard', wall: Date.UTC(2026, 0, 1) }),
      summaryRecord(3),
      lossRecord(6, { epoch: 'e1', from: 4, to: 5, reason: 'quota' }),
      { ...eventRecord(7), score: 9 },
    ];
    await cam.publish('records', { epoch: 'e1', from: 1, to: 7, base: 1, records });
    expect((await cam.nextAck()).upTo).toBe(7);
    return hub;
  }

  test('what a device sent is in the lists, as the schemas say', async () => {
    const hub = await withRecords();
    const events = page(event).parse(await hub.json('/events'));
    expect(events.items.map((e) => e.label)).toEqual(['car', 'person']);
    expect(events.items[1]).toMatchObject({
      device: 'cam',
      track: 4,
      model: 'm@1.0.0 (int8)',
      at: '2026-06-01T00:00:00.000Z',
    });
    expect(await hub.json(`/events/${events.items[0]?.id}`)).toEqual(events.items[0]);
    expect(page(summary).parse(await hub.json('/summaries')).items).toHaveLength(1);
    const problems = page(problem).parse(await hub.json('/problems?device=cam'));
    expect(problems.items).toMatchObject([{ kind: 'loss', count: 2, message: expect.stringContaining('quota') }]);
    const quarantine = page(quarantined).parse(await hub.json('/quarantine?device=cam'));
    expect(quarantine.items).toMatchObject([{ from: 7, to: 7, reason: expect.stringContaining('score') }]);
    const sequences = z.object({ items: z.array(sequence) }).parse(await hub.json('/devices/cam/sequences'));
    expect(sequences.items).toEqual([
      { epoch: 'e1', upTo: 7, records: 4, gaps: [{ from: 4, to: 5, reason: 'quota' }] },
    ]);
  });

  test.each([
    ['device=cam', 2],
    ['device=none', 0],
    ['stream=yard', 1],
    ['label=person', 1],
    ['rule=enter', 2],
    ['rule=other', 0],
    ['since=2026-02-01T00:00:00Z', 1],
    ['until=2026-02-01T00:00:00Z', 1],
    ['since=2026-01-01T00:00:00Z&until=2026-06-01T00:00:00Z', 1],
  ])('events?%s: %i', async (query, count) => {
    const hub = await withRecords();
    expect((await hub.json<{ items: unknown[] }>(`/events?${query}`)).items).toHaveLength(count);
  });

  test('an anomaly says how far it went', async () => {
    const hub = await testHub();
    const box = await testDevice(hub, 'box');
    const { box: _box, ...anomaly } = eventRecord(1, { ruleKind: 'anomaly', value: 12.5, threshold: 2.25 });
    await box.publish('records', { epoch: 'e1', from: 1, to: 1, records: [anomaly] });
    await box.nextAck();
    const { items } = page(event).parse(await hub.json('/events'));
    expect(items).toMatchObject([{ ruleKind: 'anomaly', value: 12.5, threshold: 2.25 }]);
  });

  test('a snapshot is a picture that no browser keeps: it may be erased', async () => {
    const hub = await withRecords();
    const events = await hub.json<{ items: Event[] }>('/events?label=person');
    const response = await hub.api(`/snapshots/${events.items[0]?.snapshot}`);
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(Buffer.from(await response.arrayBuffer())).toEqual(jpeg);
  });

  test('paging gives each item once while new ones come', async () => {
    const hub = await testHub();
    const cam = await testDevice(hub, 'cam');
    const send = async (from: number, to: number) => {
      const records = Array.from({ length: to - from + 1 }, (_, i) => eventRecord(from + i));
      await cam.publish('records', { epoch: 'e1', from, to, base: 1, records });
      expect((await cam.nextAck()).upTo).toBe(to);
    };
    await send(1, 25);
    const seen: number[] = [];
    let cursor: string | undefined;
    let next = 26;
    do {
      const target: string = `/events?limit=10${cursor === undefined ? '' : `&cursor=${cursor}`}`;
      const page = await hub.json<{ items: Event[]; next?: string }>(target);
      seen.push(...page.items.map((e) => e.ptsMs / 40));
      cursor = page.next;
      await send(next, next + 2);
      next += 3;
    } while (cursor !== undefined);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => 25 - i));
  });

  test('paging of the quarantine', async () => {
    const hub = await testHub();
    const cam = await testDevice(hub, 'cam');
    const records = [1, 2].map((seq) => ({ ...eventRecord(seq), score: 9 }));
    await cam.publish('records', { epoch: 'e1', from: 1, to: 2, base: 1, records });
    await cam.nextAck();
    const list = async (query: string) => page(quarantined).parse(await hub.json(`/quarantine?limit=1${query}`));
    const first = await list('');
    expect(first.items.map((q) => q.from)).toEqual([2]);
    const second = await list(`&cursor=${first.next}`);
    expect(second.items.map((q) => q.from)).toEqual([1]);
    expect(second).not.toHaveProperty('next');
  });

  test('paging of devices', async () => {
    const hub = await testHub();
    for (const id of ['b', 'a', 'c']) await addDevice(hub, id);
    const first = await hub.json<{ items: Device[]; next: string }>('/devices?limit=2');
    expect(first.items.map((d) => d.id)).toEqual(['a', 'b']);
    const second = await hub.json<{ items: Device[] }>(`/devices?limit=2&cursor=${first.next}`);
    expect(second.items.map((d) => d.id)).toEqual(['c']);
    expect(second).not.toHaveProperty('next');
    expect((await hub.json<{ items: unknown[] }>('/devices?online=true')).items).toEqual([]);
  });
});

test('a page of large records ends early, and its cursor leads on', async () => {
  const hub = await testHub();
  const cam = await testDevice(hub, 'cam');
  const labels = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`${i}`.padEnd(120, '.'), i]));
  const count = 42;
  for (let from = 1; from <= count; from += 7) {
    const records = Array.from({ length: 7 }, (_, i) => summaryRecord(from + i, { labels }));
    await cam.publish('records', { epoch: 'e1', from, to: from + 6, base: 1, records });
    expect((await cam.nextAck()).upTo).toBe(from + 6);
  }
  const first = page(summary).parse(await hub.json('/summaries?limit=500'));
  expect(first.items.length).toBeGreaterThan(20);
  expect(first.items.length).toBeLessThan(count);
  const second = page(summary).parse(await hub.json(`/summaries?limit=500&cursor=${first.next}`));
  expect(second.next).toBeUndefined();
  const ids = [...first.items, ...second.items].map(({ id }) => Number(id));
  expect(ids).toEqual(Array.from({ length: count }, (_, i) => count - i));
});
