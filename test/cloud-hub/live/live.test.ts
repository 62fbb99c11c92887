import { describe, expect, test } from 'vitest';
import type { LiveMessage } from '../../../cloud-hub/contract/live.ts';
import type { LiveClient } from '../../../cloud-hub/live/client.ts';
import { LiveFeed, MAX_BUFFERED_BYTES, MAX_CLIENTS } from '../../../cloud-hub/live/feed.ts';
import { LEASE_S, MAX_PICTURE_BACKLOG, RENEW_MS, Watches } from '../../../cloud-hub/live/watches.ts';
import { createMetrics } from '../../../cloud-hub/metrics.ts';
import { decode, decodePicture, encodePicture } from '../../../shared/contract/codec.ts';
import { command } from '../../../shared/contract/messages/command.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { jpeg } from '../support.ts';

class TestClient implements LiveClient {
  buffered = 0;
  readonly texts: string[] = [];
  readonly pictures: Buffer[] = [];
  readonly closed: number[] = [];
  send(text: string): void {
    this.texts.push(text);
  }
  sendPicture(picture: Buffer): void {
    this.pictures.push(picture);
  }
  close(code: number): void {
    this.closed.push(code);
  }
}

const silent = createLogger('test', 'silent');

const header = { stream: 'door', frame: 1, ptsMs: 0, wall: 0, width: 2, height: 2, detections: [] };

function setUp() {
  const clock = new ManualClock();
  const asked: string[] = [];
  const send = (device: string, channel: string, payload: Buffer) => {
    const desire = command.parse(decode(payload, 1000));
    expect(channel).toBe('command');
    expect(desire.seconds).toBe(LEASE_S);
    asked.push(`${device}/${desire.stream}`);
  };
  return { clock, asked, watches: new Watches({ send, clock, metrics: createMetrics() }) };
}

