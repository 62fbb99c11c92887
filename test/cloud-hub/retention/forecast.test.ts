import { describe, expect, test } from 'vitest';
import { DAY_MS, forecast } from '../../../cloud-hub/retention/forecast.ts';

const now = Date.UTC(2026, 5, 1);
/** A kind of `days` days, with 1,000 records of 1,000 bytes a day. */
const kind = (name: 'events' | 'readings', days: number) => ({
  kind: name,
  rows: 1000 * days,
  oldest: now - days * DAY_MS,
  newest: now,
  recent: 1000 * Math.min(7, days),
  bytesEach: 1000,
});

describe('a forecast', () => {
  test('goes on at the rate of the last days, and says for how long the disk will do', () => {
    const outlook = forecast([kind('events', 30)], { keep: {}, freeBytes: 100e6, now });
    expect(outlook).toMatchObject({ bytes: 30e6, bytesPerDay: 1e6, bytesInAYear: 395e6, daysLeft: 101 });
    expect(outlook?.kinds).toMatchObject([{ kind: 'events', perDay: 1000, keepDays: undefined, bytesInAYear: 395e6 }]);
  });

  test('of what ends grows no further than what is kept', () => {
    const keep = { events: 60 };
    expect(forecast([kind('events', 30)], { keep, freeBytes: 31e6, now })).toMatchObject({
      bytesInAYear: 60e6,
      daysLeft: undefined,
    });
    // Thirty days more come until the first one ends.
    expect(forecast([kind('events', 30)], { keep, freeBytes: 20e6, now })?.daysLeft).toBe(21);
  });

  test('shrinks where less is kept than there is', () => {
    const outlook = forecast([kind('events', 100), kind('readings', 100)], { keep: { events: 10 }, freeBytes: 0, now });
    expect(outlook?.kinds.map((one) => one.bytesInAYear)).toEqual([10e6, 465e6]);
    // What ends makes room for what comes of the other.
    expect(outlook?.daysLeft).toBe(91);
  });

  test('needs an hour of records', () => {
    expect(forecast([], { keep: {}, freeBytes: 1, now })).toBeUndefined();
    expect(forecast([{ ...kind('events', 1), oldest: now - 60_000 }], { keep: {}, freeBytes: 1, now })).toBeUndefined();
    // A clock that was ahead.
    expect(forecast([{ ...kind('events', 1), oldest: now + DAY_MS }], { keep: {}, freeBytes: 1, now })).toBeUndefined();
  });
});
