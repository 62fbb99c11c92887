import { expect, test } from 'vitest';
import { millisecondsOf } from '../../../shared/kit/written-time.ts';

test('a moment with its zone, and a date as its beginning in UTC; nothing else', () => {
  const two = Date.UTC(2026, 2, 31, 14);
  expect(['2026-03-31T14:00:00Z', '2026-03-31T16:00:00+02:00'].map(millisecondsOf)).toEqual([two, two]);
  expect(millisecondsOf('2026-03-31')).toBe(Date.UTC(2026, 2, 31));
  for (const text of ['', 'yesterday', '2026-03-31T14:00:00', '2026-02-30', '31.03.2026', '1774965600000'])
    expect(millisecondsOf(text)).toBeUndefined();
});
