import { expect, onTestFinished, test } from 'vitest';
import type { FrameResult, WalkOutputs } from '../../../agent/pipeline/outputs.ts';
import type { Source, SourceEvents, SourceFrame } from '../../../agent/pipeline/source/picture/source.ts';
import { startWalk } from '../../../agent/pipeline/walk.ts';
import { pictureStream } from '../../../shared/contract/config/stream.ts';
import type { TunedThresholds } from '../../../shared/contract/messages/desired.ts';
import { imageInputOf } from '../../../shared/contract/model-manifest.ts';
import { openEngine } from '../../../shared/engine/engine.ts';
import { fitFrame } from '../../../shared/engine/preprocess/fit.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { CELL, writeBrightPackage } from '../../support/onnx.ts';
import { tempFolder } from '../../support/temp.ts';

const SIZE = 64;

/** A walk over frames that a test gives: brightness (0 to 1) of one cell, NaN for a frame that breaks the head, or gated. */
async function walk(
  config: object,
  frames: readonly (number | 'gated' | 'coast')[],
  { close = false, tuned }: { close?: boolean; tuned?: TunedThresholds } = {},
) {
  const engine = await openEngine(
    { dir: writeBrightPackage(tempFolder(), { size: SIZE }), variant: 'fp32', threads: 1 },
    systemClock,
  );
  onTestFinished(() => engine.close());
  const fit = fitFrame(SIZE, SIZE, imageInputOf(engine.manifest));
  const released: (number | 'closed')[] = [];
  /** What the source heard of analysed frames. */
  const quiet: number[] = [];
  const records: Parameters<WalkOutputs['onRecord']>[0][] = [];
  const results: FrameResult[] = [];
  const problems: string[] = [];
  let events: SourceEvents | undefined;
  let finishing = false;
  const source: Source = {
    release(frame, quietMs) {
      released.push(frame.frame);
      if (!frame.gated) quiet.push(quietMs);
      if (finishing && released.length === frames.length) events?.onEnd();
    },
    picture: () => Promise.resolve(undefined),
    finish() {
      finishing = true;
    },
    async close() {
      released.push('closed');
    },
  };
  await new Promise<void>((resolve) => {
    const walked = startWalk(
      'yard',
      pictureStream.parse({ source: './a.mp4', model: 'bright', ...config }),
      {
        engine,
        clock: systemClock,
        openSource: (_, given) => {
          events = given;
          return source;
        },
        tuned: () => tuned,
      },
      {
        onOpened: () => undefined,
        onResult: (result) => results.push(result),
        onRecord: (body) => records.push(body),
        onPreview: () => undefined,
        onProblem: (code) => problems.push(code),
        onEnd: () => resolve(),
      },
    );
    for (const [index, look] of frames.entries()) events?.onFrame(frameOf(index, look));
    if (close) void walked.close().then(resolve);
    else events?.onEnd();
  });
  const summary = records.find((r) => r.kind === 'summary');
  return { released, quiet, results, problems, summary, events: records.filter((r) => r.kind === 'event') };

  function frameOf(frame: number, look: number | 'gated' | 'coast'): SourceFrame {
    const common = {
      frame,
      ptsMs: frame * 100,
      fit,
      decodeMs: 0,
      preprocessMs: 0,
      startedAt: 0,
      decoded: 1,
      dropped: 0,
      thinned: 0,
    };
    if (typeof look === 'string')
      return { ...common, gated: look === 'coast' ? 'coast' : 'reuse', tensor: new Float32Array(0) };
    const tensor = new Float32Array(3 * SIZE * SIZE);
    // One whole cell of the red channel, in the middle of the picture.
    for (let y = 0; y < CELL; y++) tensor.fill(look * 255, (32 + y) * SIZE + 32, (32 + y) * SIZE + 32 + CELL);
    return { ...common, tensor };
  }
}

const everywhere = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];
const zone = { kind: 'zone', name: 'yard', points: everywhere, frames: 1, dwellS: 1, snapshot: false };

test('gated frames count for rules with the last result, and cost no inference', async () => {
  const frames = [0.9, ...Array.from({ length: 15 }, () => 'gated' as const), 0.9, 0];
  const seen = await walk({ rules: [zone] }, frames);
  expect(seen.events).toMatchObject([
    { action: 'enter', frame: 0, track: 1 },
    { action: 'dwell', frame: 10, track: 1 },
  ]);
  expect(seen.summary).toMatchObject({
    frames: 18,
    inferred: 3,
    gated: 15,
    labels: { person: 2 },
    tracks: { person: 1 },
  });
  expect(seen.results.map((r) => r.frame)).toEqual([0, 16, 17]);
  expect(seen.released).toEqual(frames.map((_, i) => i));
});

