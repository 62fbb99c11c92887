import fc from 'fast-check';
import { expect, test } from 'vitest';
import { windowOf } from '../../../../cloud-hub/dashboard/state/windowing.ts';

test('holds every row in view, and few more', () => {
  fc.assert(
    fc.property(fc.integer({ min: -500, max: 600_000 }), fc.nat(10_000), (above, count) => {
      const { start, end } = windowOf(above, 900, 52, count, 5);
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(count);
      expect(end - start).toBeLessThanOrEqual(Math.ceil(900 / 52) + 1 + 10 + 1);
      for (let row = 0; row < count; row += 7) {
        const top = row * 52 - above;
        if (top + 52 > 0 && top < 900) expect(row >= start && row < end).toBe(true);
      }
    }),
  );
});
