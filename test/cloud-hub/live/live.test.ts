import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../../cloud-hub/api/metrics.ts';
import type { LiveMessage } from '../../../cloud-hub/api/schemas/live.ts';
import type { LiveClient } from '../../../cloud-hub/live/client.ts';
import { LiveFeed, MAX_BUFFERED_BYTES, MAX_CLIENTS } from '../../../cloud-hub/live/feed.ts';
import { LEASE_S, MAX_PICTURE_BACKLOG, RENEW_MS, Watches } from '../../../cloud-hub/live/watches.ts';
import { decode, decodePicture, encodePicture } from '../../../shared/contract/codec.ts';
import { command } from '../../../shared/contract/messages/command.ts';
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

const header = { stream: 'door', frame: 1, ptsMs: 0, wall: 0, width: 2, height: 2, detections: [] };

function setUp() {
  const clock = new ManualClock();
  const asked: string[] = [];
  const send = (device: string, channel: string, payload: Buffer) => {
    const wish = command.parse(decode(payload, 1000));
    expect(channel).toBe('command');
    expect(wish.seconds).toBe(LEASE_S);
    asked.push(`${device}/${wish.stream}`);
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
  const message: LiveMessage = { type: 'device', device: { id: 'cam', online: true, createdAt: '', streams: [] } };

  test('nothing is built while nobody follows', () => {
    new LiveFeed(createMetrics()).announce(() => {
      throw new Error('built');
    });
  });

  test('a client that does not read is cut off; the others go on', () => {
    const feed = new LiveFeed(createMetrics());
    const [good, slow] = [new TestClient(), new TestClient()];
    feed.join(good);
    feed.join(slow);
    slow.buffered = MAX_BUFFERED_BYTES + 1;
    feed.announce(() => message);
    feed.announce(() => message);
    expect([good.texts.length, slow.texts.length]).toEqual([2, 0]);
    expect(slow.closed).toEqual([1013]);
  });

  test('the number of clients is bounded', () => {
    const feed = new LiveFeed(createMetrics());
    for (let n = 0; n < MAX_CLIENTS; n++) expect(feed.join(new TestClient())).toBe(true);
    const last = new TestClient();
    expect(feed.join(last)).toBe(false);
    expect(last.closed).toEqual([1013]);
  });
});
