import { expect, test } from 'vitest';
import type { LiveMessage } from '../../../cloud-hub/contract/live.ts';
import { LiveFeed } from '../../../cloud-hub/live/feed.ts';
import { createMetrics } from '../../../cloud-hub/metrics.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('messages come in the order in which they were announced, whichever is built first; one that fails holds up none', async () => {
  const feed = new LiveFeed(createMetrics(), new ManualClock(), createLogger('test', 'silent'));
  const texts: string[] = [];
  feed.join({ buffered: 0, send: (text) => void texts.push(text), sendPicture() {}, close() {} }, { token: 1 });
  const named = (id: string): LiveMessage => ({
    type: 'device',
    device: { id, online: true, createdAt: '', streams: [] },
  });
  const built: (() => void)[] = [];
  const slow = (id: string) => () => new Promise<LiveMessage>((resolve) => built.push(() => resolve(named(id))));
  feed.announce(slow('a'));
  feed.announce(async () => Promise.reject(new Error('no')));
  feed.announce(slow('b'));
  feed.announce(() => named('c'));
  const seen = () => texts.map((text) => /"id":"(.)"/.exec(text)?.[1]).join('');
  built[1]?.();
  await new Promise(setImmediate);
  expect(seen()).toBe('');
  built[0]?.();
  await expect.poll(seen).toBe('abc');
  feed.announce(() => named('d'));
  expect(seen()).toBe('abcd');
});
