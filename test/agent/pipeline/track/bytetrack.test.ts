import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createByteTracker } from '../../../../agent/pipeline/track/bytetrack.ts';
import { trackConfig } from '../../../../shared/contract/config/track.ts';
import { type Detection, detection } from '../../../../shared/contract/messages/preview.ts';
import type { Box } from '../../../../shared/contract/names.ts';
import { scene } from './scene.ts';

const at = (x: number, y = 0.5, score = 0.9, label = 'person'): Detection => ({
  label,
  score,
  box: [x, y, 0.1, 0.2] as Box,
});

/** A tracker that is called every 100 ms, or `stepMs`. */
function start(overrides: object = {}, stepMs = 100) {
  const tracker = createByteTracker(trackConfig.parse(overrides), () => ({ threshold: 0.5 }));
  let ptsMs = 0;
  return (detections: readonly Detection[], waitMs = stepMs) => {
    ptsMs += waitMs;
    return tracker.update(detections, ptsMs);
  };
}

test('objects keep their ids while they walk past each other', () => {
  const update = start();
  const ids = Array.from({ length: 40 }, (_, i) =>
    update([at(0.02 * i, 0.3), at(0.8 - 0.02 * i, 0.45)]).tracked.map((t) => t.track),
  );
  expect(new Set(ids.map(String))).toEqual(new Set(['1,2']));
});

test('a walker that is hidden for a while is met again where it must be by then', () => {
  const update = start({ lostFrames: 15 });
  for (let i = 0; i < 20; i++) update([at(0.02 * i)]);
  for (let i = 20; i < 30; i++) expect(update([]).ended).toEqual([]);
  expect(update([at(0.02 * 30)]).tracked[0]?.track).toBe(1);
});

test('frames that were gated away do not matter: what moved on meanwhile is expected there', () => {
  const update = start();
  for (let i = 0; i <= 20; i++) update([at(0.02 * i)]);
  expect(update([at(0.4 + 0.16)], 800).tracked[0]?.track).toBe(1);
});

test('at two frames a second a walker who has left his box keeps his id, and is not taken for somebody of another size', () => {
  const update = start({}, 500);
  const ids = Array.from({ length: 6 }, (_, i) => update([at(0.1 + 0.11 * i)]).tracked[0]?.track);
  expect(new Set(ids)).toEqual(new Set([1]));
  const child: Detection = { label: 'person', score: 0.9, box: [0.1 + 0.11 * 7, 0.6, 0.05, 0.1] };
  expect(update([child]).tracked[0]?.track).toBe(2);
});

test('coasted frames count for a track that is not seen, not for one that is', () => {
  const tracker = createByteTracker(trackConfig.parse({ lostFrames: 5 }), () => ({ threshold: 0.5 }));
  tracker.update([at(0.1), at(0.6)], 0);
  expect(tracker.update([at(0.1)], 600, 5).ended).toEqual([2]);
});

test('what moves is told with its speed, and is looked out for a little while', () => {
  const tracker = createByteTracker(trackConfig.parse({}), () => ({ threshold: 0.5 }));
  for (let i = 0; i < 20; i++) tracker.update([at(0.02 * i)], i * 100);
  const [walker] = tracker.moving();
  expect(walker).toMatchObject({ track: 1, label: 'person' });
  expect(walker?.velocity[0]).toBeCloseTo(0.2, 1);
  expect(walker?.velocity[1]).toBeCloseTo(0, 2);
  tracker.update([], 2000);
  expect(tracker.moving()[0]?.box[0]).toBeCloseTo(0.4, 1);
  for (let i = 21; i < 25; i++) tracker.update([], i * 100);
  expect(tracker.moving()).toEqual([]);
});

test('what stands still keeps its id through a minute without an analysed frame', () => {
  const update = start();
  for (let i = 0; i <= 20; i++) update([at(0.5 + (i % 3) * 0.001)]);
  expect(update([at(0.5)], 60_000).tracked[0]?.track).toBe(1);
});

test('weak detections continue a track, and show up nowhere', () => {
  const update = start({ lostFrames: 2 });
  for (let i = 0; i < 5; i++) update([at(0.02 * i)]);
  for (let i = 5; i < 25; i++) expect(update([at(0.02 * i, 0.5, 0.2)])).toEqual({ tracked: [], began: [], ended: [] });
  expect(update([at(0.02 * 25)]).tracked[0]?.track).toBe(1);
});

test('weak detections begin no track, and below `low` continue none', () => {
  const update = start({ lostFrames: 2, low: 0.3 });
  expect(update([at(0.1, 0.5, 0.4)])).toEqual({ tracked: [], began: [], ended: [] });
  expect(update([at(0.1)]).tracked[0]?.track).toBe(1);
  for (let i = 0; i < 2; i++) update([at(0.1, 0.5, 0.2)]);
  expect(update([at(0.1, 0.5, 0.2)]).ended).toEqual([1]);
});

