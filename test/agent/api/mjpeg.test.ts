import { once } from 'node:events';
import { expect, test } from 'vitest';
import { createPictureStream, MJPEG_TYPE } from '../../../agent/api/mjpeg.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const large = new Uint8Array(100_000);

test('parts are framed as the content type says', () => {
  const pictures = createPictureStream(new ManualClock());
  pictures.push(new Uint8Array([1, 2, 3]));
  const boundary = /boundary=(.+)$/.exec(MJPEG_TYPE)?.[1];
  expect(pictures.body.read().toString('latin1')).toBe(
    `--${boundary}\r\nContent-Type: image/jpeg\r\nContent-Length: 3\r\n\r\n\u0001\u0002\u0003\r\n--${boundary}\r\n`,
  );
});

test('a client that is slow gets fewer pictures and holds no memory; one that takes nothing for ten seconds is let go', async () => {
  const clock = new ManualClock();
  const pictures = createPictureStream(clock);
  let closed = false;
  pictures.body.on('close', () => {
    closed = true;
  });
  for (let i = 0; i < 50; i++) pictures.push(large);
  expect(pictures.body.readableLength).toBeLessThan(2 * large.length);

  pictures.body.resume();
  await clock.advance(0);
  pictures.body.pause();
  for (let second = 0; second <= 9; second++) {
    pictures.push(large);
    await clock.advance(1000);
  }
  expect(closed).toBe(false);
  await clock.advance(2000);
  pictures.push(large);
  await clock.advance(0);
  expect(closed).toBe(true);
  pictures.push(large);
});

test('a client that took a picture in between has ten seconds anew', async () => {
  const clock = new ManualClock();
  const pictures = createPictureStream(clock);
  pictures.push(large);
  pictures.push(large);
  await clock.advance(5000);
  const drained = once(pictures.body, 'drain');
  pictures.body.resume();
  await drained;
  pictures.body.pause();
  pictures.push(large);
  await clock.advance(20_000);
  for (let second = 0; second <= 10; second++) {
    pictures.push(large);
    expect(pictures.body.destroyed, `after ${second} s`).toBe(false);
    await clock.advance(1000);
  }
  pictures.push(large);
  expect(pictures.body.destroyed).toBe(true);
});
