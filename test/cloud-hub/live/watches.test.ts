import { expect, test } from 'vitest';
import { Watches } from '../../../cloud-hub/live/watches.ts';
import { createMetrics } from '../../../cloud-hub/metrics.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('a device that sends far more than was asked for is read more slowly, watched or not', async () => {
  const clock = new ManualClock();
  const watches = new Watches({ send: () => undefined, clock, metrics: createMetrics() });
  const client = () => ({ buffered: 0, send: () => undefined, sendPicture: () => undefined, close: () => undefined });
  for (let n = 0; n < 10; n++) expect(watches.slowedDown('cam', 1000)).toBeUndefined();
  await clock.advance(100);
  let isOver = false;
  const waits = watches.slowedDown('cam', 1000)?.then(() => {
    isOver = true;
  });
  expect(watches.slowedDown('other', 2 * 1024 * 1024)).toBeUndefined();
  expect(watches.slowedDown('other', 1)).toBeInstanceOf(Promise);
  await clock.advance(149);
  expect(isOver).toBe(false);
  await clock.advance(1);
  await waits;
  expect(watches.slowedDown('cam', 1000)).toBeUndefined();
  // Two streams that are watched may send twice as much.
  watches.watch(client(), 'third', 'door');
  watches.watch(client(), 'third', 'yard');
  for (let n = 0; n < 20; n++) expect(watches.slowedDown('third', 1000)).toBeUndefined();
  expect(watches.slowedDown('third', 1000)).toBeInstanceOf(Promise);
});
