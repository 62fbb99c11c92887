import { expect, test } from 'vitest';
import { createIouTracker } from '../../../../agent/pipeline/track/iou.ts';
import { trackConfig } from '../../../../shared/contract/config/stream.ts';
import type { Box } from '../../../../shared/contract/names.ts';

const at = (x: number, y = 0.5, label = 'person') => ({ label, score: 0.9, box: [x, y, 0.1, 0.2] as Box });
const config = (overrides = {}) => trackConfig.parse(overrides);

test('objects keep their ids while they walk past each other', () => {
  const tracker = createIouTracker(config());
  const ids = Array.from({ length: 40 }, (_, i) => {
    const { tracked } = tracker.update([at(0.02 * i, 0.3), at(0.8 - 0.02 * i, 0.6)]);
    return tracked.map((t) => t.track);
  });
  expect(new Set(ids.map(String))).toEqual(new Set(['1,2']));
});

test('a walker that is hidden for a while is met again where it must be by then', () => {
  const tracker = createIouTracker(config({ lostFrames: 15 }));
  for (let i = 0; i < 20; i++) tracker.update([at(0.02 * i)]);
  for (let i = 20; i < 30; i++) expect(tracker.update([]).ended).toEqual([]);
  expect(tracker.update([at(0.02 * 30)]).tracked[0]?.track).toBe(1);
});

test('a track ends once, after `lostFrames`, and its id is never used again', () => {
  const tracker = createIouTracker(config({ lostFrames: 2 }));
  expect(tracker.update([at(0.1)]).began.map((t) => t.track)).toEqual([1]);
  expect([tracker.update([]).ended, tracker.update([]).ended, tracker.update([]).ended]).toEqual([[], [], [1]]);
  expect(tracker.update([]).ended).toEqual([]);
  expect(tracker.update([at(0.1)]).tracked[0]?.track).toBe(2);
});

test('a label does not take over the track of another', () => {
  const tracker = createIouTracker(config());
  tracker.update([at(0.1)]);
  expect(tracker.update([at(0.1, 0.5, 'dog')]).tracked[0]?.track).toBe(2);
});
