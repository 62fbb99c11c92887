import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOrder } from '../../../../agent/pipeline/source/series/order.ts';
import { createCsvReader, splitCsv } from '../../../../shared/engine/series/csv.ts';
import { readJsonRows } from '../../../../shared/engine/series/json.ts';
import { numberOf } from '../../../../shared/engine/series/number.ts';
import { planRow, type RowPlan, readRow } from '../../../../shared/engine/series/row.ts';
import { createTimeReader } from '../../../../shared/engine/series/time.ts';

const timeOf = createTimeReader();

/** The first row of a text. */
function ofJson(text: string, plan: RowPlan) {
  const rows = readJsonRows(text);
  const [row] = typeof rows === 'string' ? [] : rows;
  return row ? readRow(row, plan) : rows;
}

describe('times', () => {
  const at = Date.UTC(2013, 11, 2, 21, 15);
  test.each([
    ['2013-12-02 21:15:00', at],
    ['2013-12-02T21:15:00.000Z', at],
    ['2013-12-02T23:15:00+02:00', at],
    ['2013-12-02T23:15+0200', at],
    ['2013-12-02', Date.UTC(2013, 11, 2)],
    [at / 1000, at],
    [String(at), at],
    ['2013-12-02 21:15:00,250', at + 250],
    ['2013-12-02t21:15z', at],
    [' 2013-12-02 21:15 Z ', at],
    ['2013-12-02T22:15:00.5 +01:00', at + 500],
    ['2013-12-02T16:45:00-04:30', at],
    ['2013-12-02T16:45-0430', at],
    [` ${at} `, at],
    [99_999_999_999, 99_999_999_999_000],
    [100_000_000_000, 100_000_000_000],
    [at * 1e3, at],
    [at * 1e6, at],
    [`${at}000000`, at],
    ['2.12.2013 21:15', at],
    ['02.12.2013, 21:15:00', at],
    ['2013-12-02T24:00:00Z', Date.UTC(2013, 11, 3)],
    [-99_999_999_999, -99_999_999_999_000],
    [-100_000_000_000, -100_000_000_000],
    [0, 0],
    ['1.5', 1500],
  ])('%s', (text, wanted) => expect(timeOf(text)).toBe(wanted));

  test.each([
    '',
    'soon',
    '12:00',
    '2013-13-41',
    'x2013-12-02',
    '2013-12-02x',
    '2013-12-02 21',
    '2013-12-02 21:15:00:00',
    '2013-12-02 21:15 +1',
    '2013-12-02 25:15',
    '2013-02-29',
    '31.02.2024',
    '12/02/2013 21:15',
    '2013-12-02 21:60',
    '13-12-02',
    Number.NaN,
    null,
    undefined,
    [],
    true,
    {},
  ])('%s is none', (text) => {
    expect(timeOf(text)).toBeUndefined();
  });
});

test('numbers: every finite number is read back from its text; nothing else is one', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (n) => {
      expect(numberOf(String(n))).toBe(Number(String(n)));
    }),
  );
  for (const text of ['', ' ', 'NaN', 'Infinity', '1e999', '12,5', '0x10', 'abc', null, true, [1], {}])
    expect(numberOf(text)).toBeUndefined();
});

test.each([
  ['1', 1],
  ['+1.', 1],
  ['-.5', -0.5],
  [' 1e3 ', 1000],
  ['1E-2', 0.01],
  ['1.25e+1', 12.5],
  [7, 7],
  ['.', undefined],
  ['+', undefined],
  ['e5', undefined],
  ['1e', undefined],
  ['1 2', undefined],
  ['1x', undefined],
  ['x1', undefined],
  ['--1', undefined],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, undefined],
  [undefined, undefined],
  [1n, undefined],
])('the number %s', (found, wanted) => {
  expect(numberOf(found)).toBe(wanted);
});

test('where a channel stands: as it is said, else under its own name', () => {
  const { time, channels } = planRow(['a', 'b', 'toString'], { values: { a: 'A', c: 'C', b: { range: [0, 1] } } });
  expect(time).toBeUndefined();
  expect(channels).toEqual([
    { name: 'a', place: 'A' },
    { name: 'b', place: 'b', range: [0, 1] },
    { name: 'toString', place: 'toString' },
  ]);
  expect(planRow(['a'], { time: 't' }).time).toBe('t');
});

