import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createByteTracker } from '../../../../agent/pipeline/track/bytetrack.ts';
import { trackConfig } from '../../../../shared/contract/config/track.ts';
import type { Detection } from '../../../../shared/contract/messages/preview.ts';

/** Which detection continues which track: by how much overlap, of which score, after how long. */

/** A box of this place and size; 0.1 by 0.2 without. */
const at = (x: number, { y = 0.5, width = 0.1, height = 0.2, score = 0.9, label = 'person' } = {}): Detection => ({
  label,
  score,
  box: [x, y, width, height],
});

/** A tracker with a threshold of 0.5, called every 100 ms, or after `waitMs`. */
function start(overrides: object = {}) {
  const tracker = createByteTracker(trackConfig.parse(overrides), () => ({ threshold: 0.5 }));
  let ptsMs = 0;
  return {
    tracker,
    update(detections: readonly Detection[], waitMs = 100) {
      ptsMs += waitMs;
      return tracker.update(detections, ptsMs);
    },
    /** The tracks of these detections; 0 for one that has none. */
    ids(detections: readonly Detection[], waitMs = 100) {
      ptsMs += waitMs;
      const { tracked } = tracker.update(detections, ptsMs);
      return detections.map((d) => tracked.find((t) => t.box === d.box)?.track ?? 0);
    },
  };
}

test('a detection of low score continues only a track that was seen in the frame before, never a lost one', () => {
  const { update, tracker } = start({ lostFrames: 3 });
  update([at(0.3)]);
  update([]);
  const weak = at(0.3, { score: 0.4 });
  expect([update([weak]).ended, update([weak]).ended, update([weak]).ended]).toEqual([[], [], [1]]);
  expect(tracker.moving()).toEqual([]);
  // Seen each frame, strongly or weakly, it lives on; a strong one finds a lost track again.
  const seen = start({ lostFrames: 3 });
  seen.update([at(0.3)]);
  for (let i = 0; i < 10; i++) expect(seen.update([weak]).ended).toEqual([]);
  for (let i = 0; i < 3; i++) seen.update([]);
  expect(seen.ids([at(0.3)])).toEqual([1]);
});

test('the scores: from the threshold on an object, from `low` on it continues a track', () => {
  const { update, ids } = start({ low: 0.3, lostFrames: 0 });
  expect(ids([at(0.1, { score: 0.5 }), at(0.6, { score: 0.49 })])).toEqual([1, 0]);
  expect(update([at(0.1, { score: 0.3 })]).ended).toEqual([]);
  expect(update([at(0.1, { score: 0.29 })]).ended).toEqual([1]);
});

test('a detection of low score must lie well on its track', () => {
  // Overlaps of 0.51 and 0.49.
  for (const [shift, ended] of [
    [0.0325, []],
    [0.0342, [1]],
  ] as const) {
    const { update } = start({ lostFrames: 0 });
    update([at(0.3)]);
    expect(update([at(0.3 + shift, { score: 0.3 })]).ended).toEqual(ended);
  }
});

test('a low detection beside a high one neither takes its track nor moves it', () => {
  const [alone, both] = [start(), start()];
  for (const { update } of [alone, both]) update([at(0.3)]);
  alone.update([at(0.31)]);
  both.update([at(0.31), at(0.32, { score: 0.3 })]);
  expect(both.tracker.moving()).toEqual(alone.tracker.moving());
  expect(both.tracker.moving()).toMatchObject([{ track: 1, score: 0.9 }]);
});

test('a track that a low detection continues is not given to a high one that is farther off', () => {
  const { ids } = start({ iou: 0.5 });
  ids([at(0.3)]);
  // Overlap of a third: enough for a stray, if the track were free.
  expect(ids([at(0.35), at(0.3, { score: 0.3 })])).toEqual([2, 0]);
  const free = start({ iou: 0.5 });
  free.ids([at(0.3)]);
  expect(free.ids([at(0.35)])).toEqual([1]);
});

test('`iou`: who is unlike in size must overlap by so much', () => {
  const half = at(0.3, { height: 0.1 });
  for (const [iou, track] of [
    [0.49, 1],
    [0.51, 2],
  ]) {
    const { ids } = start({ iou });
    ids([at(0.3)]);
    expect(ids([half])).toEqual([track]);
  }
  const { ids } = start({ iou: 0.05 });
  ids([at(0.3, { y: 0.3 })]);
  // Apart along both axes is not together.
  expect(ids([at(0.45, { y: 0.55, height: 0.1 })])).toEqual([2]);
});

test.each([
  // Grown by half of what one may stray in the time: 0.1 by 0.2 becomes 0.2 by 0.3 after half a second and ever after.
  [500, 0.131, 0.136],
  [250, 0.098, 0.102],
  [1000, 0.131, 0.136],
  [60_000, 0.131, 0.136],
])('after %d ms a stray is met %d away, not %d', (waitMs, near, far) => {
  for (const sign of [1, -1]) {
    const [met, missed] = [start(), start()];
    for (const { ids } of [met, missed]) ids([at(0.5)]);
    expect(met.ids([at(0.5 + sign * near)], waitMs)).toEqual([1]);
    expect(missed.ids([at(0.5 + sign * far)], waitMs)).toEqual([2]);
  }
});

