/** Texts of strangers at which a pattern could look again and again: each took minutes, and all series of a runner waited. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonRows } from '../../../../shared/engine/series/json.ts';
import { isNothing, numberOf } from '../../../../shared/engine/series/number.ts';
import { createTimeReader } from '../../../../shared/engine/series/time.ts';

const LONG = 4_000_000;

test('a long text is no number, no time, and not nothing; it is looked at once', () => {
  for (const text of ['1'.repeat(LONG), `${'1'.repeat(LONG)}x`, `${' '.repeat(LONG)}x`, `1${' '.repeat(LONG)}x`]) {
    expect(numberOf(text)).toBeUndefined();
    expect(isNothing(text)).toBe(false);
    expect(createTimeReader()(text)).toBeUndefined();
    expect(createTimeReader({ format: 'yyyy-MM-dd' })(text)).toBeUndefined();
  }
});

test('spaces around a number and a word for nothing are left out, as before', () => {
  fc.assert(
    fc.property(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.stringMatching(/^[ \t]{0,20}$/),
      (value, space) => {
        const text = String(value);
        expect(numberOf(`${space}${text}${space}`)).toBe(Number(text));
        expect(isNothing(`${space}n/a${space}`)).toBe(true);
      },
    ),
  );
  for (const text of ['1.', '.5', '+1.5e-3', '007']) expect(numberOf(text)).toBe(Number(text));
  for (const text of ['.', '', ' ', '0x1f', '1 2', '1_000']) expect(numberOf(text)).toBeUndefined();
});

test('a text in JSON that nothing ends is looked at once', () => {
  expect(readJsonRows(`"${'\\"'.repeat(LONG / 2)}`)).toBe('is not JSON');
  expect(readJsonRows(`{"v": NaN, "w": "${'\\"'.repeat(1000)}`)).toBe('is not JSON');
});

test('values within values without end are refused before anything is made of them', () => {
  const deep = (levels: number) => `{"v":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  expect(readJsonRows(deep(60))).toHaveLength(1);
  expect(readJsonRows(deep(50_000))).toBe('has more than 64 arrays and objects within each other');
});
