import { describe, expect, test } from 'vitest';
import type { Event } from '../../../../cloud-hub/contract/event.ts';
import type { Problem } from '../../../../cloud-hub/contract/problem.ts';
import { createActivity } from '../../../../cloud-hub/dashboard/fleet/activity.ts';
import type { Page, Query } from '../../../../cloud-hub/dashboard/hub/api.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

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

const problem = (id: number, at: number): Problem => ({
  id: String(id),
  device: 'gate',
  at: new Date(at).toISOString(),
  kind: 'error',
  code: 'x',
  message: '',
  count: 1,
});

/** A hub with these events, newest first, and these problems; it tells what it was asked. */
function hub(of: { events?: readonly Event[]; problems?: readonly Problem[] } = {}) {
  const asked: { readonly what: string; readonly query: Query | undefined }[] = [];
  const state = { failure: undefined as Error | undefined, gate: Promise.resolve() };
  const hold = () => {
    let open: () => void = () => undefined;
    state.gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  };
  const answer = async <T>(what: string, query: Query | undefined, value: () => Page<T>): Promise<Page<T>> => {
    asked.push({ what, query });
    const { failure, gate } = state;
    await gate;
    if (failure) throw failure;
    return value();
  };
  const api = {
    events: (query?: Query) =>
      answer('events', query, () => {
        const all = of.events ?? [];
        const from = Number(query?.cursor ?? 0);
        const items = all.slice(from, from + Number(query?.limit));
        const end = from + items.length;
        return end < all.length ? { items, next: String(end) } : { items };
      }),
    problems: (query?: Query) => answer('problems', query, () => ({ items: of.problems ?? [] })),
  };
  return { api, asked, state, hold };
}

function bench(of: Parameters<typeof hub>[0] | ((now: number) => Parameters<typeof hub>[0]) = {}) {
  // Half a minute in, so that ticks and minutes do not fall together.
  const clock = new ManualClock(Date.UTC(2026, 0, 1, 12, 0, 30));
  const edge = hub(typeof of === 'function' ? of(clock.wall()) : of);
  const activity = createActivity(edge.api, clock);
  const counts = () => {
    const { events, problems, exact } = activity.counts.value;
    return { events: events.get('gate') ?? 0, problems: problems.get('gate') ?? 0, exact };
  };
  return { clock, activity, counts, ...edge };
}

test('asks for the hour before now, and counts what was read and what is heard once', async () => {
  const { clock, activity, counts, asked } = bench((now) => ({
    events: [event(2, now), event(1, now - MINUTE)],
    problems: [problem(1, now - MINUTE), problem(0, now - 2 * HOUR)],
  }));
  const now = clock.wall();
  expect(counts()).toEqual({ events: 0, problems: 0, exact: true });
  await activity.load();
  expect(counts()).toEqual({ events: 2, problems: 1, exact: true });
  expect(asked).toEqual([
    { what: 'events', query: { since: new Date(now - HOUR).toISOString(), cursor: undefined, limit: 500 } },
    { what: 'problems', query: { limit: 500 } },
  ]);
  activity.event(event(1, now - MINUTE));
  activity.event(event(3, now));
  activity.problem(problem(1, now - MINUTE));
  activity.problem(problem(2, now));
  await clock.advance(SECOND);
  expect(counts()).toEqual({ events: 3, problems: 2, exact: true });
});

test('late arrivals count when they happened; by a wrong clock, when the hub had them', async () => {
  const { clock, activity, counts } = bench();
  await activity.load();
  const now = clock.wall();
  const receivedAt = new Date(now).toISOString();
  activity.event(event(1, now - 3 * HOUR, { receivedAt }));
  activity.event(event(2, 0, { clock: 'wrong', receivedAt }));
  await clock.advance(SECOND);
  expect(counts().events).toBe(1);
  await clock.advance(HOUR + MINUTE);
  expect(counts().events).toBe(0);
  activity.stop();
});