test('the time that a stray has is counted from when its track was seen last', () => {
  const { ids } = start();
  ids([at(0.5)]);
  for (let i = 0; i < 4; i++) ids([]);
  expect(ids([at(0.631)])).toEqual([1]);
  const fresh = start();
  for (let i = 0; i < 5; i++) fresh.ids([at(0.5)]);
  expect(fresh.ids([at(0.631)])).toEqual([2]);
});

test('a stray must be about as tall, whichever of both is the taller', () => {
  for (const [height, track] of [
    [0.122, 1],
    [0.118, 2],
    [0.2 / 0.61, 1],
    [0.2 / 0.59, 2],
  ] as const) {
    const { ids } = start({ iou: 0.9 });
    ids([at(0.5)]);
    expect(ids([at(0.53, { height, width: 0.1 })], 500)).toEqual([track]);
  }
});

test('a pair that fits badly does not push one that fits well apart', () => {
  const { ids } = start();
  expect(ids([at(0.3), at(0.4085, { score: 0.8 })])).toEqual([1, 2]);
  // The first overlaps track 1 by 0.6 and track 2 by 0.09; the second track 1 by 0.55.
  expect(ids([at(0.325), at(0.271)])).toEqual([1, 3]);
});

test('two tracks and two detections: the best of all pairs, not the best pair first', () => {
  const { ids } = start();
  ids([at(0.3), at(0.36, { score: 0.8 })]);
  // The first is between both and nearer to track 2; the second overlaps track 2 alone.
  expect(ids([at(0.335), at(0.42)])).toEqual([1, 2]);
});

test('after a pause nobody is expected farther than a second takes him, and time that goes back is none', () => {
  const { tracker } = start();
  for (let i = 0; i <= 20; i++) tracker.update([at(0.01 * i)], i * 100);
  const [before] = tracker.moving();
  if (!before) throw new Error('a track was expected');
  tracker.update([], 12_000);
  expect(tracker.moving()[0]?.box[0]).toBeCloseTo(before.box[0] + before.velocity[0], 6);
  tracker.update([], 11_000);
  expect(tracker.moving()[0]?.box[0]).toBeCloseTo(before.box[0] + before.velocity[0], 6);
  tracker.update([], 11_100);
  expect(tracker.moving()[0]?.box[0]).toBeCloseTo(before.box[0] + 1.1 * before.velocity[0], 6);
});

test('unseen, a box keeps its size while it goes on; seen, it may grow', () => {
  const { tracker, update } = start();
  for (let i = 0; i < 20; i++) update([at(0.5, { height: 0.2 + 0.01 * i, width: 0.1 + 0.005 * i })]);
  const size = () => tracker.moving()[0]?.box.slice(2) ?? [];
  const seen = size();
  update([]);
  const lost = size();
  expect(lost[1]).toBeGreaterThan((seen[1] ?? 0) + 0.005);
  update([]);
  expect(size()).toEqual([expect.closeTo(lost[0] ?? 0, 9), expect.closeTo(lost[1] ?? 0, 9)]);
});

test('a track is looked out for in three frames without it, not in the fourth; coasted ones count', () => {
  const { tracker, update } = start();
  update([at(0.5, { score: 0.7 })]);
  for (let i = 0; i < 3; i++) {
    update([]);
    expect(tracker.moving()).toMatchObject([{ track: 1, label: 'person', score: 0.7, velocity: [0, 0] }]);
  }
  update([]);
  expect(tracker.moving()).toEqual([]);
  expect(update([at(0.5)]).tracked).toMatchObject([{ track: 1 }]);
  tracker.update([], 1000, 3);
  expect(tracker.moving()).toEqual([]);
});

test('of equal scores the place decides, then the label: never the order', () => {
  const few = fc.constantFrom(0.1, 0.2, 0.3);
  const detection = fc
    .record({
      label: fc.constantFrom('a', 'b', 'c'),
      score: fc.constantFrom(0.6, 0.9),
      box: fc.tuple(few, few, few, few),
    })
    .map((d): Detection => d);
  const key = (d: Detection) => JSON.stringify([d.label, d.score, d.box]);
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(detection, { selector: key, maxLength: 6 }), { minLength: 1, maxLength: 4 }),
      fc.infiniteStream(fc.nat()),
      (frames, chance) => {
        const [one, other] = [start(), start()];
        for (const detections of frames) {
          const mixed = detections
            .map((d) => ({ d, by: chance.next().value }))
            .toSorted((a, b) => a.by - b.by)
            .map(({ d }) => d);
          const reported = (update: ReturnType<typeof one.update>) =>
            update.tracked.map((t) => `${key(t)} ${t.track}`).toSorted();
          expect(reported(other.update(mixed))).toEqual(reported(one.update(detections)));
        }
      },
    ),
  );
});

test('new ids are given by falling score, then from left to right, from above, narrow and low first, by label', () => {
  const { ids } = start();
  const detections = [
    at(0.1, { label: 'b' }),
    at(0.1, { label: 'a' }),
    at(0.1, { height: 0.3 }),
    at(0.1, { width: 0.2 }),
    at(0.1, { y: 0.6 }),
    at(0.2),
    at(0, { score: 0.8 }),
    at(0.9, { score: 0.95 }),
  ];
  expect(ids(detections)).toEqual([3, 2, 4, 5, 6, 7, 8, 1]);
});
