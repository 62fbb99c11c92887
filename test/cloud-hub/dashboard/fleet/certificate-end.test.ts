import { expect, test } from 'vitest';
import { endText } from '../../../../cloud-hub/dashboard/fleet/certificate-end.ts';

test('when a certificate ends, or that it has', () => {
  const now = Date.UTC(2026, 0, 1);
  const day = 86_400_000;
  expect(endText(now + 3 * day, now)).toBe('ends in 3 d');
  expect(endText(now + 60_000, now)).toBe('ends in 1 min');
  expect(endText(now, now)).toBe('ended 0 s ago');
  expect(endText(now - 2 * day, now)).toBe('ended 2 d ago');
});
