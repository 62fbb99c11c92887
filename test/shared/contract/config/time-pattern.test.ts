import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPattern, offsetOf } from '../../../../shared/contract/config/time-pattern.ts';

const date = { year: 2024, month: 3, day: 31, hour: 0, minute: 0, second: 0 };
const time = { ...date, hour: 14, minute: 5, second: 9 };

describe('a date is read by its pattern', () => {
  test.each([
    ['yyyy-MM-dd HH:mm:ss', '2024-03-31 14:05:09', time],
    ['d.M.yyyy H:m:s', '31.3.2024 14:5:9', time],
    ['d.M.yyyy H:m:s', '1.12.2024 4:15:19', { year: 2024, month: 12, day: 1, hour: 4, minute: 15, second: 19 }],
    ['yyyyMMddHHmmss', '20240331140509', time],
    ['MM/dd/yyyy hh:mm:ss a', '03/31/2024 02:05:09 PM', time],
    ['M/d/yyyy h:mm:ss a', '3/31/2024 2:05:09 p.m.', time],
    ['M/d/yyyy h:mm:ss a', '3/31/2024 2:05:09 Am', { ...time, hour: 2 }],
    // Twelve comes before one.
    ['M/d/yyyy h:mm a', '3/31/2024 12:00 AM', date],
    ['M/d/yyyy h:mm a', '3/31/2024 12:00 pm', { ...date, hour: 12 }],
    ['yyyy-MM-dd HH:mm:ss.S', '2024-03-31 14:05:09.25', { ...time, second: 9.25 }],
    ['yyyy-MM-dd HH:mm:ss,SSS', '2024-03-31 14:05:09,5', { ...time, second: 9.5 }],
    ['dd.MM.yy', '31.03.69', { ...date, year: 2069 }],
    ['dd.MM.yy', '31.03.70', { ...date, year: 1970 }],
    ['dd.MM.yy', '31.03.00', { ...date, year: 2000 }],
    ["yyyy-MM-dd'T'HHX", '2024-03-31T14+0530', { ...date, hour: 14, offsetMinutes: 330 }],
    ["yyyy-MM-dd'T'HHX", '2024-03-31T14z', { ...date, hour: 14, offsetMinutes: 0 }],
    ["'day 'd'. 'M yyyy", 'day 31. 3 2024', date],
    ["yyyy-MM-dd''", '2024-03-31', date],
    ['yyyy-MM-dd', '  2024-03-31\t', date],
  ])('%s: %s', (pattern, text, wanted) => expect(createPattern(pattern)(text)).toEqual(wanted));
});

describe('a text of another form is none', () => {
  test.each([
    ['yyyy-MM-dd', '24-03-31'],
    ['yyyy-MM-dd', '2024-3-31'],
    ['yyyy-MM-dd', '2024-03-31 14:05'],
    ['yyyy-MM-dd', 'on 2024-03-31'],
    ['yy-MM-dd', '2024-03-31'],
    ['yyyy-MM-dd h:mm a', '2024-03-31 2:05'],
    ['yyyy-MM-dd HHX', '2024-03-31 14'],
    // Signs of regular expressions stand for themselves.
    ['dd.MM.yyyy', '31-03-2024'],
    ['(yyyy)*MM+dd?', 'yyyy'],
    ["yyyy'['MM'|'dd", '2024'],
  ])('%s: %s', (pattern, text) => expect(createPattern(pattern)(text)).toBeUndefined());

  test('signs of regular expressions, as they are', () => {
    for (const sign of '$()*+./?[\\]^{|}-')
      expect(createPattern(`yyyy${sign}MM${sign}dd`)(`2024${sign}03${sign}31`)).toEqual(date);
  });
});

describe('a pattern is refused', () => {
  test.each([
    ['', 'has no year'],
    ['MM-dd', 'has no year'],
    ['yyyy-dd', 'has no month'],
    ['yyyy-MM', 'has no day; a date is as yyyy-MM-dd HH:mm'],
    ['yyyy-MM-dd EEE', 'no letter "E" in a date; known are: yyyy, yy, MM'],
    ['yyyy-MM-ddT', 'no letter "T"'],
    ["yyyy-MM-dd 'T", 'no letter "T"'],
  ])('%s', (pattern, message) => {
    expect(() => createPattern(pattern)).toThrow(RangeError);
    expect(() => createPattern(pattern)).toThrow(message);
  });
});

test('a zone says how far it is ahead of UTC', () => {
  fc.assert(
    fc.property(fc.integer({ min: -14 * 60, max: 14 * 60 }), fc.constantFrom(':', ''), (minutes, colon) => {
      const two = (n: number) => String(n).padStart(2, '0');
      const size = Math.abs(minutes);
      const text = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${colon}${two(size % 60)}`;
      expect(offsetOf(text)).toBe(minutes);
    }),
  );
  expect(offsetOf('Z')).toBe(0);
});
