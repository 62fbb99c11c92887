import { expect, test } from 'vitest';
import { createFeed, type SocketHandlers } from '../../../../cloud-hub/dashboard/hub/feed.ts';
import { encodePicture } from '../../../../shared/contract/codec.ts';
import { createBackoff } from '../../../../shared/kit/backoff.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

function bench() {
  const clock = new ManualClock();
  const sockets: { handlers: SocketHandlers; sent: string[]; isClosed: boolean }[] = [];
  let refused = 0;
  const feed = createFeed({
    clock,
    backoff: createBackoff(500, 30_000, () => 1),
    onRefused: () => refused++,
    open(handlers) {
      const socket = { handlers, sent: [] as string[], isClosed: false };
      sockets.push(socket);
      return {
        send: (text) => socket.sent.push(text),
        close: () => {
          socket.isClosed = true;
          handlers.closed();
        },
      };
    },
  });
  const last = () => {
    const socket = sockets.at(-1);
    if (!socket) throw new Error('no socket was opened');
    return socket;
  };
  /** How long the feed waits now. */
  const wait = () => {
    const state = feed.state.value;
    if (state.kind !== 'waiting') throw new Error(state.kind);
    return state.retryAt - clock.mono();
  };
  return { clock, feed, sockets, last, wait, refused: () => refused };
}

function pictureOf(device: string, stream: string): Uint8Array<ArrayBuffer> {
  const header = { device, stream, frame: 1, ptsMs: 0, wall: 0, width: 4, height: 3, detections: [] };
  return new Uint8Array(encodePicture(header, new Uint8Array([0xff, 0xd8])));
}

const problemText = (code: string) =>
  JSON.stringify({
    type: 'problem',
    problem: { id: '1', device: 'gate', at: '2026-01-01T00:00:00.000Z', kind: 'error', code, message: '', count: 1 },
  });

test('a lost connection is opened again after a growing wait, and the watch asked again', async () => {
  const { clock, feed, sockets, last, refused } = bench();
  let opened = 0;
  feed.onOpen(() => opened++);
  feed.watch({ device: 'gate', stream: 'door' }, () => undefined);
  expect(feed.state.value).toEqual({ kind: 'stopped' });
  feed.start();
  feed.start();
  expect(sockets).toHaveLength(1);
  expect(feed.state.value).toEqual({ kind: 'connecting' });
  last().handlers.open();
  expect(feed.state.value).toEqual({ kind: 'open' });
  expect(last().sent).toEqual(['{"type":"watch","device":"gate","stream":"door"}']);

  last().handlers.closed();
  expect(refused()).toBe(0);
  expect(feed.state.value).toEqual({ kind: 'waiting', retryAt: clock.mono() + 500 });
  await clock.advance(499);
  expect(sockets).toHaveLength(1);
  await clock.advance(1);
  expect(sockets).toHaveLength(2);
  last().handlers.closed();
  expect(refused()).toBe(1);
  await clock.advance(1000);
  expect(sockets).toHaveLength(3);
  last().handlers.open();
  expect(opened).toBe(2);
  expect(last().sent).toHaveLength(1);
});

test('the wait starts small again only after a connection that lasted five seconds', async () => {
  const { clock, feed, last, wait } = bench();
  const waits: number[] = [];
  feed.start();
  for (const lasts of [0, 4999, 5000, 0, 6000, 0]) {
    last().handlers.open();
    await clock.advance(lasts);
    last().handlers.closed();
    waits.push(wait());
    feed.retry();
  }
  expect(waits).toEqual([500, 1000, 500, 1000, 500, 1000]);
});

test('a connection that was short does not become a good one while the next is waited for', async () => {
  const { clock, feed, last, wait } = bench();
  feed.start();
  const waits: number[] = [];
  for (let n = 0; n < 7; n++) {
    last().handlers.open();
    last().handlers.closed();
    waits.push(wait());
    await clock.advance(wait());
  }
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000]);
});

test('a retry connects at once, only while one waits, and only once', async () => {
  const { clock, feed, sockets, last } = bench();
  feed.retry();
  expect(sockets).toHaveLength(0);
  feed.start();
  feed.retry();
  last().handlers.open();
  feed.retry();
  expect(sockets).toHaveLength(1);
  last().handlers.closed();
  feed.retry();
  expect(sockets).toHaveLength(2);
  // The timer of the wait that was cut short opens nothing more.
  await clock.advance(60_000);
  expect(sockets).toHaveLength(2);
});

