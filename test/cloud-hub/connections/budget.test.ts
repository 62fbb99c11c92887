import fc from 'fast-check';
import { expect, test } from 'vitest';
import { budgetOf } from '../../../cloud-hub/connections/budget.ts';

test('all connections together, each request with a file, stay below the limit; without a limit there are still bounds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 128, max: 2 ** 20 }), (limit) => {
      const { http, mqtt } = budgetOf(limit);
      expect(http).toBeGreaterThanOrEqual(8);
      expect(mqtt).toBeGreaterThanOrEqual(8);
      expect(2 * http + mqtt + 64).toBeLessThanOrEqual(limit);
    }),
  );
  expect(budgetOf(256)).toEqual({ http: 32, mqtt: 128 });
  expect(budgetOf(1024)).toEqual({ http: 160, mqtt: 640 });
  expect(budgetOf(Number.POSITIVE_INFINITY)).toEqual({ http: 1024, mqtt: 20_000 });
});
