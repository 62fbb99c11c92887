import { expect, test } from 'vitest';
import { ago, bytes, percent, short, shortDigest, span } from '../../../../cloud-hub/dashboard/state/format.ts';

test('numbers keep three figures, those below 1 two', () => {
  expect([0, 3, 9.87, 12.34, 456.7].map(short)).toEqual(['0', '3', '9.87', '12.3', '457']);
  expect([0.873, 0.049, -0.00123].map(short)).toEqual(['0.87', '0.049', '-0.0012']);
  expect([0, 512, 1536, 10 * 1024 ** 2].map(bytes)).toEqual(['0 B', '512 B', '1.5 KiB', '10 MiB']);
  expect(percent(0.873)).toBe('87%');
});

test('times are spoken of in their largest unit', () => {
  expect([900, 59_000, 95_000, 7_300_000, 3 * 86_400_000].map(span)).toEqual(['0 s', '59 s', '1 min', '2 h', '3 d']);
  const now = Date.UTC(2026, 0, 1);
  expect(ago(now - 500, now)).toBe('just now');
  expect(ago(now - 12_000, now)).toBe('12 s ago');
  expect(ago(now + 30_000, now)).toBe('just now');
  expect(ago(now + 90_000_000, now)).not.toContain('ago');
});

test('a digest is cut to what one compares by eye', () => {
  expect(shortDigest(`sha256:${'0123456789abcdef'.repeat(4)}`)).toBe('0123456789ab');
});