test('what is wrong with a value is told, shortened, and the first wrong one only', () => {
  const rowOf = (values: Record<string, unknown>) => (place: string) => values[place];
  const plan = planRow(['a', 'b'], { time: 't' });
  const reported = (values: Record<string, unknown>) => readRow(rowOf({ t: 1, a: 1, b: 1, ...values }), plan);
  for (const nothing of [undefined, null, ''])
    expect([reported({ a: nothing }), reported({ t: nothing })]).toEqual(['"a" is missing', '"t" is missing']);
  expect(reported({ a: 'x', b: 'y' })).toBe('"a" is not a finite number: "x"');
  expect(reported({ b: 'y' })).toBe('"b" is not a finite number: "y"');
  expect(reported({ a: { x: [1] } })).toBe('"a" is not a finite number: "{\\"x\\":[1]}"');
  expect(reported({ a: Number.NaN })).toBe('"a" is not a finite number: "NaN"');
  expect(reported({ a: () => 1 })).toMatch(/^"a" is not a finite number: "\(\) => 1"$/);
  expect(reported({ t: 'x'.repeat(40) })).toBe(`"t" is not a time: "${'x'.repeat(40)}"`);
  expect(reported({ t: 'x'.repeat(41) })).toBe(`"t" is not a time: "${'x'.repeat(40)}…"`);
  expect(reported({})).toEqual({ atMs: 1000, values: [1, 1] });
});

test('CSV fields: what was quoted by RFC 4180 is read back', () => {
  const field = fc.string().filter((s) => !/[\r\n]/.test(s));
  fc.assert(
    fc.property(
      fc.array(field, { minLength: 1, maxLength: 8 }),
      fc.constantFrom(',', ';', '\t'),
      (fields, delimiter) => {
        const quoted = fields.map((f) => `"${f.replaceAll('"', '""')}"`);
        expect(splitCsv(quoted.join(delimiter), delimiter)).toEqual(fields);
      },
    ),
  );
});

describe('rows', () => {
  const plan = planRow(['temp', 'load'], { values: { load: 'motor load' }, time: 'time' });
  const csv = createCsvReader('\uFEFFtime;temp;motor load');
  const read = (line: string) => {
    const row = csv.read(line);
    return typeof row === 'string' ? row : readRow(row, plan);
  };

  test('of a CSV file', () =>
    expect(read('2020-01-01;20.5;3')).toEqual({ atMs: Date.UTC(2020, 0, 1), values: [20.5, 3] }));

  test.each([
    ['2020-01-01;;3', '"temp" is missing'],
    ['2020-01-01;20', '"motor load" is missing'],
    ['2020-01-01;off;3', '"temp" is not a finite number: "off"'],
    ['yesterday;20;3', '"time" is not a time: "yesterday"'],
    ['2020-01-01;20;3;4', 'has 4 fields for 3 columns'],
    ['2020-01-01;"20;3', 'has a quote that is not closed'],
  ])('%s', (line, wanted) => expect(read(line)).toBe(wanted));

  test('of JSON, by paths', () => {
    const paths = planRow(['bar', 'flow'], { values: { bar: '$.sensors[1].bar' }, time: 'at' });
    expect(ofJson('{"at":1600000000,"flow":"2.5","sensors":[{},{"bar":7}]}', paths)).toEqual({
      atMs: 1.6e12,
      values: [7, 2.5],
    });
    expect(ofJson('21.5', planRow(['t'], { values: { t: '$' } }))).toEqual({ atMs: undefined, values: [21.5] });
    expect(ofJson('{"a":', paths)).toBe('is not JSON');
    // What only JavaScript has is not there: the message is of another kind.
    expect(ofJson('{}', planRow(['x'], { values: { x: 'constructor.length' } }))).toBeUndefined();
  });
});

describe('order', () => {
  test('a row that is older or as old is refused; a clock that was set back is followed', () => {
    const order = createOrder();
    expect(order.place(1000)).toEqual({ atMs: 1000, restart: true });
    expect(order.place(2000)).toEqual({ atMs: 2000, restart: false });
    expect(order.place(2000)).toMatch('doubled');
    expect(order.place(1500)).toMatch('500 ms older');
    expect(order.place(3000)).toEqual({ atMs: 3000, restart: false });
    for (const at of [10, 20, 30, 40]) expect(order.place(at)).toMatch('out of order');
    expect(order.place(50)).toEqual({ atMs: 3001, restart: true });
    expect(order.place(60)).toEqual({ atMs: 3011, restart: false });
  });

  test('time never goes back, whatever comes, and good rows are never lost for long', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 0, max: 1e6 }), fc.constant('restart' as const)), { maxLength: 200 }),
        (times) => {
          const order = createOrder();
          let last = Number.NEGATIVE_INFINITY;
          for (const time of times) {
            if (time === 'restart') order.restart();
            else {
              const placed = order.place(time);
              if (typeof placed === 'string') continue;
              expect(placed.atMs).toBeGreaterThan(last);
              last = placed.atMs;
            }
          }
          const steady = Array.from({ length: 6 }, (_, i) => order.place(2e6 - 1e7 + i));
          expect(steady.some((p) => typeof p !== 'string')).toBe(true);
        },
      ),
    );
  });
});
