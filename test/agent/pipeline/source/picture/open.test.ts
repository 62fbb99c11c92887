import { MessageChannel } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { openSource } from '../../../../../agent/pipeline/source/picture/open.ts';
import type {
  Failure,
  SourceFrame,
  SourceMessage,
  SourceRequest,
} from '../../../../../agent/pipeline/source/picture/source.ts';
import { sourceConfig } from '../../../../../shared/contract/config/source.ts';
import { fitFrame } from '../../../../../shared/engine/preprocess/fit.ts';
import { tinyInput } from '../../../../support/inputs.ts';
import { ManualClock } from '../../../../support/manual-clock.ts';
import { until } from '../../../../support/until.ts';

/** A source whose decode thread is the test: it says what it likes, and hears what it is asked. */
function start() {
  const { port1, port2 } = new MessageChannel();
  const calls: unknown[][] = [];
  const asked: SourceRequest[] = [];
  let leave: (why?: Failure) => void = () => undefined;
  let shunned = 0;
  const gone = new Promise<Failure | undefined>((resolve) => {
    leave = resolve;
  });
  port2.on('message', (request: SourceRequest) => asked.push(request));
  onTestFinished(() => {
    port1.close();
    port2.close();
  });
  const clock = new ManualClock();
  const source = openSource(
    { source: sourceConfig.parse({ url: './a.mp4' }), input: tinyInput, inFlight: 2 },
    {
      onOpened: (info) => void calls.push(['opened', info.width]),
      onFrame: (frame) => void calls.push(['frame', frame.frame]),
      onProblem: (...problem) => void calls.push(['problem', ...problem]),
      onWaiting: (failure, waitMs) => void calls.push(['waiting', failure, waitMs]),
      onNote: (message) => void calls.push(['note', message]),
      onEnd: (failure) => void calls.push(['end', failure]),
    },
    clock,
    { seat: () => ({ port: port1, gone, shun: () => void shunned++ }) },
  );
  /** Says these, and waits until all before have arrived. */
  const send = async (...messages: SourceMessage[]) => {
    for (const message of messages) port2.postMessage(message);
    await new Promise((resolve) => setTimeout(resolve));
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { source, calls, asked, send, clock, leave, shunned: () => shunned };
}

const frameOf = (frame: number, gated?: 'reuse'): SourceFrame => ({
  ...{ frame, ptsMs: frame * 100, fit: fitFrame(64, 64, tinyInput), decodeMs: 0, preprocessMs: 0 },
  ...{ startedAt: 0, decoded: 1, dropped: 0, thinned: 0, tensor: new Float32Array(gated ? 0 : 12) },
  ...(gated ? { gated } : {}),
});
const info = { width: 64, height: 48, fps: 10, frames: 3, durationMs: 300, decoder: 'h264' };

test('what the thread says reaches the walk, in order', async () => {
  const { calls, send } = start();
  await send(
    { type: 'opened', info },
    { type: 'frame', ...frameOf(0) },
    { type: 'problem', code: 'frame-undecodable', message: 'broken', count: 3 },
    { type: 'waiting', code: 'source-ended', message: 'gone', waitMs: 400 },
    { type: 'note', message: 'in software' },
    { type: 'failed', code: 'source-auth', message: 'no entry' },
  );
  await until(() => calls.length >= 7, 'all of it');
  expect(calls).toEqual([
    ['opened', 64],
    ['frame', 0],
    ['problem', 'frame-undecodable', 'broken', 3],
    ['problem', 'source-ended', 'gone', 1],
    ['waiting', { code: 'source-ended', message: 'gone' }, 400],
    ['note', 'in software'],
    ['end', { code: 'source-auth', message: 'no entry' }],
  ]);
});

test('the end comes once, and nothing after it: neither a frame nor another end nor the death of the thread', async () => {
  const { calls, send, leave, source, asked } = start();
  await send({ type: 'ended' }, { type: 'frame', ...frameOf(0) }, { type: 'failed', code: 'internal', message: 'x' });
  await until(() => calls.length > 0, 'the end');
  leave({ code: 'internal', message: 'died' });
  await send({ type: 'ended' });
  expect(calls).toEqual([['end', undefined]]);
  // Nobody is there to hear it.
  source.finish();
  source.release(frameOf(0), 0);
  expect(await source.picture(frameOf(0), [0, 0, 1, 1], 64)).toBeUndefined();
  await send();
  expect(asked).toEqual([]);
});

test.each([
  ['decode thread: boom', 'decode thread: boom'],
  [undefined, 'decode thread ended without a word'],
])('a thread that is gone (%s) is the end', async (died, message) => {
  const { calls, leave } = start();
  leave(died === undefined ? undefined : { code: 'internal', message: died });
  await until(() => calls.length > 0, 'the end');
  expect(calls).toEqual([['end', { code: 'internal', message }]]);
});

test('frames go back with their tensors, pictures come by their request', async () => {
  const { source, asked, send } = start();
  const frame = frameOf(4);
  const first = source.picture(frame, [0, 0, 1, 1], 64);
  const second = source.picture(frame, [0, 0, 0.5, 0.5], 320, [[0.1, 0.1, 0.2, 0.2]]);
  source.release(frame, 250);
  source.release(frameOf(5, 'reuse'), 0);
  source.finish();
  await until(() => asked.length === 5, 'the requests');
  expect(asked).toEqual([
    { type: 'picture', request: 1, frame: 4, box: [0, 0, 1, 1], maxSide: 64, hide: [] },
    { type: 'picture', request: 2, frame: 4, box: [0, 0, 0.5, 0.5], maxSide: 320, hide: [[0.1, 0.1, 0.2, 0.2]] },
    { type: 'release', frame: 4, tensor: new Float32Array(12), quietMs: 250 },
    { type: 'release', frame: 5, tensor: new Float32Array(0), quietMs: 0 },
    { type: 'finish' },
  ]);
  // Moved, not copied.
  expect(frame.tensor.length).toBe(0);
  const picture = { jpeg: Uint8Array.of(1, 2), width: 2, height: 1 };
  await send({ type: 'picture', request: 2, picture }, { type: 'picture', request: 1, picture: undefined });
  expect(await Promise.all([first, second])).toEqual([undefined, picture]);
});

test('pictures that are still asked for at the end are not waited for for ever', async () => {
  for (const way of ['end', 'close'] as const) {
    const { source, send, leave } = start();
    const wanted = source.picture(frameOf(0), [0, 0, 1, 1], 64);
    if (way === 'end') await send({ type: 'ended' });
    else void source.close();
    leave();
    expect(await wanted).toBeUndefined();
  }
});

test('closing asks the thread to end and waits for it, without an end of its own', async () => {
  const { source, asked, calls, leave, clock, shunned } = start();
  let closed = false;
  const closing = source.close().then(() => {
    closed = true;
  });
  await clock.advance(999);
  await until(() => asked.length > 0, 'the request');
  expect([asked, closed]).toEqual([[{ type: 'close' }], false]);
  leave();
  await closing;
  await clock.advance(10_000);
  expect([calls, shunned()]).toEqual([[], 0]);
});

test('a thread that does not let go within a second is left alone, and gets nobody else', async () => {
  const { source, clock, shunned, calls } = start();
  let closed = false;
  void source.close().then(() => {
    closed = true;
  });
  await clock.advance(999);
  expect([closed, shunned()]).toEqual([false, 0]);
  await clock.advance(1);
  expect([closed, shunned(), calls]).toEqual([true, 1, []]);
});
