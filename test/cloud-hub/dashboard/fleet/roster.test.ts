import { describe, expect, test } from 'vitest';
import type { Device } from '../../../../cloud-hub/contract/device.ts';
import { createRoster, MAX_DEVICES } from '../../../../cloud-hub/dashboard/fleet/roster.ts';
import type { Page, Query } from '../../../../cloud-hub/dashboard/hub/api.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const PUBLISH_MS = 250;
const device = (id: string, online = false): Device => ({
  id,
  online,
  createdAt: '2026-01-01T00:00:00.000Z',
  streams: [],
});

/** A roster whose pages come when the test gives them. */
function bench() {
  const clock = new ManualClock();
  const asked: { query: Query | undefined; give(page: Page<Device>): void; fail(error: unknown): void }[] = [];
  const roster = createRoster(
    {
      devices: (query) =>
        new Promise<Page<Device>>((give, fail) => {
          asked.push({ query, give, fail });
        }),
    },
    clock,
  );
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const answer = async (n: number, page: Page<Device>) => {
    asked[n]?.give(page);
    await settled();
  };
  const fail = async (n: number, error: unknown) => {
    asked[n]?.fail(error);
    await settled();
  };
  return { roster, clock, asked, answer, fail, ids: () => roster.devices.value.map(({ id }) => id).join(' ') };
}

test('pages are put together, sorted, and shown as they come; a second reading forgets what is gone', async () => {
  const { roster, asked, answer, ids } = bench();
  expect(roster.loading.value).toEqual({ kind: 'loading' });
  const loading = roster.load();
  await answer(0, { items: [device('c'), device('a')], next: '1' });
  expect(ids()).toBe('a c');
  expect(roster.loading.value).toEqual({ kind: 'loading' });
  await answer(1, { items: [device('b')] });
  await loading;
  expect(ids()).toBe('a b c');
  expect(roster.loading.value).toEqual({ kind: 'ready' });
  const second = roster.load();
  await answer(2, { items: [device('b', true)] });
  await second;
  expect(roster.devices.value).toEqual([device('b', true)]);
  expect(asked.map(({ query }) => query)).toEqual([
    { cursor: undefined, limit: 500 },
    { cursor: '1', limit: 500 },
    { cursor: undefined, limit: 500 },
  ]);
});

test('an empty page ends the reading, whatever it says of a next one', async () => {
  const { roster, asked, answer } = bench();
  const loading = roster.load();
  await answer(0, { items: [], next: '1' });
  await loading;
  expect(asked).toHaveLength(1);
  expect(roster.loading.value).toEqual({ kind: 'ready' });
});

describe('the feed', () => {
  test('is newer than pages that were under way, and stays; what it said before the next reading does not', async () => {
    const { roster, answer } = bench();
    const loading = roster.load();
    roster.put(device('a', true));
    roster.put(device('new', true));
    await answer(0, { items: [device('a', false)] });
    await loading;
    expect(roster.devices.value).toEqual([device('a', true), device('new', true)]);
    const second = roster.load();
    await answer(1, { items: [device('a', false)] });
    await second;
    expect(roster.devices.value).toEqual([device('a', false)]);
  });

  test('changes the list once in a while, however many reports come, and again after a pause', async () => {
    const { roster, clock } = bench();
    let changes = -1;
    roster.devices.subscribe(() => changes++);
    for (let n = 0; n < 5000; n++) roster.put(device(`d${n % 100}`, n % 2 === 0));
    await clock.advance(PUBLISH_MS - 1);
    expect(changes).toBe(0);
    await clock.advance(1);
    expect(changes).toBe(1);
    expect(roster.devices.value).toHaveLength(100);
    await clock.advance(10_000);
    expect(changes).toBe(1);
    roster.put(device('d1', true));
    await clock.advance(PUBLISH_MS);
    expect(changes).toBe(2);
  });

  test('is shown with a page that comes before its time, and not once more after it', async () => {
    const { roster, clock, answer, ids } = bench();
    let changes = -1;
    roster.devices.subscribe(() => changes++);
    void roster.load();
    roster.put(device('heard'));
    await answer(0, { items: [device('read')], next: '1' });
    expect([ids(), changes]).toEqual(['heard read', 1]);
    await clock.advance(10 * PUBLISH_MS);
    expect(changes).toBe(1);
  });

  test('brings no more devices than are held, and still changes those that are', async () => {
    const { roster, clock } = bench();
    for (let n = 0; n < MAX_DEVICES + 5; n++) roster.put(device(`d${n}`));
    roster.put(device('d0', true));
    await clock.advance(PUBLISH_MS);
    expect(roster.devices.value).toHaveLength(MAX_DEVICES);
    expect(roster.devices.value.find(({ id }) => id === 'd0')?.online).toBe(true);
    expect(roster.devices.value.some(({ id }) => id === `d${MAX_DEVICES}`)).toBe(false);
  });
});

test('a fleet larger than is held is read up to the bound', async () => {
  const { roster, asked, answer } = bench();
  const loading = roster.load();
  const half = MAX_DEVICES / 2;
  const items = (from: number) => Array.from({ length: half }, (_, n) => device(`d${from + n}`));
  await answer(0, { items: items(0), next: '1' });
  await answer(1, { items: items(half), next: '2' });
  await loading;
  expect(asked).toHaveLength(2);
  expect(roster.devices.value).toHaveLength(MAX_DEVICES);
  expect(roster.loading.value).toEqual({ kind: 'ready' });
});

test('a failed reading keeps the devices and says why; one that was overtaken says nothing', async () => {
  const { roster, answer, fail, ids } = bench();
  const first = roster.load();
  await answer(0, { items: [device('a')] });
  await first;
  const second = roster.load();
  await fail(1, new Error('down'));
  await second;
  expect(ids()).toBe('a');
  expect(roster.loading.value).toEqual({ kind: 'failed', reason: 'down' });

  const [late, later, last] = [roster.load(), roster.load(), roster.load()];
  await answer(4, { items: [device('b')] });
  await last;
  await answer(2, { items: [device('stale')] });
  await fail(3, new Error('aborted'));
  await Promise.all([late, later]);
  expect(ids()).toBe('b');
  expect(roster.loading.value).toEqual({ kind: 'ready' });
  const odd = roster.load();
  await fail(5, 'no error object');
  await odd;
  expect(roster.loading.value).toEqual({ kind: 'failed', reason: 'no error object' });
});

test('once cleared, as by a sign-out, it is empty and stays so until it is read again', async () => {
  const { roster, clock, answer, ids } = bench();
  const first = roster.load();
  await answer(0, { items: [device('a')], next: '1' });
  roster.put(device('b'));
  roster.clear();
  expect([ids(), roster.loading.value]).toEqual(['', { kind: 'loading' }]);
  await answer(1, { items: [device('c')] });
  await first;
  await clock.advance(1000);
  expect([ids(), roster.loading.value]).toEqual(['', { kind: 'loading' }]);
  const second = roster.load();
  await answer(2, { items: [device('d')] });
  await second;
  expect([ids(), roster.loading.value]).toEqual(['d', { kind: 'ready' }]);
});