test('a label has the threshold that the hub tuned for this model, else its own, else that of the stream', async () => {
  const personsOf = async (config: object, tuned?: TunedThresholds) =>
    (await walk({ track: false, ...config }, [0.9, 0.6, 0.3], tuned ? { tuned } : {})).summary;
  const own = { threshold: 0.2, thresholds: { person: 0.7 } };
  expect(await personsOf({ threshold: 0.2 })).toMatchObject({ labels: { person: 3 } });
  expect(await personsOf(own)).toMatchObject({ labels: { person: 1 } });
  expect(await personsOf({ threshold: 0.7, thresholds: { person: 0.2 } })).toMatchObject({ labels: { person: 3 } });
  const tuned = { model: 'bright@1.0.0', labels: { person: 0.5 } };
  expect(await personsOf(own, tuned)).toMatchObject({ labels: { person: 2 } });
  expect(await personsOf(own, { ...tuned, model: 'bright@2.0.0' })).toMatchObject({ labels: { person: 1 } });
});

test('after a frame that failed, gated frames show nothing rather than something older', async () => {
  const seen = await walk({ rules: [zone] }, [
    0.9,
    'gated',
    Number.NaN,
    ...Array.from({ length: 20 }, () => 'gated' as const),
  ]);
  expect(seen.problems).toEqual(['model-failed']);
  expect(seen.events).toMatchObject([{ action: 'enter', frame: 0 }]);
  expect(seen.summary).toMatchObject({ inferred: 1, gated: 21, failed: 1 });
});

test('gated frames before any result are counted and released', async () => {
  const seen = await walk({ rules: [zone] }, ['gated', 'gated']);
  expect(seen).toMatchObject({ events: [], released: [0, 1], summary: { gated: 2, inferred: 0 } });
});

test('detections below the threshold keep a track alive, and nobody else sees them', async () => {
  const weak = Array.from({ length: 20 }, () => 0.3);
  const seen = await walk({ track: { lostFrames: 2 }, rules: [zone] }, [0.9, ...weak, 0.9]);
  expect(seen.results.slice(1, -1).flatMap((r) => r.objects)).toEqual([]);
  expect(seen.results.slice(1, -1).every((r) => r.outcome.task === 'detect' && r.outcome.detections.length === 0)).toBe(
    true,
  );
  expect(seen.results.at(-1)?.objects).toMatchObject([{ track: 1 }]);
  expect(seen.summary).toMatchObject({ labels: { person: 2 }, tracks: { person: 1 } });
});

test('closing analyses what has been handed over before it lets go of the source', async () => {
  const seen = await walk({ rules: [zone] }, [0.9, 'gated', 0.9], { close: true });
  expect(seen.results.map((r) => r.frame)).toEqual([0, 2]);
  expect(seen.released).toEqual([0, 1, 2, 'closed']);
  expect(seen.events).toMatchObject([{ action: 'enter', frame: 0 }]);
  expect(seen.summary).toMatchObject({ frames: 3, inferred: 2, gated: 1 });
});

test('what happened in coasted frames is told with the frame in which it happened', async () => {
  const coast = Array.from({ length: 4 }, () => 'coast' as const);
  const dwell = { ...zone, dwellS: 0.3 };
  const seen = await walk({ rules: [dwell], gate: {} }, [0.9, ...coast, 0.9, ...coast]);
  expect(seen.events).toMatchObject([
    { action: 'enter', frame: 0, ptsMs: 0 },
    { action: 'dwell', frame: 3, ptsMs: 300 },
  ]);
  expect(seen.summary).toMatchObject({ frames: 10, inferred: 2, gated: 8 });
  expect(seen.released).toEqual(Array.from({ length: 10 }, (_, i) => i));
});

test('the source hears how long nothing can happen: never after a frame that failed, or without tracks', async () => {
  const far = {
    kind: 'line',
    name: 'far',
    points: [
      [0, 0.01],
      [0.01, 0],
    ],
    snapshot: false,
  };
  expect((await walk({ rules: [far], gate: { coastS: 0.4 } }, [0.9, Number.NaN, 0.9])).quiet).toEqual([400, 0, 400]);
  expect((await walk({ rules: [far], gate: { coastS: 0 } }, [0.9])).quiet).toEqual([0]);
  expect((await walk({ track: false, gate: {} }, [0.9])).quiet).toEqual([0]);
});

test('a walk whose source has ended closes at once: there is nothing to wait for', async () => {
  const engine = await openEngine(
    { dir: writeBrightPackage(tempFolder(), { size: SIZE }), variant: 'fp32', threads: 1 },
    systemClock,
  );
  onTestFinished(() => engine.close());
  const calls: string[] = [];
  let events: SourceEvents | undefined;
  const walked = startWalk(
    'yard',
    pictureStream.parse({ source: './a.mp4', model: 'bright' }),
    {
      engine,
      // Stands still: whoever waits for it waits for ever.
      clock: new ManualClock(),
      openSource(_, given) {
        events = given;
        return {
          release: () => undefined,
          picture: () => Promise.resolve(undefined),
          finish: () => void calls.push('finish'),
          close: async () => void calls.push('close'),
        };
      },
    },
    {
      onOpened: () => undefined,
      onRecord: () => undefined,
      onPreview: () => undefined,
      onProblem: () => undefined,
      onEnd: () => void calls.push('end'),
    },
  );
  events?.onEnd();
  await new Promise((resolve) => setImmediate(resolve));
  await walked.close();
  expect(calls).toEqual(['end', 'close']);
});
