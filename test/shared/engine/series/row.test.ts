import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createOrder } from '../../../../agent/pipeline/source/sensor-order.ts';
import { createCsvReader, splitCsv } from '../../../../shared/engine/series/csv.ts';
import { readJsonRow } from '../../../../shared/engine/series/json.ts';
import { numberOf, planRow, readRow, timeOf } from '../../../../shared/engine/series/row.ts';

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
  ])('%s', (text, wanted) => expect(timeOf(text)).toBe(wanted));

  test.each(['', 'soon', '12:00', '2013-13-41', null, undefined, [], true])('%s is none', (text) => {
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
  const plan = planRow(['temp', 'load'], { load: 'motor load' }, 'time');
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
    const paths = planRow(['bar', 'flow'], { bar: '$.sensors[1].bar' }, 'at');
    const row = readJsonRow('{"at":1600000000,"flow":"2.5","sensors":[{},{"bar":7}]}');
    expect(typeof row === 'string' ? row : readRow(row, paths)).toEqual({ atMs: 1.6e12, values: [7, 2.5] });
    const bare = readJsonRow('21.5');
    expect(typeof bare === 'string' ? bare : readRow(bare, planRow(['t'], { t: '$' }))).toEqual({
      atMs: undefined,
      values: [21.5],
    });
    expect(readJsonRow('{"a":')).toBe('is not JSON');
    const proto = readJsonRow('{}');
    expect(typeof proto === 'string' ? proto : readRow(proto, planRow(['x'], { x: 'constructor.length' }))).toBe(
      '"constructor.length" is missing',
    );
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
