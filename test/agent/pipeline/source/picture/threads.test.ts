import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { openSource } from '../../../../../agent/pipeline/source/picture/open.ts';
import type { Failure, Source, SourceFrame } from '../../../../../agent/pipeline/source/picture/source.ts';
import {
  createDecodeThreads,
  type DecodeThreads,
  type ThreadStart,
} from '../../../../../agent/pipeline/source/picture/threads.ts';
import { type SourceConfig, sourceConfig } from '../../../../../shared/contract/config/source.ts';
import { systemClock } from '../../../../../shared/kit/clock.ts';
import { writeClip } from '../../../../support/clip.ts';
import { canHang, mountHangingDisk } from '../../../../support/hanging-disk.ts';
import { tinyInput } from '../../../../support/inputs.ts';
import { built } from '../../../../support/program.ts';
import { tempFolder } from '../../../../support/temp.ts';
import { until } from '../../../../support/until.ts';

/** Dies of itself when it has two streams. A real one is not ended from outside: amid a call of FFmpeg that aborts the process. */
const mortal = (workerData: ThreadStart) =>
  new Worker(
    `let orders = 0;
     require('node:worker_threads').parentPort.on('message', () => { if (++orders === 2) process.exit(7); });`,
    { eval: true, env: {}, workerData },
  );

/**
 * Decode threads, of which the test sees each.
 * @param first makes the first of them; all others are real
 */
function start(most: number, first?: (workerData: ThreadStart) => Worker) {
  const workers: Worker[] = [];
  const ended = new Set<Worker>();
  const begin = (workerData: ThreadStart) => {
    const real = () => new Worker(built('agent/pipeline/decode-thread.js'), { env: {}, workerData });
    const worker = first && workers.length === 0 ? first(workerData) : real();
    worker.once('exit', () => ended.add(worker));
    workers.push(worker);
    return worker;
  };
  return { threads: createDecodeThreads(most, begin), workers, ended };
}

interface Playing {
  readonly source: Source;
  readonly frames: SourceFrame[];
  readonly ends: (Failure | undefined)[];
}

function play(threads: DecodeThreads, source: Partial<SourceConfig> & { url: string }): Playing {
  const playing: Playing = {
    frames: [],
    ends: [],
    source: openSource(
      { source: sourceConfig.parse(source), input: tinyInput, inFlight: 2 },
      {
        onOpened: () => undefined,
        onProblem: () => undefined,
        onFrame(frame) {
          playing.frames.push(frame);
          playing.source.release(frame, 0);
        },
        onEnd: (failure) => playing.ends.push(failure),
      },
      systemClock,
      threads,
    ),
  };
  onTestFinished(() => playing.source.close());
  return playing;
}

const flowing = (all: readonly Playing[], frames = 1) =>
  until(() => all.every((playing) => playing.frames.length >= frames), 'frames of every stream');

test('five streams share two threads, and the threads end with the last of them', async () => {
  const url = await writeClip(tempFolder());
  const { threads, workers, ended } = start(2);
  const all = Array.from({ length: 5 }, () => play(threads, { url, loop: true }));
  await flowing(all, 3);
  expect(workers.length).toBe(2);
  let over = false;
  void threads.ended().then(() => {
    over = true;
  });
  await Promise.all(all.slice(1).map(({ source }) => source.close()));
  const [first] = all;
  const seen = first?.frames.length ?? 0;
  await until(() => (first?.frames.length ?? 0) > seen, 'the first stream goes on');
  expect(over).toBe(false);
  await first?.source.close();
  await until(() => over, 'the end of both threads');
  expect(ended.size).toBe(2);
  await threads.ended();
  // Whoever comes afterwards gets a new one.
  await flowing([play(threads, { url })]);
  expect(workers.length).toBe(3);
});

test('a FIFO is refused at once, as a file and within a folder, and the others of its thread go on', async () => {
  const folder = tempFolder();
  const url = await writeClip(folder);
  const { threads, workers } = start(1);
  const good = play(threads, { url, loop: true });
  await flowing([good]);
  const fifo = path.join(folder, 'fifo.mp4');
  const images = path.join(folder, 'images');
  mkdirSync(images);
  for (const file of [fifo, path.join(images, 'a.jpg')]) expect(spawnSync('mkfifo', [file]).status).toBe(0);
  const [file, within] = [fifo, images].map((bad) => play(threads, { url: bad }));
  await until(() => file?.ends.length === 1 && within?.ends.length === 1, 'the ends of both');
  expect(file?.ends[0]).toMatchObject({
    code: 'source-open',
    message: `cannot open ${fifo}: it is a FIFO; allowed here: a file, a folder`,
  });
  expect(within?.ends[0]?.message).toContain('a.jpg: it is a FIFO');
  const seen = good.frames.length;
  await until(() => good.frames.length > seen + 3, 'the good stream goes on');
  expect(workers.length).toBe(1);
});

