import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FrameResult } from '../../../agent/pipeline/outputs.ts';
import { createStandby } from '../../../agent/pipeline/standby.ts';
import { createSummary } from '../../../agent/pipeline/summary.ts';

/** One process's view of a camera: each frame begins a little later or earlier than in the other. */
function walk(standby: boolean, jitter: readonly number[], stepMs: number) {
  const reported: number[] = [];
  const events: number[] = [];
  const summary = createSummary();
  const muted = createStandby(
    {
      onOpened: () => undefined,
      onResult: ({ frame }) => reported.push(frame),
      onRecord: (body) => 'frame' in body && events.push(body.frame),
      onPreview: () => undefined,
      onProblem: () => undefined,
      onEnd: () => undefined,
    },
    summary,
    standby,
  );
  const see = (frame: number) => {
    muted.begin(frame, 1000 + frame * stepMs + (jitter[frame % jitter.length] ?? 0));
    muted.summary.decoded(1, 0);
    muted.summary.inferred([], [], { latency: 1 });
    muted.out.onResult?.({ frame } as FrameResult);
    muted.out.onRecord({
      kind: 'event',
      stream: 's',
      rule: 'r',
      ruleKind: 'threshold',
      action: 'start',
      label: 'x',
      score: 1,
      frame,
      ptsMs: frame * stepMs,
    });
  };
  return { muted, see, reported, events, summary };
}

test('two processes that look at one camera tell each frame once, wherever one takes over from the other', () => {
  const jitter = fc.array(fc.double({ min: 0, max: 9, noNaN: true }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(
      jitter,
      jitter,
      fc.integer({ min: 2, max: 40 }),
      fc.integer({ min: 0, max: 10 }),
      (a, b, last, late) => {
        const before = walk(false, a, 40);
        const after = walk(true, b, 40);
        for (let frame = 0; frame <= last; frame++) before.see(frame);
        for (let frame = 0; frame <= last + late; frame++) after.see(frame);
        expect(after.reported).toEqual([]);
        expect(after.muted.summary.take(1)).toBeUndefined();
        after.muted.live(before.muted.lastAt() ?? 0);
        for (let frame = last + late + 1; frame < 60; frame++) after.see(frame);
        const all = Array.from({ length: 60 }, (_, i) => i);
        expect([...before.reported, ...after.reported]).toEqual(all);
        expect([...before.events, ...after.events]).toEqual(all);
        expect(after.summary.take(1)?.inferred).toBe(59 - last);
      },
    ),
  );
});

test('a picture that is made after the walk went live belongs to its frame still', () => {
  const { muted, see, events } = walk(true, [0], 40);
  for (let frame = 0; frame < 5; frame++) see(frame);
  muted.live(1000 + 2 * 40);
  expect(events).toEqual([3, 4]);
  const late = (frame: number) =>
    muted.out.onRecord({
      kind: 'event',
      stream: 's',
      rule: 'r',
      ruleKind: 'zone',
      action: 'enter',
      label: 'x',
      score: 1,
      frame,
      ptsMs: 0,
    });
  late(1);
  late(4);
  expect(events).toEqual([3, 4, 4]);
});

test('on standby the last fifteen seconds are kept, and nothing of what was before', () => {
  const { muted, see, reported, events } = walk(true, [0], 500);
  for (let frame = 0; frame <= 100; frame++) see(frame);
  // It takes over what nobody has told since long before.
  muted.live(0);
  const kept = Array.from({ length: 31 }, (_, i) => 70 + i);
  expect(reported).toEqual(kept);
  expect(events).toEqual(kept);
});
