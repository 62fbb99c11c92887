import { expect, test } from 'vitest';
import type { FrameResult } from '../../../agent/pipeline/outputs.ts';
import { createFollower, lighten } from '../../../agent/runner/follow.ts';
import type { Outcome } from '../../../shared/engine/outcome.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('nothing is due while nobody looks, at most five results a second while somebody does, none after', async () => {
  const clock = new ManualClock();
  const follower = createFollower(clock);
  expect(follower.due()).toBe(false);
  follower.follow(clock.mono() + 10_000);
  let sent = 0;
  for (let ms = 0; ms < 10_000; ms += 10) {
    if (follower.due()) sent++;
    await clock.advance(10);
  }
  expect(sent).toBe(50);
  await clock.advance(10);
  expect(follower.due()).toBe(false);
});

const frame = (outcome: Outcome, objects: FrameResult['objects'] = []): FrameResult => ({
  frame: 1,
  ptsMs: 100,
  outcome,
  objects,
  timing: { decode: 1, preprocess: 2, infer: 3, postprocess: 4 },
  startedAt: 0,
  endedAt: 10,
});

test('bulk stays in the runner: of a vector the length, of lists the best', () => {
  expect(lighten(frame({ task: 'embed', vector: new Float32Array(1_000_000) })).outcome).toEqual({
    task: 'embed',
    length: 1_000_000,
  });
  const classes = Array.from({ length: 1000 }, (_, i) => ({ label: `c${i}`, score: 1 - i / 1000 }));
  const light = lighten(frame({ task: 'classify', classes })).outcome;
  expect(light).toEqual({ task: 'classify', classes: classes.slice(0, 100) });
});

test('objects keep their tracks', () => {
  const detections = [{ label: 'person', score: 0.9, box: [0, 0, 1, 1] as [number, number, number, number] }];
  const objects = detections.map((d) => ({ ...d, track: 7 }));
  expect(lighten(frame({ task: 'detect', detections }, objects)).outcome).toEqual({
    task: 'detect',
    detections: objects,
  });
});
