/** What a device says of itself goes to everybody who looks: all that the schema knows, and of the rest only a little. */
import { z } from 'zod';

/** After so many keys that did not fit no more are measured. */
const MAX_LEFT_OUT = 256;

/**
 * A copy of JSON without the keys that `schema` does not know, but for as many of those as fit into `maxBytes` of JSON in
 * all, in their order. What does not fit the schema stays as it is: the schema says what is wrong.
 */
export function knownOf(schema: z.core.$ZodType, value: unknown, maxBytes: number): unknown {
  let room = maxBytes;
  let tries = MAX_LEFT_OUT;
  const isSmall = (key: string, inner: unknown): boolean => {
    if (tries === 0) return false;
    const bytes = Buffer.byteLength(JSON.stringify({ [key]: inner }));
    if (bytes > room) {
      tries--;
      return false;
    }
    room -= bytes;
    return true;
  };
  const walk = (at: z.core.$ZodType, input: unknown): unknown => {
    if (at instanceof z.ZodOptional) return walk(at.unwrap(), input);
    if (at instanceof z.ZodArray) return Array.isArray(input) ? input.map((item) => walk(at.element, item)) : input;
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
    const entries = Object.entries(input);
    if (at instanceof z.ZodRecord)
      return Object.fromEntries(entries.map(([key, inner]) => [key, walk(at.valueType, inner)]));
    if (!(at instanceof z.ZodObject)) return input;
    const fields = new Map<string, z.core.$ZodType>(Object.entries(at.shape));
    return Object.fromEntries(
      entries.flatMap(([key, inner]) => {
        const field = fields.get(key);
        if (field !== undefined) return [[key, walk(field, inner)]];
        return isSmall(key, inner) ? [[key, inner]] : [];
      }),
    );
  };
  return walk(schema, value);
}