describe('watches', () => {
  test('one lease a stream, renewed before it ends, until the last watcher goes', async () => {
    const { clock, asked, watches } = setUp();
    const [a, b] = [new TestClient(), new TestClient()];
    watches.watch(a, 'cam', 'door');
    watches.watch(b, 'cam', 'door');
    expect(asked).toEqual(['cam/door']);
    expect(RENEW_MS).toBeLessThan(LEASE_S * 1000);
    await clock.advance(RENEW_MS);
    expect(asked).toHaveLength(2);
    watches.unwatch(a);
    await clock.advance(RENEW_MS);
    expect(asked).toHaveLength(3);
    watches.unwatch(b);
    await clock.advance(10 * RENEW_MS);
    expect(asked).toHaveLength(3);
  });

  test('a new watch replaces the old one; a device that comes back is asked at once', async () => {
    const { asked, watches } = setUp();
    const a = new TestClient();
    watches.watch(a, 'cam', 'door');
    watches.watch(a, 'cam', 'yard');
    watches.renew('cam');
    watches.renew('other');
    expect(asked).toEqual(['cam/door', 'cam/yard', 'cam/yard']);
  });

  test('pictures go to the watchers of that stream, with the device in the header', () => {
    const { watches } = setUp();
    const [a, b, slow] = [new TestClient(), new TestClient(), new TestClient()];
    slow.buffered = MAX_PICTURE_BACKLOG + 1;
    watches.watch(a, 'cam', 'door');
    watches.watch(slow, 'cam', 'door');
    watches.watch(b, 'cam', 'yard');
    expect(watches.picture('cam', encodePicture(header, jpeg))).toBe(true);
    expect(watches.picture('other', encodePicture(header, jpeg))).toBe(true);
    expect([a.pictures.length, b.pictures.length, slow.pictures.length]).toEqual([1, 0, 0]);
    const sent = decodePicture(a.pictures[0] ?? Buffer.alloc(0));
    expect(sent.header).toEqual({ ...header, device: 'cam' });
    expect(Buffer.from(sent.picture)).toEqual(jpeg);
  });

  test('a client that watches the same again asks for nothing; after the last has left a new one does', async () => {
    const { clock, asked, watches } = setUp();
    const [a, b] = [new TestClient(), new TestClient()];
    watches.watch(a, 'cam', 'door');
    watches.watch(a, 'cam', 'door');
    expect(asked).toEqual(['cam/door']);
    watches.unwatch(a);
    watches.unwatch(a);
    watches.unwatch(b);
    await clock.advance(RENEW_MS);
    expect(asked).toHaveLength(1);
    watches.watch(b, 'cam', 'door');
    await clock.advance(RENEW_MS - 1);
    expect(asked).toHaveLength(2);
    await clock.advance(1);
    expect(asked).toHaveLength(3);
    // One who changes over leaves the old stream to nobody.
    watches.watch(b, 'cam', 'yard');
    await clock.advance(RENEW_MS);
    expect(asked.slice(3)).toEqual(['cam/yard', 'cam/yard']);
  });

  test('each stream of a device that comes back is asked for, and no stream of another', () => {
    const { asked, watches } = setUp();
    const [a, b, c] = [new TestClient(), new TestClient(), new TestClient()];
    watches.watch(a, 'cam', 'door');
    watches.watch(b, 'cam', 'yard');
    watches.watch(c, 'cam-2', 'door');
    asked.length = 0;
    watches.renew('cam');
    expect(asked.toSorted()).toEqual(['cam/door', 'cam/yard']);
  });

  test('after the stop nothing is asked for, and nobody gets pictures', async () => {
    const { clock, asked, watches } = setUp();
    const [a, b] = [new TestClient(), new TestClient()];
    watches.watch(a, 'cam', 'door');
    watches.watch(b, 'cam', 'yard');
    watches.stop();
    asked.length = 0;
    await clock.advance(3 * RENEW_MS);
    watches.renew('cam');
    expect(watches.picture('cam', encodePicture(header, jpeg))).toBe(true);
    expect([asked, a.pictures, b.pictures]).toEqual([[], [], []]);
  });

  test('the wish is one that a device takes: 10 pictures a second of 960 pixels, for a lease', () => {
    const requests: unknown[] = [];
    const send = (_device: string, _channel: string, payload: Buffer) => requests.push(decode(payload, 1000));
    const watches = new Watches({ send, clock: new ManualClock(), metrics: createMetrics() });
    watches.watch(new TestClient(), 'cam', 'door');
    expect(requests).toEqual([{ kind: 'preview', stream: 'door', seconds: LEASE_S, fps: 10, width: 960 }]);
  });

  test('a client gets pictures up to the bound of what waits for it, and again when it has read', () => {
    const { watches } = setUp();
    const client = new TestClient();
    watches.watch(client, 'cam', 'door');
    for (const buffered of [MAX_PICTURE_BACKLOG, MAX_PICTURE_BACKLOG + 1, 0]) {
      client.buffered = buffered;
      watches.picture('cam', encodePicture(header, jpeg));
    }
    expect(client.pictures).toHaveLength(2);
  });

  test('a flood costs its device its pictures, and nobody else; what is not asked for is not even looked at', async () => {
    const { clock, watches } = setUp();
    const [a, b, c] = [new TestClient(), new TestClient(), new TestClient()];
    watches.watch(a, 'cam', 'door');
    watches.watch(b, 'other', 'door');
    const garbage = Buffer.alloc(2 * 1024 * 1024, 1);
    for (let n = 0; n < 1000; n++) expect(watches.picture('cam', encodePicture(header, jpeg))).toBe(true);
    expect(a.pictures).toHaveLength(20);
    // Beyond its pace, and of a device that nobody watches.
    expect([watches.picture('cam', garbage), watches.picture('third', garbage)]).toEqual([true, true]);
    expect(watches.picture('other', encodePicture(header, jpeg))).toBe(true);
    expect(b.pictures).toHaveLength(1);
    await clock.advance(1000);
    watches.watch(c, 'cam', 'yard');
    for (let n = 0; n < 1000; n++) watches.picture('cam', encodePicture(header, jpeg));
    expect(a.pictures).toHaveLength(60);
    watches.unwatch(c);
    await clock.advance(1000);
    for (let n = 0; n < 1000; n++) watches.picture('cam', encodePicture(header, jpeg));
    expect(a.pictures).toHaveLength(80);
    watches.unwatch(a);
    expect(watches.picture('cam', garbage)).toBe(true);
  });

  test('a header that is longer than a thousand detections need is refused before it is read', () => {
    const { watches } = setUp();
    const client = new TestClient();
    watches.watch(client, 'cam', 'door');
    const long = { ...header, more: 'x'.repeat(256 * 1024) };
    expect(watches.picture('cam', encodePicture(long, jpeg))).toBe(false);
    const label = 'x'.repeat(100);
    const detections = Array.from({ length: 1000 }, () => ({ label, score: 0.5, box: [0.1, 0.2, 0.3, 0.4] }));
    expect(watches.picture('cam', encodePicture({ ...header, detections }, jpeg))).toBe(true);
    expect(client.pictures).toHaveLength(1);
  });

  test('while nobody watches a picture is not even looked at', () => {
    const { watches } = setUp();
    expect(watches.picture('cam', Buffer.from('no picture'))).toBe(true);
    const client = new TestClient();
    watches.watch(client, 'cam', 'door');
    expect(watches.picture('cam', Buffer.from('no picture'))).toBe(false);
    // One of the two bytes of a JPEG is not enough.
    for (const bytes of [[0xff, 0xd9], [0xfe, 0xd8], [0xff], []])
      expect(watches.picture('cam', encodePicture(header, Buffer.from(bytes)))).toBe(false);
    expect(client.pictures).toEqual([]);
  });

  test.each([
    ['too short', Buffer.from([0, 0])],
    ['a length that does not fit', Buffer.from([0xff, 0, 0, 0, 1])],
    ['a header of another shape', encodePicture({ stream: 'door' }, jpeg)],
    ['no JPEG', encodePicture(header, Buffer.from('<svg>'))],
  ])('%s: nobody gets it', (_name, payload) => {
    const { watches } = setUp();
    const a = new TestClient();
    watches.watch(a, 'cam', 'door');
    expect(watches.picture('cam', payload)).toBe(false);
    expect(a.pictures).toEqual([]);
  });
});

