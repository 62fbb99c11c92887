import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodecError, decode } from '../../../shared/contract/codec.ts';
import { overLimit } from '../../../shared/contract/shape.ts';

const wide = { maxDepth: 1000, maxValues: 1e9 };
const bytes = (text: string) => new TextEncoder().encode(text);

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function valuesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return 1 + Object.values(value).reduce<number>((sum, inner) => sum + valuesOf(inner), 0);
}

describe('the shape of JSON', () => {
  test('depth is counted exactly, values at most one too few and never twice as many, whatever stands in texts', () => {
    const value = fc.jsonValue({ maxDepth: 8, noUnicodeString: false });
    fc.assert(
      fc.property(value, fc.constantFrom(0, 2), (json, indent) => {
        const text = bytes(JSON.stringify(json, undefined, indent));
        const depth = depthOf(json);
        expect(overLimit(text, { ...wide, maxDepth: depth })).toBeUndefined();
        if (depth > 0) expect(overLimit(text, { ...wide, maxDepth: depth - 1 })).toMatch(/within each other/);
        const values = valuesOf(json);
        expect(overLimit(text, { ...wide, maxValues: 2 * values })).toBeUndefined();
        if (values > 1) expect(overLimit(text, { ...wide, maxValues: values - 2 })).toMatch(/^more than \d+ values$/);
      }),
    );
  });

  test('a text that is too short to break a limit gets the answer that counting gives', () => {
    const text = fc.string({ unit: fc.constantFrom('[', ']', '{', '}', ',', '"', '\\', ' ', '1'), maxLength: 40 });
    const limit = fc.integer({ min: 1, max: 45 });
    fc.assert(
      fc.property(text, limit, limit, limit, (json, maxDepth, maxValues, maxMembers) => {
        const limits = { maxDepth, maxValues, maxMembers };
        // White space at the end changes nothing but the length: such a text is always counted.
        const padded = `${json}${' '.repeat(maxValues)}`;
        expect(overLimit(bytes(json), limits)).toBe(overLimit(bytes(padded), limits));
      }),
      { numRuns: 2000 },
    );
  });

  test('brackets, commas and quotes inside of texts do not count, and a text without an end ends with the bytes', () => {
    const tight = { maxDepth: 1, maxValues: 2 };
    for (const text of ['["[[[,,,"]', '["\\"[["]', '["\\\\"]', '"[[[', '"\\', '["a\\\\\\"[[["]'])
      expect(overLimit(bytes(text), tight), text).toBeUndefined();
    expect(overLimit(bytes('["\\\\",[]]'), tight)).toBeDefined();
  });

  test('members of one array or object are counted apart from those inside and beside it', () => {
    const limits = { ...wide, maxMembers: 3 };
    for (const text of ['[1,2,3]', '{"a":1,"b":[1,2,3],"c":[1,2,3]}', '[[1,2],[1,2,3],[]]', '[",,,,",1]'])
      expect(overLimit(bytes(text), limits), text).toBeUndefined();
    for (const text of ['[1,2,3,4]', '{"a":[],"b":{},"c":0,"d":0}', '[[1,2,3,4]]', '[[1],[2],[3],[4]]'])
      expect(overLimit(bytes(text), limits), text).toBe('more than 3 members of one array or object');
  });

  test('a message is refused by its shape before it is parsed', () => {
    const shape = { maxDepth: 2, maxValues: 10 };
    expect(decode(bytes('[[1]]'), 100, shape)).toEqual([[1]]);
    expect(() => decode(bytes('[[[1]]]'), 100, shape)).toThrow(
      new CodecError('JSON: more than 2 arrays and objects within each other'),
    );
    expect(() => decode(bytes(`[${'1,'.repeat(30)}1]`), 100, shape)).toThrow(
      new CodecError('JSON: more than 10 values'),
    );
  });
});
