import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { generateClip } from '../../../../../fixtures/clip/generate.ts';
import { writeClip } from '../../../../support/clip.ts';
import { startDecoding } from '../../../../support/decoding.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';
import { tempFolder } from '../../../../support/temp.ts';
import { until } from '../../../../support/until.ts';

test('what else the thread has to do has its turn after each frame, also of those that are left out', async () => {
  let turns = 0;
  let counting = true;
  const count = () => {
    turns++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  const decoding = startDecoding({ url: await writeClip(tempFolder(), { frames: 60 }) }, { fps: 0.1 });
  const before = turns;
  await decoding.ended;
  counting = false;
  expect(decoding.all('frame').length).toBe(1);
  expect(turns - before).toBeGreaterThanOrEqual(60);
});

/** A clip of ten frames at 10 a second, whole or cut off after a part of its bytes. */
async function avi(part = 1): Promise<string> {
  const file = path.join(tempFolder(), 'clip.avi');
  await generateClip(file, { frames: 10, width: 320, height: 240, fps: 10 });
  const whole = readFileSync(file);
  writeFileSync(file, whole.subarray(0, whole.length * part));
  return file;
}

test('a loop goes on in number and in time, is opened once, and tells once that its file was cut off', async () => {
  const decoding = startDecoding({ url: await avi(0.6), loop: true });
  await until(() => decoding.all('frame').length > 25, 'some rounds');
  await decoding.close();
  const frames = decoding.all('frame');
  expect(frames.map((f) => f.frame)).toEqual(frames.map((_, i) => i));
  for (const [i, { ptsMs }] of frames.entries()) if (i > 0) expect(ptsMs).toBeGreaterThan(frames[i - 1]?.ptsMs ?? 0);
  expect(decoding.all('opened')).toHaveLength(1);
  expect(decoding.all('problem').filter(({ code }) => code === 'source-truncated')).toMatchObject([
    { message: expect.stringMatching(/clip\.avi: its header states 10 frames, \d could be read; is it cut off\?$/) },
  ]);
  expect([decoding.all('ended'), decoding.all('failed')]).toMatchObject([[{}], []]);
});

test('a whole file is not called cut off; every frame that was read is counted once, also those that are left out', async () => {
  const whole = startDecoding({ url: await avi() });
  expect(await whole.ended).toBeUndefined();
  expect(whole.all('problem')).toEqual([]);
  expect(whole.all('frame').map((f) => [f.frame, f.decoded, f.dropped])).toEqual(
    Array.from({ length: 10 }, (_, i) => [i, 1, 0]),
  );
  const thinned = startDecoding({ url: await avi() }, { fps: 5 });
  expect(await thinned.ended).toBeUndefined();
  expect(thinned.all('frame').map((f) => [f.frame, f.decoded])).toEqual([
    [0, 1],
    [2, 2],
    [4, 2],
    [6, 2],
    [8, 2],
  ]);
});

test('a frame that waits for its time counts from then, and closing does not wait for it', async () => {
  const clock = new ManualClock();
  const decoding = startDecoding({ url: await avi(), pace: 'pts' }, { clock });
  const frames = () => decoding.all('frame').map((f) => [f.frame, f.ptsMs, f.startedAt, f.decodeMs]);
  await until(() => frames().length === 1, 'the first frame');
  for (const frame of [1, 2, 3]) {
    await clock.advance(99);
    expect(frames()).toHaveLength(frame);
    await clock.advance(1);
    await until(() => frames().length === frame + 1, 'the next frame');
  }
  expect(frames()).toEqual([0, 1, 2, 3].map((frame) => [frame, frame * 100, frame * 100, 0]));
  await decoding.close();
  expect(decoding.all('ended')).toHaveLength(1);
});

test('what cannot be opened fails at once; only a camera that may come back is tried again', async () => {
  const gone = startDecoding({ url: '/nowhere/clip.avi', loop: true }, { reconnect: true });
  expect(await gone.ended).toMatchObject({ code: 'source-open' });
  expect(gone.all('waiting')).toEqual([]);
  const clock = new ManualClock();
  const camera = startDecoding({ url: 'rtsp://127.0.0.1:1/live' }, { reconnect: true, clock });
  for (const tries of [1, 2, 3]) {
    const waiting = await until(() => camera.all('waiting')[tries - 1], 'the failure');
    expect(waiting.code).toBe('source-open');
    await clock.advance(waiting.waitMs - 1);
    expect(camera.all('waiting')).toHaveLength(tries);
    await clock.advance(1);
  }
  await until(() => camera.all('waiting').length === 4, 'the last failure');
  await camera.close();
  expect(camera.all('failed')).toEqual([]);
  const once = startDecoding({ url: 'rtsp://127.0.0.1:1/live' });
  expect(await once.ended).toMatchObject({ code: 'source-open' });
  expect(once.all('waiting')).toEqual([]);
});

test('recordings that were joined: their holes are closed, and a person is told of the first, once', async () => {
  const [folder, parts] = [tempFolder(), [] as Buffer[]];
  for (const [index, startS] of [0, 72_000, 72_060, 72_000].entries()) {
    const file = path.join(folder, `${index}.ts`);
    await generateClip(file, { frames: 10, width: 320, height: 240, fps: 10, startS });
    parts.push(readFileSync(file));
  }
  const url = path.join(folder, 'joined.ts');
  writeFileSync(url, Buffer.concat(parts));
  const decoding = startDecoding({ url, loop: true });
  await until(() => decoding.all('frame').length > 90, 'two rounds');
  await decoding.close();
  const times = decoding.all('frame').map(({ ptsMs }) => ptsMs);
  for (const [i, time] of times.entries()) if (i > 0) expect(time - (times[i - 1] ?? 0)).toBeLessThan(2_500);
  expect(decoding.all('note').map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /joined\.ts: its time jumps ahead by 7\d{4} s; it is played without the hole, as without others$/,
    ),
  ]);
});
