import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Literal, parsePython } from '../../../../cloud-hub/model-init/guess/python.ts';

test.each<[string, Literal]>([
  [
    "{0: 'person', 1: \"potter's wheel\", 2: 'a\\'b'}",
    new Map([
      ['0', 'person'],
      ['1', "potter's wheel"],
      ['2', "a'b"],
    ]),
  ],
  ['[640, 640]', [640, 640]],
  ["('a', 'b',)", ['a', 'b']],
  ['[]', []],
  [' True ', true],
  ['None', null],
  ['-1.5e3', -1500],
  ['{"a": [1, {"b": null}]}', new Map([['a', [1, new Map([['b', null]])]]])],
])('%s', (text, value) => {
  expect(parsePython(text)).toEqual(value);
});

test.each(['', '[1', '{1: 2', "'a", '[1] 2', 'person', '{[1]: 2}', 'import os', '[1 2]', '['.repeat(50)])(
  '%s is no literal',
  (text) => {
    expect(parsePython(text)).toBeUndefined();
  },
);

test('whatever JSON writes is read as it was, and nothing else ends in an exception', () => {
  const shallow = fc.letrec((tie) => ({
    leaf: fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
    list: fc.array(tie('leaf'), { maxLength: 5 }),
    map: fc.dictionary(fc.string(), fc.oneof(tie('leaf'), tie('list')), { maxKeys: 5 }),
  }));
  const plain = (value: unknown): unknown =>
    value instanceof Map
      ? Object.fromEntries([...value].map(([k, v]) => [k, plain(v)]))
      : Array.isArray(value)
        ? value.map(plain)
        : value;
  fc.assert(
    fc.property(fc.oneof(shallow.leaf, shallow.list, shallow.map), (value) => {
      // \b, \f and \uXXXX are Python's and JSON's alike, and no exporter writes them.
      const text = JSON.stringify(value);
      fc.pre(!/\\[bfu]/.test(text) && !text.includes('__proto__'));
      expect(plain(parsePython(text))).toEqual(value);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      parsePython(text);
    }),
  );
});
