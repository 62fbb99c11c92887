import { expect, test } from 'vitest';
import type { Device } from '../../../../cloud-hub/contract/device.ts';
import type { Event } from '../../../../cloud-hub/contract/event.ts';
import type { Problem } from '../../../../cloud-hub/contract/problem.ts';
import { createApi } from '../../../../cloud-hub/dashboard/hub/api.ts';
import { createFeed, type SocketHandlers } from '../../../../cloud-hub/dashboard/hub/feed.ts';
import { createSharedState } from '../../../../cloud-hub/dashboard/hub/shared-state.ts';
import { createBackoff } from '../../../../shared/kit/backoff.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const at = '2026-01-01T00:00:00.000Z';
const device = (id: string): Device => ({ id, online: true, createdAt: at, streams: [] });
const event: Event = {
  id: '1',
  device: 'gate',
  stream: 'door',
  rule: 'zone-a',
  ruleKind: 'zone',
  action: 'enter',
  label: 'person',
  score: 0.9,
  ptsMs: 0,
  at,
  receivedAt: at,
  clock: 'synced',
};
const problem: Problem = { id: '1', device: 'gate', at, kind: 'error', code: 'x', message: '', count: 1 };

/** The real feed and the real API client over the network's edge. */
function bench() {
  const clock = new ManualClock(Date.parse(at));
  const asked: string[] = [];
  const sockets: SocketHandlers[] = [];
  let devices: Device[] = [device('read')];
  const api = createApi({
    fetch: async (path) => {
      const [name = ''] = path.replace('api/v1/', '').split('?');
      asked.push(name);
      return Response.json({ items: name === 'devices' ? devices : [] });
    },
    onUnauthorized: () => undefined,
  });
  const feed = createFeed({
    open: (handlers) => {
      sockets.push(handlers);
      return { send: () => undefined, close: () => undefined };
    },
    clock,
    backoff: createBackoff(500, 30_000, () => 1),
    onRefused: () => undefined,
  });
  const state = createSharedState(api, feed, clock);
  const readings = async () => {
    await clock.advance(0);
    for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
    return asked.splice(0).toSorted().join(' ');
  };
  const socket = () => {
    const last = sockets.at(-1);
    if (!last) throw new Error('no socket was opened');
    return last;
  };
  const send = (message: object) => socket().text(JSON.stringify(message));
  return {
    clock,
    feed,
    state,
    socket,
    send,
    readings,
    has: (...ids: string[]) => {
      devices = ids.map(device);
    },
    ids: () => state.roster.devices.value.map(({ id }) => id).join(' '),
  };
}

const ALL = 'devices events problems';

test('is read when the feed opens, again after each reconnect, and fed in between', async () => {
  const { clock, state, socket, send, readings, has, ids } = bench();
  state.start();
  expect(await readings()).toBe('');
  socket().open();
  expect(await readings()).toBe(ALL);
  expect(ids()).toBe('read');
  send({ type: 'device', device: device('heard') });
  send({ type: 'event', event });
  send({ type: 'problem', problem });
  await clock.advance(1000);
  expect(ids()).toBe('heard read');
  expect(state.activity.counts.value.events.get('gate')).toBe(1);
  expect(state.activity.counts.value.problems.get('gate')).toBe(1);
  for (const outage of ['first', 'second']) {
    has(outage);
    socket().closed();
    // What is shown is still right enough: it is not read before the feed is back.
    expect(await readings()).toBe('');
    await clock.advance(1000);
    socket().open();
    expect(await readings()).toBe(ALL);
    expect(ids()).toBe(outage);
  }
});

test('where the feed does not open, the pages still show what the hub has; once', async () => {
  const { clock, state, socket, readings, ids } = bench();
  state.start();
  socket().closed();
  expect(await readings()).toBe(ALL);
  expect(ids()).toBe('read');
  await clock.advance(500);
  socket().closed();
  expect(await readings()).toBe('');
  await clock.advance(1000);
  socket().open();
  expect(await readings()).toBe(ALL);
});

test('after a sign-out nothing is kept or heard; the next sign-in begins anew', async () => {
  const { clock, feed, state, socket, send, readings, has, ids } = bench();
  state.start();
  socket().open();
  await readings();
  send({ type: 'event', event });
  const old = socket();
  state.stop();
  expect(feed.state.value).toEqual({ kind: 'stopped' });
  expect(ids()).toBe('');
  old.text(JSON.stringify({ type: 'device', device: device('late') }));
  old.closed();
  await clock.advance(120_000);
  expect([ids(), await readings()]).toEqual(['', '']);
  expect(state.activity.counts.value.events.size).toBe(0);

  has('second');
  state.start();
  socket().closed();
  expect(await readings()).toBe(ALL);
  await clock.advance(500);
  socket().open();
  // Once, although it was started twice.
  expect(await readings()).toBe(ALL);
  expect(ids()).toBe('second');
  send({ type: 'event', event });
  await clock.advance(1000);
  expect(state.activity.counts.value.events.get('gate')).toBe(1);
});
