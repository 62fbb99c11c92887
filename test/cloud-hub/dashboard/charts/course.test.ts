import { describe, expect, test } from 'vitest';
import type { LiveMessage } from '../../../../cloud-hub/contract/live.ts';
import type { Reading } from '../../../../cloud-hub/contract/reading.ts';
import type { Summary } from '../../../../cloud-hub/contract/summary.ts';
import { type CourseOf, createCourse } from '../../../../cloud-hub/dashboard/charts/course.ts';
import { timeRanges } from '../../../../cloud-hub/dashboard/charts/time-range.ts';
import { summaryCourse } from '../../../../cloud-hub/dashboard/device/summary-course.ts';
import { createApi } from '../../../../cloud-hub/dashboard/hub/api.ts';
import { createFeed, type SocketHandlers } from '../../../../cloud-hub/dashboard/hub/feed.ts';
import { readingCourses } from '../../../../cloud-hub/dashboard/sensors/reading-course.ts';
import { readingRanges } from '../../../../cloud-hub/dashboard/sensors/reading-series.ts';
import { createBackoff } from '../../../../shared/kit/backoff.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const iso = (at: number) => new Date(at).toISOString();

const summary = (id: string, over: Partial<Summary> = {}): Summary => ({
  id,
  device: 'gate',
  stream: 'door',
  at: iso(NOW - 15_000),
  intervalMs: 10_000,
  frames: 100,
  inferred: 100,
  gated: 0,
  dropped: 0,
  failed: 0,
  labels: {},
  tracks: {},
  scores: [],
  latencyMs: { p50: 20, p95: 40, max: 50 },
  ...over,
});

const reading = (id: number, over: Partial<Reading> = {}): Reading => ({
  id: String(id),
  device: 'gate',
  stream: 'door',
  at: iso(NOW - 20_000 + 2000 * id),
  receivedAt: iso(NOW),
  clock: 'synced',
  score: id,
  anomalous: false,
  ...over,
});

/** The real feed and API client over the network's edge; answers come when they are given. */
function bench<View>(of: CourseOf<View>, range: Parameters<CourseOf<View>>[3]) {
  const clock = new ManualClock(NOW);
  const asked: { url: URL; give(body: unknown): void; signal: AbortSignal | null | undefined }[] = [];
  const api = createApi({
    fetch: (path, init) =>
      new Promise((resolve) => {
        const give = (body: unknown) =>
          resolve(body instanceof Error ? new Response('', { status: 503 }) : Response.json(body));
        asked.push({ url: new URL(path, 'http://hub'), give, signal: init?.signal });
      }),
    onUnauthorized: () => undefined,
  });
  let socket: SocketHandlers | undefined;
  const feed = createFeed({
    open: (handlers) => {
      socket = handlers;
      return { send: () => undefined, close: () => undefined };
    },
    clock,
    backoff: createBackoff(500, 30_000, () => 1),
    onRefused: () => undefined,
  });
  feed.start();
  const course = createCourse(of(api, 'gate', 'door', range), clock);
  let changes = -1;
  course.state.subscribe(() => changes++);
  const nextTurn = async () => {
    for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
  };
  const answer = async (body: unknown) => {
    const question = asked.shift();
    if (!question) throw new Error('nothing was asked');
    question.give(body);
    await nextTurn();
    return question;
  };
  return {
    clock,
    feed,
    course,
    asked,
    answer,
    nextTurn,
    send: (message: LiveMessage) => socket?.text(JSON.stringify(message)),
    open: () => socket?.open(),
    close: () => socket?.closed(),
    state: () => course.state.value,
    changes: () => changes,
  };
}

const present = (column: readonly (number | null)[]) => column.filter((value) => value !== null);