test('a track ends once, after `lostFrames`, and its id is never used again', () => {
  const update = start({ lostFrames: 2 });
  expect(update([at(0.1)]).began.map((t) => t.track)).toEqual([1]);
  expect([update([]).ended, update([]).ended, update([]).ended]).toEqual([[], [], [1]]);
  expect(update([]).ended).toEqual([]);
  expect(update([at(0.1)]).tracked[0]?.track).toBe(2);
});

test('a label does not take over the track of another', () => {
  const update = start();
  update([at(0.1)]);
  expect(update([at(0.1, 0.5, 0.9, 'dog')]).tracked[0]?.track).toBe(2);
});

const unit = fc.double({ min: 0, max: 1, noNaN: true });
const anyDetection = fc
  .record({ label: fc.constantFrom('person', 'car'), score: unit, x: unit, y: unit, w: unit, h: unit })
  .map(({ label, score, x, y, w, h }): Detection => ({ label, score, box: [x, y, w, h] }));
const frames = fc.array(
  fc.record({ detections: fc.array(anyDetection, { maxLength: 8 }), waitMs: fc.nat({ max: 5000 }), turn: fc.nat() }),
  { maxLength: 25 },
);

test('ids are unique in a frame, begin once, end once, and are never used again', () => {
  fc.assert(
    fc.property(frames, fc.nat({ max: 4 }), (played, lostFrames) => {
      const update = start({ lostFrames });
      const begun = new Map<number, string>();
      const over = new Set<number>();
      for (const { detections, waitMs } of played) {
        const { tracked, began, ended } = update(detections, waitMs);
        expect(tracked.map(({ track: _, ...d }) => d)).toEqual(detections.filter((d) => d.score >= 0.5));
        const ids = tracked.map((t) => t.track);
        expect(new Set(ids).size).toBe(ids.length);
        for (const { track, label } of began) {
          expect(begun.has(track)).toBe(false);
          begun.set(track, label);
        }
        for (const { track, label } of tracked) {
          expect(begun.get(track)).toBe(label);
          expect(over.has(track)).toBe(false);
        }
        for (const track of ended) {
          expect(begun.has(track) && !over.has(track) && !ids.includes(track)).toBe(true);
          over.add(track);
        }
      }
    }),
  );
});

test('the order of the detections does not matter', () => {
  fc.assert(
    fc.property(frames, (played) => {
      const [one, other] = [start(), start()];
      const key = (d: Detection) => JSON.stringify([d.label, d.score, d.box]);
      for (const { detections, waitMs, turn } of played) {
        const distinct = [...new Map(detections.map((d) => [key(d), d])).values()];
        const cut = distinct.length > 0 ? turn % distinct.length : 0;
        const turned = [...distinct.slice(cut), ...distinct.slice(0, cut)].toReversed();
        const byKey = (update: ReturnType<typeof one>) => new Map(update.tracked.map((t) => [key(t), t.track]));
        const [a, b] = [one(distinct, waitMs), other(turned, waitMs)];
        expect(new Map([...byKey(a)].toSorted())).toEqual(new Map([...byKey(b)].toSorted()));
        expect(a.ended).toEqual(b.ended);
      }
    }),
  );
});

test('ten people who cross and hide each other: few changes of identity, also at half and a fifth of the frames', () => {
  const switches = (step: number) => {
    let count = 0;
    for (const seed of [1, 2, 3, 4, 5]) {
      const tracker = createByteTracker(trackConfig.parse({}), () => ({ threshold: 0.4 }));
      const idOf = new Map<number, number>();
      scene(seed, 10, 300).forEach((seen, index) => {
        if (index % step !== 0) return;
        const { tracked } = tracker.update(seen, index * 100);
        for (const { track, person } of z
          .array(z.looseObject({ track: z.number(), person: z.number() }))
          .parse(tracked)) {
          if (idOf.has(person) && idOf.get(person) !== track) count++;
          idOf.set(person, track);
        }
      });
    }
    return count;
  };
  // Of 50 people over 30 s; a tracker by overlap alone made 2 to 5 times as many.
  expect(switches(1)).toBeLessThanOrEqual(14);
  expect(switches(2)).toBeLessThanOrEqual(30);
  // Without buffered boxes 221.
  expect(switches(5)).toBeLessThanOrEqual(90);
});

const reference = path.resolve(
  import.meta.dirname,
  '../../../../../shared/assets/reference/yolox-nano-416.vtest-20s.jsonl',
);

test.skipIf(!existsSync(reference))(
  '[assets] a real street at half of its frames: hardly more tracks than people',
  () => {
    const line = z.object({ frame: z.number(), detections: z.array(detection) });
    const lines = readFileSync(reference, 'utf8')
      .trim()
      .split('\n')
      .map((text) => line.parse(JSON.parse(text)));
    const tracker = createByteTracker(trackConfig.parse({}), () => ({ threshold: 0.45 }));
    const ids = new Set<number>();
    for (const { frame, detections } of lines.filter((l) => l.frame % 2 === 0)) {
      const people = detections.filter((d) => d.label === 'person');
      for (const { track } of tracker.update(people, frame * 100).tracked) ids.add(track);
    }
    expect(ids.size).toBeGreaterThanOrEqual(9);
    expect(ids.size).toBeLessThanOrEqual(18);
  },
);
