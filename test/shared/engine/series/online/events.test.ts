/** What strengths become events, sample by sample. */
import { expect, test } from 'vitest';
import { EVENT_SETTINGS, Events } from '../../../../../shared/engine/series/online/events.ts';

const LIMIT = 1000;
const STRONG = 6;
const no = (): boolean => {
  throw new Error('nobody asks whether this was called normal, or comes by the clock');
};
const never = { isNormal: no, isAgain: no };

/** Past its first thousand samples, all of them as usual. */
function quiet(): Events {
  const events = new Events();
  for (let n = 0; n < 1000; n++) events.next(0.1, LIMIT, false, never);
  expect(events.anomalous).toBe(false);
  return events;
}

test('an anomaly begins with a rare peak, is one through weaker ones, and ends after ten samples as usual', () => {
  const events = quiet();
  expect(events.next(STRONG, LIMIT, false)).toBeGreaterThanOrEqual(LIMIT);
  expect(events.anomalous).toBe(true);
  for (let n = 1; n < 10; n++) events.next(0.1, LIMIT, false);
  events.next(2, LIMIT, false);
  for (let n = 1; n < 10; n++) {
    events.next(0.1, LIMIT, false);
    expect(events.anomalous).toBe(true);
  }
  events.next(0.1, LIMIT, false);
  expect(events.anomalous).toBe(false);
});

test('what was called normal begins no anomaly and is no peak; within one it is, and nobody is asked', () => {
  const calm = quiet();
  expect(calm.next(STRONG, LIMIT, false, { isNormal: () => true, isAgain: no })).toBeLessThan(LIMIT);
  expect(calm.anomalous).toBe(false);
  expect(calm.state().peaks).toEqual([]);

  const events = quiet();
  events.next(STRONG, LIMIT, false, { isNormal: () => false });
  expect(events.next(STRONG + 1, LIMIT, false, never)).toBeGreaterThanOrEqual(LIMIT);
  expect(events.state()).toMatchObject({ peaks: [STRONG + 1], level: STRONG + 1, since: 0, anomalous: true });
});

test('what comes by the clock is remembered and begins no anomaly', () => {
  const events = quiet();
  expect(events.next(STRONG, LIMIT, false, { isAgain: () => true })).toBe(LIMIT / 2);
  expect(events.state()).toMatchObject({ peaks: [STRONG], anomalous: false });
});

test('what is learning remembers peaks and begins nothing, however rare they are', () => {
  const events = quiet();
  expect(events.next(STRONG, LIMIT, true)).toBe(LIMIT / 2);
  expect(events.anomalous).toBe(false);
  expect(events.state().peaks).toEqual([STRONG]);
});

test('a peak soon after another has to be stronger than what is left of it; later, or stronger, it counts', () => {
  const after = (samples: number, strength: number) => {
    const events = quiet();
    events.next(STRONG, LIMIT, false);
    for (let n = 1; n < samples; n++) events.next(0.1, LIMIT, false);
    return { score: events.next(strength, LIMIT, false), peaks: events.state().peaks };
  };
  const { fade, floor } = EVENT_SETTINGS;
  const [soon, later] = [Math.round(0.4 * fade), Math.round(0.9 * fade)];
  expect(after(soon, 3)).toEqual({ score: 3 / (3 + floor), peaks: [STRONG] });
  // The same one that grows; a weaker one, but stronger than what is left; and another.
  expect(after(soon, 7).peaks).toEqual([7]);
  expect(after(later, 3).score).toBeGreaterThan(1);
  expect(after(later, 3).peaks).toEqual([STRONG]);
  expect(after(fade, 3).peaks).toEqual([STRONG, 3]);
});

test('while a series is young a peak begins one when others follow soon, or at once when it is far rarer than the limit', () => {
  const young = { youngFor: 5000 };
  const limit = 20_000;
  const mild = 3;
  const grown = quiet();
  expect(grown.next(mild, limit, false)).toBeGreaterThanOrEqual(limit);

  const lone = quiet();
  expect(lone.next(mild, limit, false, young)).toBe(limit / 2);
  for (let n = 0; n < 100; n++) expect(lone.next(0.5, limit, false, young)).toBeLessThan(limit);
  expect(lone.anomalous).toBe(false);

  const followed = quiet();
  followed.next(mild, limit, false, young);
  expect(followed.doubtedFor).toBe(0);
  // A restart in between.
  const went = new Events(followed.state());
  const scores = [1.2, 0.2, 1.2, 1.2].map((strength) => went.next(strength, limit, false, young));
  expect(scores.map((score) => score >= limit)).toEqual([false, false, false, true]);
  expect(went.anomalous).toBe(true);
  expect(went.doubtedFor).toBeUndefined();

  const far = quiet();
  expect(far.next(STRONG, limit, false, young)).toBeGreaterThanOrEqual(30 * limit);
  expect(far.anomalous).toBe(true);
});