describe('summaries', () => {
  const [range] = timeRanges;
  const fps = (view: { readonly fps: readonly (number | null)[] }) => Math.max(0, ...present(view.fps));

  test('are read back by pages, drawn as they come, and fed in between; each counts once', async () => {
    const { clock, feed, course, asked, answer, send, open, state } = bench(summaryCourse, range);
    expect([state().isLoading, fps(state().view)]).toEqual([true, 0]);
    course.follow(feed);
    open();
    await clock.advance(0);
    // Opened with the feed: what was asked before is taken back.
    expect(asked.map(({ signal }) => signal?.aborted)).toEqual([true, false]);
    asked.shift();
    send({ type: 'summary', summary: summary('1') });
    send({ type: 'summary', summary: summary('x', { device: 'yard' }) });
    send({ type: 'summary', summary: summary('y', { stream: 'other' }) });
    const { url } = await answer({ items: [summary('1')], next: 'n' });
    expect(Object.fromEntries(url.searchParams)).toEqual({
      device: 'gate',
      stream: 'door',
      since: iso(NOW - range.spanMs),
      limit: '500',
    });
    expect([state().isLoading, fps(state().view)]).toEqual([true, 10]);
    const next = await answer({ items: [summary('2', { at: iso(NOW - 60_000), inferred: 300 })] });
    expect(next.url.searchParams.get('cursor')).toBe('n');
    expect(state().isLoading).toBe(false);
    expect(fps(state().view)).toBe(30);
  });

  test('of a stream that reports more often than is drawn are read up to a bound', async () => {
    const { feed, course, asked, answer, nextTurn, state } = bench(summaryCourse, range);
    course.follow(feed);
    await nextTurn();
    for (let n = 0; n < 24; n++) await answer({ items: [summary(String(n))], next: String(n) });
    expect(asked).toHaveLength(0);
    expect(state().isLoading).toBe(false);
  });

  test('end with an empty page, whatever it says of a next one', async () => {
    const { feed, course, asked, answer, nextTurn, state } = bench(summaryCourse, range);
    course.follow(feed);
    await nextTurn();
    await answer({ items: [], next: 'n' });
    expect(asked).toHaveLength(0);
    expect(state().isLoading).toBe(false);
  });

  test('are drawn again at intervals, not with each message', async () => {
    const { clock, feed, course, answer, nextTurn, send, open, changes } = bench(summaryCourse, range);
    open();
    course.follow(feed);
    await nextTurn();
    await answer({ items: [] });
    const before = changes();
    for (let n = 0; n < 50; n++) send({ type: 'summary', summary: summary(String(n)) });
    expect(changes()).toBe(before);
    await clock.advance(1999);
    expect(changes()).toBe(before);
    await clock.advance(1);
    expect(changes()).toBe(before + 1);
  });
});

test('a failed reading says why and keeps what is there; the next reconnect reads again', async () => {
  const { clock, feed, course, answer, nextTurn, open, close, send, state } = bench(summaryCourse, timeRanges[0]);
  open();
  course.follow(feed);
  await nextTurn();
  send({ type: 'summary', summary: summary('1') });
  await answer(new Error('busy'));
  expect(state()).toMatchObject({ isLoading: false, reason: 'The hub answered 503.' });
  expect(present(state().view.fps).length).toBeGreaterThan(0);
  close();
  await clock.advance(500);
  open();
  await nextTurn();
  expect(state().isLoading).toBe(true);
  expect(state()).not.toHaveProperty('reason');
  await answer({ items: [] });
  expect(state()).not.toHaveProperty('reason');
  expect(present(state().view.fps).length).toBeGreaterThan(0);
});

test('once it is left nothing is asked, heard or drawn; what was asked is taken back', async () => {
  const { clock, feed, course, asked, answer, nextTurn, open, close, send, state } = bench(
    readingCourses.none,
    readingRanges[0],
  );
  open();
  const leave = course.follow(feed);
  await nextTurn();
  leave();
  expect(asked.map(({ signal }) => signal?.aborted)).toEqual([true, true]);
  const before = state();
  await answer({ items: [reading(9)] });
  await answer({ items: [] });
  send({ type: 'reading', reading: reading(3, { anomalous: true }) });
  close();
  await clock.advance(10_000);
  open();
  await nextTurn();
  expect(state()).toBe(before);
  expect(asked).toHaveLength(0);
  // Entered again, it goes on.
  course.follow(feed);
  await nextTurn();
  await answer({ items: [reading(9)] });
  await answer({ items: [] });
  expect(state()).toMatchObject({ isLoading: false, view: { latest: { id: '9' } } });
});

