import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCsvReader, delimiterLine, splitCsv } from '../../../../shared/engine/series/csv.ts';

const fieldsOf = (header: string, line: string) => {
  const reader = createCsvReader(header);
  const row = reader.read(line);
  return typeof row === 'string' ? row : reader.columns.map((name) => row(name));
};

test('fields that are quoted or not, in any mixture, come back', () => {
  const delimiter = fc.constantFrom(',', ';', '\t');
  const field = fc.record({
    text: fc.string({ unit: fc.constantFrom('a', ' ', '"', ',', ';', '\t', 'ü'), maxLength: 6 }),
    quoted: fc.boolean(),
  });
  fc.assert(
    fc.property(delimiter, fc.array(field, { minLength: 1, maxLength: 6 }), (by, fields) => {
      // Unquoted is only what needs no quotes.
      const plain = ({ text, quoted }: { text: string; quoted: boolean }) =>
        !quoted && !text.includes('"') && !text.includes(by);
      const line = fields.map((f) => (plain(f) ? f.text : `"${f.text.replaceAll('"', '""')}"`)).join(by);
      expect(splitCsv(line, by)).toEqual(fields.map((f) => f.text));
    }),
  );
});

test.each([
  ['a,b,c', ['a', 'b', 'c']],
  ['', ['']],
  [',', ['', '']],
  ['a,', ['a', '']],
  ['"",x', ['', 'x']],
  ['x,""', ['x', '']],
  ['"a""b",c', ['a"b', 'c']],
  ['"""",c', ['"', 'c']],
  ['"a""",c', ['a"', 'c']],
  ['"a"b,c', ['ab', 'c']],
  ['"a"b', ['ab']],
  ['a"b",c', ['a"b"', 'c']],
  ['"a,b",c,"d"', ['a,b', 'c', 'd']],
  ['"a', undefined],
  ['a,"b', undefined],
  ['"a""', undefined],
  ['"', undefined],
])('%s', (line, wanted) => {
  expect(splitCsv(line, ',')).toEqual(wanted);
});

test('the delimiter is what the header has most of; a comma where it has none', () => {
  expect(fieldsOf('a;b;c', '1;2,5;x,y')).toEqual(['1', '2.5', 'x,y']);
  expect(fieldsOf('a\tb,c\td', '1\t2\t3')).toEqual(['1', '2', '3']);
  expect(fieldsOf('a,b;c,d', '1,2,3')).toEqual(['1', '2', '3']);
  expect(fieldsOf('a', '1;2')).toEqual(['1;2']);
  expect(fieldsOf('a;b,c', '1,2')).toEqual(['1', '2']);
});

test('the header: quotes, white space and the mark of Windows are no part of a name', () => {
  expect(createCsvReader('\uFEFF"motor, load" , temp ,"x"').columns).toEqual(['motor, load', 'temp', 'x']);
  expect(createCsvReader('a\uFEFF,b').columns).toEqual(['a\uFEFF'.trim(), 'b']);
  expect(createCsvReader('"a,b').columns).toEqual(['"a,b']);
});

test('a row with fewer fields lacks them, one with more is refused, and no name but a column gives anything', () => {
  expect(fieldsOf('a,b,c', '1,2')).toEqual(['1', '2', undefined]);
  expect(fieldsOf('a,b', '1,2')).toEqual(['1', '2']);
  expect(fieldsOf('a,b', '1,2,3')).toBe('has 3 fields for 2 columns');
  expect(fieldsOf('a,b', '1,"2')).toBe('has a quote that is not closed');
  const row = createCsvReader('a,b').read('1,2');
  expect(typeof row === 'string' ? row : [row('c'), row(''), row('__proto__'), row('-1')]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test.each([
  ['1,5', '1.5'],
  ['-,5', '-.5'],
  ['1.234.567,8', '1234567.8'],
  [' 1,5e3 ', ' 1.5e3 '],
  ['1.5', '1.5'],
  ['1.23,4', '1.23,4'],
  ['1,2,3', '1,2,3'],
  ['2024-03-31 14:00:00,250', '2024-03-31 14:00:00,250'],
])('with `;` between fields %s is %s; with a comma it stays', (field, wanted) => {
  expect(fieldsOf('a;b', `x;${field}`)).toEqual(['x', wanted]);
  expect(fieldsOf('a\tb', `x\t${field}`)).toEqual(['x', wanted]);
  expect(fieldsOf('a,b', `x,"${field}"`)).toEqual(['x', field]);
});

test('a first line that says the delimiter', () => {
  expect(['sep=;', '"sep=|"', ' SEP=,'].map(delimiterLine)).toEqual([';', '|', ',']);
  expect(delimiterLine('sep;value')).toBeUndefined();
  const row = createCsvReader('a|b', '|').read('1|2,5');
  expect(typeof row === 'string' ? row : [row('a'), row('b')]).toEqual(['1', '2.5']);
});
