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

test('somebody who looks again is served again, at once when it is long ago and not twice within a fifth of a second', async () => {
  const clock = new ManualClock();
  const follower = createFollower(clock);
  follower.follow(100);
  expect([follower.due(), follower.due()]).toEqual([true, false]);
  await clock.advance(100);
  // The moment itself still counts; what was sent a moment ago is not sent again for another who looks.
  follower.follow(clock.mono() + 10_000);
  expect(follower.due()).toBe(false);
  await clock.advance(99);
  expect(follower.due()).toBe(false);
  await clock.advance(1);
  expect(follower.due()).toBe(true);
  // To look no more.
  follower.follow(clock.mono() - 1);
  await clock.advance(1000);
  expect(follower.due()).toBe(false);
  follower.follow(clock.mono());
  expect(follower.due()).toBe(true);
  await clock.advance(200);
  expect(follower.due()).toBe(false);
});

test('of everything else nothing is left out, and of objects the first hundred are kept', () => {
  const anomaly: Outcome = { task: 'anomaly', score: 3, threshold: 2, anomalous: true };
  expect(lighten(frame(anomaly))).toEqual({
    frame: 1,
    ptsMs: 100,
    outcome: anomaly,
    timing: { decode: 1, preprocess: 2, infer: 3, postprocess: 4 },
    endedAt: 10,
  });
  const objects = Array.from({ length: 150 }, (_, track) => ({
    label: 'person',
    score: 0.9,
    box: [0, 0, 1, 1] as [number, number, number, number],
    track,
  }));
  const { outcome } = lighten(frame({ task: 'detect', detections: [] }, objects));
  expect(outcome).toEqual({ task: 'detect', detections: objects.slice(0, 100) });
});