test('of two readings under way only the later changes anything', async () => {
  const { clock, feed, course, asked, nextTurn, open, close, state } = bench(summaryCourse, timeRanges[0]);
  course.follow(feed);
  open();
  await nextTurn();
  close();
  await clock.advance(500);
  open();
  await nextTurn();
  const [first, zeroth, second] = asked.splice(0);
  second?.give({ items: [summary('1')] });
  await nextTurn();
  const after = state();
  expect(after.isLoading).toBe(false);
  zeroth?.give({ items: [summary('0')] });
  first?.give(new Error('late'));
  await nextTurn();
  expect(state()).toBe(after);
  // Not with the next drawing either.
  await clock.advance(2000);
  expect(state()).not.toHaveProperty('reason');
});

describe('readings', () => {
  const [range] = readingRanges;

  test('the course of the range and the newest one are asked together', async () => {
    const { feed, course, asked, answer, nextTurn, state } = bench(readingCourses.none, range);
    course.follow(feed);
    await nextTurn();
    expect(asked.map(({ url }) => [url.pathname, Object.fromEntries(url.searchParams)])).toEqual([
      ['/api/v1/readings', { device: 'gate', stream: 'door', limit: '1' }],
      [
        '/api/v1/readings/course',
        { device: 'gate', stream: 'door', since: iso(NOW - range.spanMs), bucketS: String(range.bucketMs / 1000) },
      ],
    ]);
    await answer({ items: [reading(5)] });
    await answer({ items: [{ at: iso(NOW - 60_000), readings: 3, anomalous: 1, score: 7 }] });
    expect(state()).toMatchObject({ isLoading: false, view: { latest: reading(5) } });
    expect(present(state().view.chart.score)).toEqual([7, 5]);
  });

  test('a change of state is drawn at once, the rest with the seconds', async () => {
    const { clock, feed, course, answer, nextTurn, open, send, state, changes } = bench(readingCourses.none, range);
    open();
    course.follow(feed);
    await nextTurn();
    await answer({ items: [reading(1)] });
    await answer({ items: [] });
    const before = changes();
    send({ type: 'reading', reading: reading(2) });
    send({ type: 'reading', reading: reading(3, { device: 'yard', anomalous: true }) });
    send({ type: 'reading', reading: reading(3, { stream: 'other', anomalous: true }) });
    expect(changes()).toBe(before);
    send({ type: 'reading', reading: reading(4, { anomalous: true }) });
    expect([changes(), state().view.latest?.id]).toEqual([before + 1, '4']);
    // An older one that comes late is drawn, but is not the newest.
    send({ type: 'reading', reading: reading(3) });
    expect(changes()).toBe(before + 1);
    await clock.advance(999);
    expect(changes()).toBe(before + 1);
    await clock.advance(1);
    expect([changes(), state().view.latest?.id]).toEqual([before + 2, '4']);
    expect(present(state().view.chart.score)).toEqual([1, 2, 3, 4]);
    send({ type: 'reading', reading: reading(10) });
    expect([changes(), state().view.latest?.id]).toEqual([before + 3, '10']);
  });

  test('beside those of the week before: twice the range of then is asked for too', async () => {
    const { feed, course, asked, answer, nextTurn, state } = bench(readingCourses.week, range);
    course.follow(feed);
    await nextTurn();
    const weekMs = 604_800_000;
    const from = NOW - range.spanMs - weekMs;
    const span = { since: iso(from), until: iso(from + 2 * range.spanMs) };
    expect(Object.fromEntries(asked[2]?.url.searchParams ?? [])).toMatchObject(span);
    const of = (at: number, t: number) => ({ items: [{ at: iso(at), readings: 3, anomalous: 0, values: { t } }] });
    await answer({ items: [] });
    await answer(of(NOW - 60_000, 7));
    await answer(of(NOW - 60_000 - weekMs, 5));
    expect(present(state().view.chart.values.get('t') ?? [])).toEqual([7]);
    expect(present(state().view.before.get('t') ?? [])).toContain(5);
  });
});