describe('the feed', () => {
  const message: LiveMessage = {
    type: 'device',
    device: { id: 'cam', online: true, createdAt: '', streams: [] },
  };

  test('nothing is built while nobody follows', () => {
    new LiveFeed(createMetrics(), new ManualClock(), silent).announce(() => {
      throw new Error('built');
    });
  });

  test('a client that does not read is cut off; the others go on', () => {
    const feed = new LiveFeed(createMetrics(), new ManualClock(), silent);
    const [good, slow] = [new TestClient(), new TestClient()];
    feed.join(good, { token: 1 });
    feed.join(slow, { token: 1 });
    slow.buffered = MAX_BUFFERED_BYTES + 1;
    feed.announce(() => message);
    feed.announce(() => message);
    expect([good.texts.length, slow.texts.length]).toEqual([2, 0]);
    expect(slow.closed).toEqual([1013]);
  });

  test('what waits for a client may be exactly the bound; one that was cut off gets no more, and may come back', async () => {
    const metrics = createMetrics();
    const feed = new LiveFeed(metrics, new ManualClock(), silent);
    const following = async () => (await metrics.liveClients.get()).values[0]?.value;
    const [good, slow] = [new TestClient(), new TestClient()];
    feed.join(good, { token: 1 });
    feed.join(slow, { token: 1 });
    expect([feed.size, await following()]).toEqual([2, 2]);
    slow.buffered = MAX_BUFFERED_BYTES;
    feed.announce(() => message);
    expect([slow.texts, slow.closed]).toEqual([[JSON.stringify(message)], []]);
    slow.buffered++;
    feed.announce(() => message);
    slow.buffered = 0;
    feed.announce(() => message);
    expect([slow.texts.length, slow.closed, good.texts.length]).toEqual([1, [1013], 3]);
    expect([feed.size, await following()]).toEqual([1, 1]);
    expect(feed.join(slow, { token: 1 })).toBe(true);
    feed.announce(() => message);
    expect(slow.texts).toHaveLength(2);
    feed.leave(good);
    feed.leave(good);
    expect([feed.size, await following()]).toEqual([1, 1]);
  });

  test('what turns out to be nothing is not sent', () => {
    const feed = new LiveFeed(createMetrics(), new ManualClock(), silent);
    const client = new TestClient();
    feed.join(client, { token: 1 });
    feed.announce(() => undefined);
    expect(client.texts).toEqual([]);
  });

  test('the number of clients is bounded', () => {
    const feed = new LiveFeed(createMetrics(), new ManualClock(), silent);
    const first = new TestClient();
    expect(feed.join(first, { token: 1 })).toBe(true);
    for (let n = 1; n < MAX_CLIENTS; n++) expect(feed.join(new TestClient(), { token: 1 })).toBe(true);
    const last = new TestClient();
    expect(feed.join(last, { token: 1 })).toBe(false);
    expect(last.closed).toEqual([1013]);
    expect(feed.size).toBe(MAX_CLIENTS);
    feed.announce(() => message);
    expect(last.texts).toEqual([]);
    feed.leave(first);
    expect(feed.join(last, { token: 1 })).toBe(true);
  });
});
