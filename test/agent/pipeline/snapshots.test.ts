import { expect, test } from 'vitest';
import type { Found } from '../../../agent/pipeline/judge.ts';
import type { Look } from '../../../agent/pipeline/look.ts';
import { createSnapshots } from '../../../agent/pipeline/snapshots.ts';
import type { Source, SourceFrame, SourcePicture } from '../../../agent/pipeline/source/picture/source.ts';
import type { RuleEvent, Tracked } from '../../../agent/pipeline/stage.ts';
import type { Box } from '../../../shared/contract/names.ts';
import { fitFrame } from '../../../shared/engine/preprocess/fit.ts';
import { tinyInput } from '../../support/inputs.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const picture: SourcePicture = { jpeg: Uint8Array.of(1, 2, 3), width: 32, height: 16 };
const box: Box = [0.4, 0.5, 0.1, 0.2];

/** Snapshots of a source that makes pictures when the test says so. */
function start() {
  const clock = new ManualClock();
  /** What the source was asked, in order. */
  const asked: unknown[][] = [];
  const out: unknown[] = [];
  const making: ((made: SourcePicture | undefined) => void)[] = [];
  const source: Source = {
    release: ({ frame }, quietMs) => void asked.push(['release', frame, quietMs]),
    picture({ frame }, part, side, hide = []) {
      asked.push(['picture', frame, part, side, ...(hide.length > 0 ? [hide] : [])]);
      return new Promise((resolve) => making.push(resolve));
    },
    finish: () => undefined,
    close: () => Promise.resolve(),
  };
  const snapshots = createSnapshots('yard', clock, {
    onOpened: () => undefined,
    onRecord: (body) => void out.push(body),
    onPreview: (header, jpeg) => void out.push([header, jpeg]),
    onProblem: () => undefined,
    onEnd: () => undefined,
  });
  const release = (frame: number, look: Partial<Look> = {}) =>
    snapshots.release(source, frameOf(frame), {
      found: [],
      objects: [],
      hide: [],
      chance: undefined,
      quietMs: 0,
      ...look,
    });
  return { clock, asked, out, making, snapshots, release };
}

const frameOf = (frame: number): SourceFrame => ({
  ...{ frame, ptsMs: frame * 100, fit: fitFrame(64, 64, tinyInput), decodeMs: 0, preprocessMs: 0 },
  ...{ startedAt: 0, decoded: 1, dropped: 0, thinned: 0, tensor: new Float32Array(0) },
});

const found = (frame: number, fields: Partial<RuleEvent> = {}): Found => ({
  event: {
    ...{ rule: 'door', ruleKind: 'line', action: 'forward', label: 'person', score: 0.9, snapshot: true },
    ...fields,
  },
  at: { frame, ptsMs: frame * 100 },
});
const record = (frame: number, fields: object = {}) => ({
  ...{ kind: 'event', stream: 'yard', frame, ptsMs: frame * 100 },
  ...{ rule: 'door', ruleKind: 'line', action: 'forward', label: 'person', score: 0.9 },
  ...fields,
});
const snapshot = { mime: 'image/jpeg', width: 32, height: 16, data: 'AQID' };
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a frame without events is released at once; one with events after its pictures have been asked for', async () => {
  const { asked, out, making, release, snapshots } = start();
  release(0, { quietMs: 300 });
  const path = [[0.1, 0.2] as const].map(([x, y]): [number, number] => [x, y]);
  release(1, {
    found: [found(1, { box, track: 3, path }), found(1, { snapshot: false, box }), found(1)],
    quietMs: 200,
  });
  expect(asked).toEqual([
    ['release', 0, 300],
    // A fifth of its size more on each side.
    ['picture', 1, [0.38, 0.46, 0.14, 0.28].map((value) => expect.closeTo(value, 9)), 320],
    ['picture', 1, [0, 0, 1, 1], 320],
    ['release', 1, 200],
  ]);
  await turn();
  expect(out).toEqual([]);
  making[0]?.(picture);
  making[1]?.(undefined);
  await snapshots.made();
  expect(out).toEqual([record(1, { box, track: 3, path, snapshot }), record(1, { box }), record(1)]);
});

