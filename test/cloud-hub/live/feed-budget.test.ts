/** What one device may tell those who follow. */
import { expect, test } from 'vitest';
import type { LiveClient } from '../../../cloud-hub/live/client.ts';
import { LiveFeed } from '../../../cloud-hub/live/feed.ts';
import { createMetrics } from '../../../cloud-hub/metrics.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const silent = createLogger('test', 'silent');

test('a device that says much is left out and counted; a slow viewer stays, and hears of the others', async () => {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const feed = new LiveFeed(metrics, clock, silent);
  let buffered = 0;
  const received: string[] = [];
  const closed: string[] = [];
  const viewer: LiveClient = {
    send(text) {
      // It reads nothing at all.
      buffered += text.length;
      received.push(text.slice(0, 40));
    },
    sendPicture: () => undefined,
    get buffered() {
      return buffered;
    },
    close: (_code, reason) => closed.push(reason),
  };
  feed.join(viewer, { token: 1 });
  const device = (id: string, pad: number) => ({
    type: 'device' as const,
    device: { id, online: true, createdAt: '2026-01-01T00:00:00.000Z', streams: [], host: { pad: 'x'.repeat(pad) } },
  });
  let built = 0;
  for (let n = 0; n < 200; n++) {
    feed.announce(() => {
      built++;
      return device('hostile', 400_000);
    }, 'hostile');
  }
  // What is left out is not even built.
  expect(built).toBe(2);
  expect((await metrics.liveSkipped.get()).values[0]?.value).toBe(198);
  feed.announce(() => device('calm', 10), 'calm');
  expect(closed).toEqual([]);
  expect(received.at(-1)).toContain('calm');
  await clock.advance(60_000);
  feed.announce(() => device('hostile', 10), 'hostile');
  expect(received.at(-1)).toContain('hostile');
});