test('a stream that fails leaves the others of its thread alone', async () => {
  const url = await writeClip(tempFolder());
  const { threads, workers, ended } = start(1);
  const good = play(threads, { url, loop: true });
  const bad = play(threads, { url: `${url}.gone` });
  await until(() => bad.ends.length > 0, 'the failure');
  expect(bad.ends).toMatchObject([{ code: 'source-open' }]);
  const seen = good.frames.length;
  await flowing([good], seen + 3);
  expect([workers.length, ended.size, good.ends]).toEqual([1, 0, []]);
});

test('a recording that is read as fast as it can be has a thread of its own', async () => {
  const url = await writeClip(tempFolder());
  const { threads, workers } = start(1);
  const paced = play(threads, { url, loop: true });
  const fast = play(threads, { url, pace: 'fast' });
  await until(() => fast.ends.length > 0, 'the end of the recording');
  expect([fast.ends, fast.frames.length]).toEqual([[undefined], 60]);
  await flowing([paced]);
  expect(workers.length).toBe(2);
});

test('a thread that dies fails each of its streams, and the next stream gets a new one', async () => {
  const url = await writeClip(tempFolder());
  const { threads, workers } = start(1, mortal);
  const all = [play(threads, { url, loop: true }), play(threads, { url, loop: true })];
  await until(() => all.every(({ ends }) => ends.length > 0), 'the end of both');
  for (const { ends } of all)
    expect(ends).toMatchObject([{ code: 'internal', message: expect.stringMatching(/^decode thread ended/) }]);
  await flowing([play(threads, { url })]);
  expect(workers.length).toBe(2);
});

test.skipIf(!canHang)(
  'a disk that stops answering costs its own stream; the others of the thread go on in another, and it comes back',
  { timeout: 120_000 },
  async () => {
    const folder = tempFolder();
    const mount = path.join(folder, 'mount');
    const behind = path.join(folder, 'behind');
    for (const one of [mount, behind]) mkdirSync(one);
    const url = await writeClip(folder);
    copyFileSync(url, path.join(behind, 'clip.mp4'));
    const disk = await mountHangingDisk(behind, mount);
    onTestFinished(() => disk.stop());
    const { threads, workers, ended } = start(1);
    const far = { url: path.join(mount, 'clip.mp4'), loop: true };
    const hanging = play(threads, far);
    const near = play(threads, { url, loop: true });
    await flowing([hanging, near]);
    expect(workers.length).toBe(1);
    await disk.send('hang');
    await until(() => hanging.ends.length + near.ends.length === 2, 'the thread is given up', 30_000);
    expect(hanging.ends).toEqual([
      { code: 'source-stalled', message: `${far.url}: its disk does not answer; it is opened again when it does` },
    ]);
    expect(near.ends).toMatchObject([
      { code: 'source-stalled', message: expect.stringContaining('in the file of another stream') },
    ]);

    // Both are tried again, as the runner does: one goes on, the other costs no second thread while its disk hangs.
    const nearAgain = play(threads, { url, loop: true });
    const tries = Array.from({ length: 5 }, () => play(threads, far));
    await flowing([nearAgain]);
    await until(() => tries.every(({ ends }) => ends.length > 0), 'the refusals');
    for (const { ends } of tries)
      expect(ends).toMatchObject([{ code: 'source-stalled', message: expect.stringContaining('does not answer') }]);
    expect([workers.length, ended.size]).toEqual([2, 0]);

    await disk.send('answer');
    await until(() => ended.size === 1, 'the thread that hung ends');
    const back = play(threads, far);
    await flowing([back]);
    // It has a thread of its own now: should it hang again, nobody else notices.
    expect(workers.length).toBe(3);
    await disk.send('hang');
    await until(() => back.ends.length > 0, 'it is given up again', 30_000);
    expect(nearAgain.ends).toEqual([]);
    const seen = nearAgain.frames.length;
    await flowing([nearAgain], seen + 3);
  },
);