test('a socket that was given up cannot touch its successor', async () => {
  const { clock, feed, sockets, last, refused } = bench();
  const received: string[] = [];
  const seen: string[] = [];
  let opened = 0;
  feed.onMessage((message) => received.push(message.type));
  feed.onOpen(() => opened++);
  feed.watch({ device: 'gate', stream: 'door' }, () => seen.push('picture'));
  feed.start();
  const first = last();
  first.handlers.open();
  first.handlers.closed();
  await clock.advance(500);
  const second = last();
  first.handlers.open();
  first.handlers.text(problemText('late'));
  first.handlers.text('{');
  first.handlers.binary(pictureOf('gate', 'door'));
  first.handlers.closed();
  expect(feed.state.value).toEqual({ kind: 'connecting' });
  expect({ opened, received, seen, refused: refused() }).toEqual({ opened: 1, received: [], seen: [], refused: 0 });
  expect(feed.misunderstood.value).toBe(0);
  second.handlers.open();
  second.handlers.text(problemText('new'));
  second.handlers.binary(pictureOf('gate', 'door'));
  expect({ opened, received, seen }).toEqual({ opened: 2, received: ['problem'], seen: ['picture'] });
  expect(sockets).toHaveLength(2);
});

test('nothing happens after stop, whatever the old socket does', async () => {
  const { clock, feed, sockets, last } = bench();
  let received = 0;
  feed.onMessage(() => received++);
  feed.start();
  last().handlers.open();
  const { handlers } = last();
  feed.stop();
  expect(last().isClosed).toBe(true);
  handlers.text('{"type":"event"}');
  handlers.closed();
  await clock.advance(120_000);
  expect(sockets).toHaveLength(1);
  expect(feed.state.value.kind).toBe('stopped');
  expect(received).toBe(0);
  expect(feed.misunderstood.value).toBe(0);
});

test('a feed that is stopped while it waits stays stopped; started again it begins anew, with the same watch', async () => {
  const { clock, feed, sockets, last, wait } = bench();
  feed.watch({ device: 'gate', stream: 'door' }, () => undefined);
  feed.start();
  for (const ms of [500, 1000]) {
    last().handlers.closed();
    await clock.advance(ms);
  }
  last().handlers.closed();
  expect(wait()).toBe(2000);
  feed.stop();
  feed.retry();
  await clock.advance(60_000);
  expect(sockets).toHaveLength(3);
  feed.start();
  expect(sockets).toHaveLength(4);
  last().handlers.open();
  expect(last().sent).toHaveLength(1);
  last().handlers.closed();
  expect(wait()).toBe(500);
});

test('a frame that is not understood is counted, and the next one is heard by all who still listen', () => {
  const { feed, last } = bench();
  const codes: string[] = [];
  const listen = (name: string) =>
    feed.onMessage((message) => message.type === 'problem' && codes.push(`${name} ${message.problem.code}`));
  const opens: string[] = [];
  const cancelOpen = feed.onOpen(() => opens.push('left'));
  feed.onOpen(() => opens.push('stays'));
  cancelOpen();
  listen('a');
  const cancel = listen('b');
  feed.start();
  last().handlers.open();
  expect(opens).toEqual(['stays']);
  last().handlers.text('{');
  last().handlers.text('{"type":"device","device":{"id":"../etc"}}');
  last().handlers.text('{"type":"weather"}');
  last().handlers.binary(new Uint8Array([1]));
  last().handlers.text(problemText('x'));
  cancel();
  last().handlers.text(problemText('y'));
  expect(feed.misunderstood.value).toBe(4);
  expect(codes).toEqual(['a x', 'b x', 'a y']);
});

test('pictures go to the newest watch only, and late ones of the stream before to nobody', () => {
  const { feed, last } = bench();
  const seen: string[] = [];
  feed.start();
  last().handlers.open();
  const first = feed.watch({ device: 'gate', stream: 'a' }, () => seen.push('a'));
  const second = feed.watch({ device: 'gate', stream: 'b' }, () => seen.push('b'));
  last().handlers.binary(pictureOf('gate', 'a'));
  last().handlers.binary(pictureOf('yard', 'b'));
  last().handlers.binary(pictureOf('gate', 'b'));
  first();
  last().handlers.binary(pictureOf('gate', 'b'));
  second();
  second();
  last().handlers.binary(pictureOf('gate', 'b'));
  expect(seen).toEqual(['b', 'b']);
  expect(feed.misunderstood.value).toBe(0);
  expect(last().sent.map((text) => JSON.parse(text))).toEqual([
    { type: 'watch', device: 'gate', stream: 'a' },
    { type: 'watch', device: 'gate', stream: 'b' },
    { type: 'unwatch' },
  ]);
});

test('a watch that begins or ends while the feed is down is not sent before it opens', async () => {
  const { clock, feed, last } = bench();
  feed.start();
  const cancel = feed.watch({ device: 'gate', stream: 'a' }, () => undefined);
  expect(last().sent).toEqual([]);
  last().handlers.open();
  last().handlers.closed();
  cancel();
  await clock.advance(500);
  last().handlers.open();
  expect(last().sent).toEqual([]);
});