test('counts change once a second while something happens, once a minute while nothing does', async () => {
  const { clock, activity } = bench();
  await activity.load();
  let changes = -1;
  activity.counts.subscribe(() => changes++);
  for (let n = 0; n < 100; n++) activity.event(event(n, clock.wall()));
  await clock.advance(SECOND - 1);
  expect(changes).toBe(0);
  await clock.advance(1);
  expect(changes).toBe(1);
  await clock.advance(5 * SECOND);
  expect(changes).toBe(1);
  activity.problem(problem(1, clock.wall()));
  await clock.advance(SECOND);
  expect(changes).toBe(2);
  await clock.advance(3 * MINUTE);
  expect(changes).toBe(5);
  activity.stop();
});

describe('a fleet busier than is read back', () => {
  /** So many events, two a second. */
  const busy = (count: number) => (now: number) => ({
    events: Array.from({ length: count }, (_, n) => event(n, now - n * 500)),
  });

  test.each([
    [4000, 8, true],
    [4001, 8, false],
  ])('of %i events %i pages are read: exact is %s', async (count, pages, exact) => {
    const { activity, counts, asked } = bench(busy(count));
    await activity.load();
    expect(asked.filter(({ what }) => what === 'events')).toHaveLength(pages);
    expect(counts()).toMatchObject({ exact });
    activity.stop();
  });

  test('says so, until the hour from which it knows all is over', async () => {
    const { clock, activity, counts } = bench(busy(5000));
    await activity.load();
    // 4,000 events reach 1,999.5 s back, so that the hour is whole after 1,600.5 s; it is said with the next minute.
    await clock.advance(1649 * SECOND);
    expect(counts().exact).toBe(false);
    await clock.advance(SECOND);
    expect(counts().exact).toBe(true);
    activity.stop();
  });
});

test('one that came late does not stand for those before it that were not read', async () => {
  const { clock, activity, counts } = bench((now) => ({
    events: Array.from({ length: 5000 }, (_, n) =>
      event(n, n === 100 ? now - 59 * MINUTE : now - n * 500, { receivedAt: new Date(now - n * 500).toISOString() }),
    ),
  }));
  await activity.load();
  await clock.advance(5 * MINUTE);
  expect(counts().exact).toBe(false);
  activity.stop();
});

test('a hub that does not answer leaves the count to the feed, until it answers', async () => {
  const { clock, activity, counts, state } = bench((now) => ({ events: [event(1, now)], problems: [problem(1, now)] }));
  state.failure = new Error('down');
  await activity.load();
  activity.event(event(2, clock.wall()));
  await clock.advance(SECOND);
  expect(counts()).toEqual({ events: 1, problems: 0, exact: false });
  state.failure = undefined;
  await activity.load();
  expect(counts()).toEqual({ events: 2, problems: 1, exact: true });
  activity.stop();
});

test('once stopped, as by a sign-out, it counts nothing, not even an answer that comes late', async () => {
  const { clock, activity, counts, hold, asked } = bench((now) => ({
    events: [event(1, now)],
    problems: [problem(1, now)],
  }));
  await activity.load();
  activity.event(event(2, clock.wall()));
  activity.problem(problem(2, clock.wall()));
  const open = hold();
  const late = activity.load();
  activity.stop();
  const none = { events: 0, problems: 0, exact: true };
  expect(counts()).toEqual(none);
  open();
  await late;
  await clock.advance(5 * MINUTE);
  expect(counts()).toEqual(none);
  // It did not even ask for the rest.
  expect(asked.map(({ what }) => what)).toEqual(['events', 'problems', 'events']);
  // Whoever signs in next starts from the beginning.
  await activity.load();
  expect(counts()).toEqual({ events: 1, problems: 1, exact: true });
  activity.event(event(2, clock.wall()));
  await clock.advance(SECOND);
  expect(counts().events).toBe(2);
  activity.stop();
});

test('of two readings the later counts, and there is one tick', async () => {
  const { clock, activity, counts, state, hold } = bench((now) => ({ events: [event(1, now)] }));
  state.failure = new Error('down');
  const open = hold();
  const first = activity.load();
  state.failure = undefined;
  state.gate = Promise.resolve();
  await activity.load();
  open();
  await first;
  expect(counts()).toMatchObject({ events: 1, exact: true });
  activity.stop();
  let changes = -1;
  activity.counts.subscribe(() => changes++);
  await clock.advance(5 * MINUTE);
  expect(changes).toBe(0);
});
