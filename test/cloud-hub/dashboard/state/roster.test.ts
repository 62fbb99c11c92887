import { expect, test } from 'vitest';
import type { Device } from '../../../../cloud-hub/api/schemas/api.ts';
import type { Page } from '../../../../cloud-hub/dashboard/state/api.ts';
import { createRoster } from '../../../../cloud-hub/dashboard/state/roster.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const device = (id: string, online = false): Device => ({
  id,
  online,
  createdAt: '2026-01-01T00:00:00.000Z',
  streams: [],
});

test('pages are put together, sorted; a second reading forgets what is gone', async () => {
  const pages: Page<Device>[] = [
    { items: [device('c'), device('a')], next: '1' },
    { items: [device('b')] },
    { items: [device('b')] },
  ];
  const asked: unknown[] = [];
  const roster = createRoster(
    {
      devices: async (query) => {
        asked.push(query?.cursor);
        return pages.shift() ?? { items: [] };
      },
    },
    new ManualClock(),
  );
  await roster.load();
  expect(roster.devices.value.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  await roster.load();
  expect(roster.devices.value.map(({ id }) => id)).toEqual(['b']);
  expect(asked).toEqual([undefined, '1', undefined]);
});

test('what the feed said while a page was under way is newer and stays', async () => {
  let answer: (page: Page<Device>) => void = () => undefined;
  const clock = new ManualClock();
  const roster = createRoster(
    {
      devices: () =>
        new Promise<Page<Device>>((resolve) => {
          answer = resolve;
        }),
    },
    clock,
  );
  const loading = roster.load();
  roster.put(device('a', true));
  roster.put(device('new', true));
  answer({ items: [device('a', false)] });
  await loading;
  expect(roster.devices.value).toEqual([device('a', true), device('new', true)]);
});

test('a storm of reports changes the list once in a while', async () => {
  const clock = new ManualClock();
  const roster = createRoster({ devices: async () => ({ items: [] }) }, clock);
  await roster.load();
  let changes = -1;
  roster.devices.subscribe(() => changes++);
  for (let n = 0; n < 5000; n++) roster.put(device(`d${n % 100}`, n % 2 === 0));
  expect(changes).toBe(0);
  await clock.advance(1000);
  expect(changes).toBe(1);
  expect(roster.devices.value).toHaveLength(100);
});

test('a failed reading keeps the devices and says why', async () => {
  const answers = [async () => ({ items: [device('a')] }), () => Promise.reject(new Error('down'))];
  const roster = createRoster(
    { devices: () => (answers.shift() ?? (() => Promise.reject(new Error('none'))))() },
    new ManualClock(),
  );
  await roster.load();
  await roster.load();
  expect(roster.devices.value).toHaveLength(1);
  expect(roster.loading.value).toEqual({ kind: 'failed', reason: 'down' });
});