test('a crop ends at the edge of the picture', () => {
  const { asked, release } = start();
  release(0, { found: [found(0, { box: [0.02, 0, 0.5, 0.9] }), found(0, { box: [0.5, 0.5, 0.45, 0.5] })] });
  expect(asked.slice(0, 2).map(([, , part]) => part)).toEqual([
    [0, 0, expect.closeTo(0.62, 9), 1],
    [expect.closeTo(0.41, 9), expect.closeTo(0.4, 9), expect.closeTo(0.59, 9), expect.closeTo(0.6, 9)],
  ]);
});

test('the crop of what happened in an earlier frame shows where its object is now; of no track where it was', () => {
  const { asked, release } = start();
  const objects: Tracked[] = [{ label: 'person', score: 0.9, track: 3, box: [0.6, 0.5, 0.1, 0.2] }];
  release(9, { found: [found(7, { box, track: 3 }), found(7, { box, track: 4 }), found(7, { box })], objects });
  expect(asked.slice(0, 3).map(([, , part]) => (part as Box)[0])).toEqual([
    expect.closeTo(0.58, 9),
    expect.closeTo(0.38, 9),
    expect.closeTo(0.38, 9),
  ]);
});

test('events leave in the order in which they happened, however long a picture takes; those at the end too', async () => {
  const { out, making, release, snapshots } = start();
  release(1, { found: [found(1)] });
  release(2, { found: [found(2)] });
  snapshots.report([found(3)]);
  let made = false;
  void snapshots.made().then(() => {
    made = true;
  });
  making[1]?.(picture);
  await turn();
  expect([out, made]).toEqual([[], false]);
  making[0]?.(undefined);
  await turn();
  expect(out).toEqual([record(1), record(2, { snapshot }), record(3)]);
  expect(made).toBe(true);
});

test('previews while somebody watches: no more a second than wanted, evenly, and none afterwards', async () => {
  const { clock, asked, out, making, release, snapshots } = start();
  const frames = async (from: number, to: number) => {
    const before = asked.length;
    for (let frame = from; frame < to; frame++) {
      await clock.advance(100);
      release(frame);
    }
    return asked.slice(before).flatMap(([what, frame]) => (what === 'picture' ? [frame] : []));
  };
  expect(await frames(0, 5)).toEqual([]);
  snapshots.watch(2500, 4, 480);
  // Each 250 ms from the first on, as far as frames come each 100.
  expect(await frames(5, 30)).toEqual([5, 8, 10, 13, 15, 18, 20, 23]);
  expect(asked.find(([what]) => what === 'picture')).toEqual(['picture', 5, [0, 0, 1, 1], 480]);
  // A later watch does not begin with a burst for the time in which nobody watched.
  snapshots.watch(10_000, 4, 480);
  expect(await frames(30, 36)).toEqual([30, 33, 35]);
  making.forEach((make, i) => {
    make(i === 1 ? undefined : picture);
  });
  await snapshots.made();
  expect(out).toHaveLength(10);
  expect(out[0]).toEqual([
    { stream: 'yard', frame: 5, ptsMs: 500, width: 32, height: 16, detections: [] },
    picture.jpeg,
  ]);
});

test('a preview says what is seen, with tracks, and comes after the events of its frame', async () => {
  const { clock, out, making, release, snapshots } = start();
  await clock.advance(10);
  snapshots.watch(1000, 5, 64);
  const objects = [{ label: 'person', score: 0.9, box, track: 3 }];
  release(0, { found: [found(0)], objects });
  for (const make of making) make(picture);
  await snapshots.made();
  expect(out).toEqual([
    record(0, { snapshot }),
    [{ stream: 'yard', frame: 0, ptsMs: 0, width: 32, height: 16, detections: objects }, picture.jpeg],
  ]);
});

test('crops and previews hide what must not be seen, and where that is not known there is none', async () => {
  const { clock, asked, out, making, snapshots, release } = start();
  snapshots.watch(1000, 10, 640);
  const hide: Box[] = [[0.1, 0.1, 0.2, 0.2]];
  release(0, { found: [found(0, { box })], hide });
  expect(asked.filter(([what]) => what === 'picture').map((request) => request.at(4))).toEqual([hide, hide]);
  for (const make of making) make(picture);
  await clock.advance(200);
  asked.length = 0;
  release(2, { found: [found(2, { box })], hide: undefined });
  expect(asked).toEqual([['release', 2, 0]]);
  await snapshots.made();
  expect(out.at(-1)).toEqual(record(2, { box }));
});
