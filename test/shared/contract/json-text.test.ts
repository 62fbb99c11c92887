import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elementsOf, endOfText, membersOf, NotJsonText } from '../../../shared/contract/json-text.ts';

const bytes = (text: string) => Buffer.from(text);
const at = (text: Buffer, { from, to }: { from: number; to: number }): unknown =>
  JSON.parse(text.toString('utf8', from, to));
const json = fc.jsonValue({ maxDepth: 4 });
const indent = fc.constantFrom(0, 1, '\t');

describe('values of a JSON text', () => {
  test('elements of any array are those that a parser finds', () => {
    fc.assert(
      fc.property(fc.array(json), indent, (array, space) => {
        const text = bytes(` ${JSON.stringify(array, undefined, space)} `);
        expect([...elementsOf(text)].map((span) => at(text, span))).toEqual(JSON.parse(text.toString()));
      }),
    );
  });

  test('members of any object are those that a parser finds', () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b', '"', '\\', '{', ']', ',', ':', ' ') });
    fc.assert(
      fc.property(fc.dictionary(key, json), indent, (object, space) => {
        const text = bytes(JSON.stringify(object, undefined, space));
        const found = [...membersOf(text)].map((member) => [JSON.parse(`"${member.key}"`), at(text, member)]);
        expect(found).toEqual(Object.entries(JSON.parse(text.toString()) as object));
      }),
    );
  });

  test('a text of any length ends at the quote that a parser takes for its end', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', '"', '\\', 'é', '['), maxLength: 60 });
    fc.assert(
      fc.property(part, part, (content, behind) => {
        const text = JSON.stringify(content);
        expect(endOfText(bytes(`[${text},"${behind}`), 1)).toBe(bytes(text).length);
        const open = bytes(text).subarray(0, -1);
        expect(endOfText(open, 0)).toBe(open.length);
      }),
      { numRuns: 1000 },
    );
  });

  test('any bytes at all: each span lies behind the one before, or there is a complaint', () => {
    const letters = fc.string({ unit: fc.constantFrom('[', ']', '{', '}', ',', ':', '"', '\\', '1', ' ', 'é') });
    fc.assert(
      fc.property(letters, fc.constantFrom(elementsOf, membersOf), (text, split) => {
        let end = 0;
        try {
          for (const { from, to } of split(bytes(text))) {
            expect(from).toBeGreaterThan(end);
            expect(to).toBeGreaterThan(from);
            end = to;
          }
        } catch (error) {
          expect(error).toBeInstanceOf(NotJsonText);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('what stands before the damage is found', () => {
    const text = bytes('{"epoch":"e1","from":1,"to":9,"records":[{"seq":1},{"se');
    const keys: string[] = [];
    expect(() => {
      for (const { key } of membersOf(text)) keys.push(key);
    }).toThrow(NotJsonText);
    expect(keys).toEqual(['epoch', 'from', 'to']);
  });
});
