import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createStampJudge } from '../../../../../agent/pipeline/source/picture/stamps.ts';

/** What is believed of ten seconds of a camera at `fps`. @param delayOf milliseconds that frame `i` is on its way */
function judge(fps: number, stampOf: (ms: number) => number, delayOf: (i: number) => number = () => 0) {
  const stamps = createStampJudge();
  let now = 0;
  return Array.from({ length: 10 * fps }, (_, i) => {
    const ms = (i * 1000) / fps;
    now = Math.max(now, ms + delayOf(i));
    return stamps.see(5_000_000 + stampOf(ms), now);
  });
}
const last = (all: readonly boolean[], part = 0.5) => all.slice(Math.floor(all.length * part));

test.each([1, 5, 25, 60])('at %i frames per second: stamps that run as our clock does are believed', (fps) => {
  expect(judge(fps, (ms) => ms)).not.toContain(false);
  expect(judge(fps, (ms) => ms * 1.1)).not.toContain(false);
});

test.each([5, 25, 60])('at %i frames per second: others are not', (fps) => {
  for (const wrong of [
    () => 0,
    (ms: number) => ms / 2,
    (ms: number) => ms * 2,
    (ms: number) => (ms * 8) / 90,
    (ms: number) => -ms,
    (ms: number) => Math.floor(ms / 1000) * 1000,
    (ms: number) => Math.floor(ms / 5000) * 5000,
  ]) {
    expect(last(judge(fps, wrong))).not.toContain(true);
  }
});

test('stamps that stand still are found out within five frames', () => {
  expect(judge(25, () => 0).slice(0, 6)).toEqual([true, true, true, true, false, false]);
});

test('however unevenly frames arrive, as long as some come at once each second', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 250, maxLength: 250 }), (delays) => {
      // Each tenth frame is hardly delayed.
      const all = judge(
        25,
        (ms) => ms,
        (i) => (i % 10 === 0 ? 5 : (delays[i] ?? 0)),
      );
      expect(all).not.toContain(false);
    }),
  );
  // In heaps, once a second.
  expect(
    judge(
      25,
      (ms) => ms,
      (i) => (24 - (i % 25)) * 40,
    ),
  ).not.toContain(false);
});

test('what was wrong is believed again after three good seconds; another connection begins with trust', () => {
  const all = judge(25, (ms) => (ms < 2000 ? 0 : ms));
  expect(all.slice(25, 50)).not.toContain(true);
  expect(all.at(-1)).toBe(true);
  const stamps = createStampJudge();
  expect(stamps.believed()).toBe(true);
  for (let i = 0; i < 10; i++) stamps.see(0, i * 40);
  expect(stamps.believed()).toBe(false);
  stamps.again();
  expect(stamps.believed()).toBe(true);
});

test('another connection is judged as the first one was, whatever came before it', () => {
  const packets = fc.array(fc.tuple(fc.integer({ min: -500, max: 2000 }), fc.integer({ min: 0, max: 700 })), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(packets, packets, fc.integer({ min: -1e6, max: 1e6 }), (before, after, jump) => {
      const used = createStampJudge();
      let [now, stamp] = [0, 0];
      const play = (judge: typeof used, steps: typeof after) =>
        steps.map(([stampStep, nowStep]) => {
          stamp += stampStep;
          now += nowStep;
          return judge.see(stamp, now);
        });
      play(used, before);
      used.again();
      stamp += jump;
      const from = [now, stamp] as const;
      const found = play(used, after);
      [now, stamp] = from;
      expect(found).toEqual(play(createStampJudge(), after));
    }),
  );
});
