import { expect, test } from 'vitest';
import { role } from '../../../cloud-hub/contract/identity.ts';
import { hasRole } from '../../../cloud-hub/identity/roles.ts';

test('each role includes the ones before it, and no other', () => {
  const order = ['viewer', 'operator', 'admin'] as const;
  // A new role needs a place in the order.
  expect([...role.options].toSorted()).toEqual(order.toSorted());
  const table = order.map((actual) => order.map((needed) => hasRole(actual, needed)));
  expect(table).toEqual([
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ]);
});
