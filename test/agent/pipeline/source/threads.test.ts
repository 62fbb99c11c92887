import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { openSource } from '../../../../agent/pipeline/source/open.ts';
import type { Failure, Source, SourceFrame } from '../../../../agent/pipeline/source/source.ts';
import { createDecodeThreads, type DecodeThreads } from '../../../../agent/pipeline/source/threads.ts';
import { type SourceConfig, sourceConfig } from '../../../../shared/contract/config/source.ts';
import { systemClock } from '../../../../shared/kit/clock.ts';
import { writeClip } from '../../../support/clip.ts';
import { tinyInput } from '../../../support/inputs.ts';
import { built } from '../../../support/program.ts';
import { tempFolder } from '../../../support/temp.ts';
import { until } from '../../../support/until.ts';

/** Real decode threads, of which the test sees each. */
function start(most: number) {
  const workers: Worker[] = [];
  const ended = new Set<Worker>();
  const threads = createDecodeThreads(most, () => {
    const worker = new Worker(built('agent/pipeline/decode-thread.js'), { env: {} });
    worker.once('exit', () => ended.add(worker));
    workers.push(worker);
    return worker;
  });
  return { threads, workers, ended };
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
        onTrouble: () => undefined,
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
  await Promise.all(all.slice(1).map(({ source }) => source.close()));
  const [first] = all;
  const seen = first?.frames.length ?? 0;
  await until(() => (first?.frames.length ?? 0) > seen, 'the first stream goes on');
  await first?.source.close();
  await until(() => ended.size === 2, 'the end of both threads');
  // Whoever comes afterwards gets a new one.
  await flowing([play(threads, { url })]);
  expect(workers.length).toBe(3);
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
  const { threads, workers } = start(1);
  const all = [play(threads, { url, loop: true }), play(threads, { url, loop: true })];
  await flowing(all);
  await workers[0]?.terminate();
  await until(() => all.every(({ ends }) => ends.length > 0), 'the end of both');
  for (const { ends } of all) expect(ends).toMatchObject([{ code: 'internal' }]);
  await flowing([play(threads, { url })]);
  expect(workers.length).toBe(2);
});
