import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Standing, step } from '../../../cloud-hub/alerts/machine.ts';

const timing = fc.record({ forMs: fc.integer({ min: 0, max: 50 }), keepMs: fc.integer({ min: 0, max: 50 }) });
const looks = fc.array(fc.record({ after: fc.integer({ min: 0, max: 30 }), holds: fc.boolean() }), { maxLength: 60 });

test('it fires when the condition has held for `for` without a break, and ends when it has not for `keep`', () => {
  fc.assert(
    fc.property(timing, looks, (times, all) => {
      let standing: Standing | undefined;
      let now = 1000;
      // A slow model of the same: since when the condition has been as it is.
      let held: { holds: boolean; since: number } | undefined;
      let fires = false;
      for (const { after, holds } of all) {
        now += after;
        if (held?.holds !== holds) held = { holds, since: now };
        const next = step(standing, holds, now, times);
        const before = fires;
        if (!fires && holds && now - held.since >= times.forMs) fires = true;
        else if (fires && !holds && now - held.since >= times.keepMs) fires = false;
        expect(next.standing?.phase === 'firing').toBe(fires);
        expect(next.change).toBe(before === fires ? undefined : fires ? 'fired' : 'resolved');
        // Whoever looks again at `dueAt`, and no sooner, misses nothing.
        if (next.dueAt !== undefined) {
          expect(next.dueAt).toBeGreaterThan(now);
          expect(step(next.standing, holds, next.dueAt, times).change).toBe(holds ? 'fired' : 'resolved');
          expect(step(next.standing, holds, next.dueAt - 1, times).change).toBeUndefined();
        }
        standing = next.standing;
      }
    }),
  );
});

test('what is known to hold for long fires at once; a clock that is set back keeps nothing waiting for longer', () => {
  const times = { forMs: 100, keepMs: 100 };
  expect(step(undefined, true, 1000, times, 900)).toMatchObject({ change: 'fired', standing: { since: 900 } });
  const pending = step(undefined, true, 1000, times).standing;
  expect(step(pending, true, 500, times)).toEqual({ standing: { phase: 'pending', since: 500 }, dueAt: 600 });
});
