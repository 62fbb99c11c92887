import { expect, test } from 'vitest';
import type { Event } from '../../../../cloud-hub/api/schemas/api.ts';
import { createActivity } from '../../../../cloud-hub/dashboard/state/activity.ts';
import { matches } from '../../../../cloud-hub/dashboard/state/event-filter.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const MINUTE = 60_000;

function event(id: number, at: number, over: Partial<Event> = {}): Event {
  const iso = new Date(at).toISOString();
  return {
    id: String(id),
    device: 'gate',
    stream: 'door',
    rule: 'zone-a',
    ruleKind: 'zone',
    action: 'enter',
    label: 'person',
    score: 0.9,
    ptsMs: 0,
    at: iso,
    receivedAt: iso,
    clock: 'synced',
    ...over,
  };
}

/** Endless events, one a second back from `now`. */
function busyHub(now: number) {
  return {
    events: async (query: { cursor?: unknown; limit?: unknown } = {}) => {
      const from = Number(query.cursor ?? 0);
      const items = Array.from({ length: Number(query.limit) }, (_, i) => event(from + i, now - (from + i) * 500));
      return { items, next: String(from + items.length) };
    },
    troubles: async () => ({ items: [] }),
  };
}

test('what was read and what is heard count once; late arrivals count when they happened', async () => {
  const clock = new ManualClock();
  const now = clock.wall();
  const known = event(1, now - MINUTE);
  const activity = createActivity(
    { events: async () => ({ items: [known] }), troubles: async () => ({ items: [] }) },
    clock,
  );
  await activity.load();
  activity.event(known);
  activity.event(event(2, now));
  activity.event(event(3, now - 180 * MINUTE, { receivedAt: new Date(now).toISOString() }));
  activity.event(event(4, 0, { clock: 'wrong', receivedAt: new Date(now).toISOString() }));
  await clock.advance(1000);
  expect(activity.counts.value.events.get('gate')).toBe(3);
  expect(activity.counts.value.exact).toBe(true);
  await clock.advance(62 * MINUTE);
  expect(activity.counts.value.events.size).toBe(0);
  activity.stop();
});

test('a fleet busier than is read back says so, until the hour that it has heard itself is over', async () => {
  const clock = new ManualClock();
  const activity = createActivity(busyHub(clock.wall()), clock);
  await activity.load();
  expect(activity.counts.value.exact).toBe(false);
  await clock.advance(61 * MINUTE);
  expect(activity.counts.value.exact).toBe(true);
  activity.stop();
});

test('a hub that does not answer leaves the count to the feed', async () => {
  const clock = new ManualClock();
  const down = () => Promise.reject(new Error('down'));
  const activity = createActivity({ events: down, troubles: down }, clock);
  await activity.load();
  activity.event(event(1, clock.wall()));
  await clock.advance(1000);
  expect(activity.counts.value).toMatchObject({ exact: false });
  expect(activity.counts.value.events.get('gate')).toBe(1);
  activity.stop();
});

test('a filter takes what has all of its values', () => {
  const seen = event(1, 0);
  expect(matches({}, seen)).toBe(true);
  expect(matches({ device: 'gate', stream: 'door', rule: 'zone-a', label: 'person' }, seen)).toBe(true);
  for (const key of ['device', 'stream', 'rule', 'label']) expect(matches({ [key]: 'other' }, seen)).toBe(false);
});
