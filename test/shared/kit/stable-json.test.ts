import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stableJson } from '../../../shared/kit/stable-json.ts';

/** The same value, with the keys of every object the other way round. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, item]) => [key, turned(item)]),
  );
}

test('the text depends on the content alone, and reads back as the value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const plain = JSON.parse(JSON.stringify(value));
      expect(JSON.parse(stableJson(value))).toEqual(plain);
      expect(stableJson(turned(plain))).toBe(stableJson(plain));
      expect(stableJson(JSON.parse(stableJson(plain)))).toBe(stableJson(plain));
    }),
  );
});

test('keys are sorted by code units, lists keep their order, what JSON leaves out is left out', () => {
  expect(stableJson({ b: [3, 1, { z: null, a: 1.5 }], a: 'ü', B: undefined, é: true, Z: {} })).toBe(
    '{"Z":{},"a":"ü","b":[3,1,{"a":1.5,"z":null}],"é":true}',
  );
  expect([stableJson([]), stableJson(null), stableJson('x')]).toEqual(['[]', 'null', '"x"']);
});
