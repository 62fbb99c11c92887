import { expect, test } from 'vitest';
import { indexText, isoTime, modelText, rowNumber, timeColumn } from '../../../cloud-hub/store/rows.ts';

const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

test('a wall time is a whole number of milliseconds between 1970 and 9999, however wild the clock', () => {
  expect([-1e300, -1, 0, 0.4, 0.5, 1.4, LAST, LAST + 1, 1e300].map(timeColumn)).toEqual([
    0,
    0,
    0,
    0,
    1,
    1,
    LAST,
    LAST,
    LAST,
  ]);
  expect([isoTime(-5), isoTime(1.5), isoTime(1e300)]).toEqual([
    '1970-01-01T00:00:00.000Z',
    '1970-01-01T00:00:00.002Z',
    '9999-12-31T23:59:59.999Z',
  ]);
});

test('every NUL of an indexed text is replaced, and nothing else', () => {
  expect(indexText('a\0b\0')).toBe('a\uFFFDb\uFFFD');
  expect(indexText('ä\ud800\n')).toBe('ä\ud800\n');
});

test('a model is said by name, version and variant', () => {
  expect(modelText({ name: 'm', version: '1.0.0', digest: 'd', variant: 'int8' })).toBe('m@1.0.0 (int8)');
});

test('an id from outside is a row number or nothing', () => {
  const good = ['1', '10', '9007199254740991'];
  expect(good.map(rowNumber)).toEqual([1, 10, Number.MAX_SAFE_INTEGER]);
  for (const id of [
    '',
    '0',
    '01',
    '-1',
    '+1',
    '1.0',
    '1e3',
    ' 1',
    '1 ',
    'x',
    '9007199254740992',
    '9'.repeat(16),
    '1'.repeat(17),
  ])
    expect(rowNumber(id), id).toBeUndefined();
});
