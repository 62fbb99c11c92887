import { expect, test } from 'vitest';
import { createFeed, type SocketHandlers } from '../../../../cloud-hub/dashboard/state/live.ts';
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
  return { clock, feed, sockets, last, refused: () => refused };
}

function pictureOf(device: string, stream: string): Uint8Array<ArrayBuffer> {
  const header = { device, stream, frame: 1, ptsMs: 0, wall: 0, width: 4, height: 3, detections: [] };
  return new Uint8Array(encodePicture(header, new Uint8Array([0xff, 0xd8])));
}

test('a lost connection is opened again after a growing wait, and the watch asked again', async () => {
  const { clock, feed, sockets, last, refused } = bench();
  let opened = 0;
  feed.onOpen(() => opened++);
  feed.watch({ device: 'gate', stream: 'door' }, () => undefined);
  feed.start();
  feed.start();
  expect(sockets).toHaveLength(1);
  last().handlers.open();
  expect(last().sent).toEqual(['{"type":"watch","device":"gate","stream":"door"}']);

  last().handlers.closed();
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

test('the wait starts small again only after a connection that lasted', async () => {
  const { clock, feed, last } = bench();
  const waits: number[] = [];
  feed.start();
  for (const lasts of [0, 0, 6000]) {
    last().handlers.open();
    await clock.advance(lasts);
    last().handlers.closed();
    const state = feed.state.value;
    if (state.kind !== 'waiting') throw new Error(state.kind);
    waits.push(state.retryAt - clock.mono());
    feed.retry();
  }
  expect(waits).toEqual([500, 1000, 500]);
});

test('nothing happens after stop, whatever the old socket does', async () => {
  const { clock, feed, sockets, last } = bench();
  let heard = 0;
  feed.onMessage(() => heard++);
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
  expect(heard).toBe(0);
  expect(feed.misunderstood.value).toBe(0);
});

test('a frame that is not understood is counted, and the next one is heard', () => {
  const { feed, last } = bench();
  const codes: string[] = [];
  feed.onMessage((message) => message.type === 'trouble' && codes.push(message.trouble.code));
  feed.start();
  last().handlers.open();
  last().handlers.text('{');
  last().handlers.text('{"type":"device","device":{"id":"../etc"}}');
  last().handlers.text('{"type":"weather"}');
  last().handlers.binary(new Uint8Array([1]));
  const trouble = {
    id: '1',
    device: 'gate',
    at: '2026-01-01T00:00:00.000Z',
    kind: 'error',
    code: 'x',
    message: '',
    count: 1,
  };
  last().handlers.text(JSON.stringify({ type: 'trouble', trouble }));
  expect(feed.misunderstood.value).toBe(4);
  expect(codes).toEqual(['x']);
});

test('pictures go to the newest watch only, and late ones of the stream before to nobody', () => {
  const { feed, last } = bench();
  const seen: string[] = [];
  feed.start();
  last().handlers.open();
  const first = feed.watch({ device: 'gate', stream: 'a' }, () => seen.push('a'));
  const second = feed.watch({ device: 'gate', stream: 'b' }, () => seen.push('b'));
  last().handlers.binary(pictureOf('gate', 'a'));
  last().handlers.binary(pictureOf('gate', 'b'));
  first();
  last().handlers.binary(pictureOf('gate', 'b'));
  second();
  last().handlers.binary(pictureOf('gate', 'b'));
  expect(seen).toEqual(['b', 'b']);
  expect(last().sent.map((text) => JSON.parse(text).type)).toEqual(['watch', 'watch', 'unwatch']);
});
