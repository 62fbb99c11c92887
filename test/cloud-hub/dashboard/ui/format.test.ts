import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ago,
  bytes,
  createTimeTexts,
  moment,
  percent,
  short,
  shortDigest,
  span,
  tickText,
  whole,
} from '../../../../cloud-hub/dashboard/ui/format.ts';

test('an axis has room for six characters', () => {
  expect([0, 0.00001, -2e-11, 0.001, 0.25, 1000].map(tickText)).toEqual([
    '0',
    '1e-5',
    '-2e-11',
    '0.001',
    '0.25',
    whole(1000),
  ]);
});

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

test('whatever number a device sends, its text is short', () => {
  const number = fc.oneof(
    fc.double({ noNaN: true }),
    fc.constantFrom(1e308, -1e308, 1e15, 999_999_999_999_999, -999_999_999_999_999.4, Number.MAX_SAFE_INTEGER, 5e-324),
  );
  fc.assert(
    fc.property(number, (n) => {
      for (const text of [short(n), whole(n), percent(n)]) expect(text.length).toBeLessThanOrEqual(24);
      for (const text of [bytes(Math.abs(n)), span(Math.abs(n))]) expect(text.length).toBeLessThanOrEqual(28);
    }),
  );
  expect(short(1e308)).toMatch(/^1.?E308$/i);
  expect(whole(1e15 - 1)).toBe(new Intl.NumberFormat().format(1e15 - 1));
});

test('figures change where they should', () => {
  expect([1, 0.999, 0.0999, 9.999, 10, 99.94, 99.96, 100, 999.4, -12.34, -456.7].map(short)).toEqual([
    '1',
    '1',
    '0.1',
    '10',
    '10',
    '99.9',
    '100',
    '100',
    '999',
    '-12.3',
    '-457',
  ]);
  expect(short(12_345)).toBe(whole(12_345));
  expect([1023, 1024, 1024 ** 2, 1024 ** 3, 1024 ** 4, 1024 ** 5].map(bytes)).toEqual([
    `${whole(1023)} B`,
    '1 KiB',
    '1 MiB',
    '1 GiB',
    '1 TiB',
    `${whole(1024)} TiB`,
  ]);
  expect([0, 0.004, 0.005, 1].map(percent)).toEqual(['0%', '0%', '1%', '100%']);
  expect([1.4, 1.5].map(whole)).toEqual(['1', '2']);
});

test('a time changes its unit where it should', () => {
  const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
  expect([-5, 0, 999, 1000, minute - 1, minute, hour - 1, hour, 2 * day - 1, 2 * day].map(span)).toEqual([
    '0 s',
    '0 s',
    '0 s',
    '1 s',
    '59 s',
    '1 min',
    '59 min',
    '1 h',
    '47 h',
    '2 d',
  ]);
  const now = Date.UTC(2026, 0, 15, 12);
  expect(ago(now - 1999, now)).toBe('just now');
  expect(ago(now - 2000, now)).toBe('2 s ago');
  expect(ago(now + minute, now)).toBe('just now');
  expect(ago(now + minute + 1, now)).toBe(moment(now + minute + 1, now));
  // Within twelve hours, before or after, the time of day is enough.
  const length = (offset: number) => moment(now + offset, now).length;
  expect(length(12 * hour - 1)).toBe(length(1 - 12 * hour));
  expect(length(12 * hour)).toBeGreaterThan(length(12 * hour - 1));
  expect(length(-12 * hour)).toBeGreaterThan(length(1 - 12 * hour));
});

test('times are written as the locale has them, on charts as elsewhere', () => {
  const evening = new Date(2026, 0, 15, 20, 5, 9).getTime();
  const written = (locale: string, now = evening) => {
    const { moment: text, tick } = createTimeTexts(locale);
    return [text(evening, now), tick(evening)].map((one) => one.replaceAll(/\s/g, ' '));
  };
  expect(written('en-US')).toEqual(['8:05:09 PM', '8:05 PM']);
  expect(written('de-DE')).toEqual(['20:05:09', '20:05']);
  expect(written('en-US', evening + 86_400_000)[0]).toMatch(/^Jan 15.* 8:05:09 PM$/);
});
