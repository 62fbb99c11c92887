/**
 * The shape of JSON, counted in one pass over its bytes before anything is built of them: a few kilobytes on the wire can
 * name millions of values, and `JSON.parse` and a schema would first make all of them.
 */
import { endOfText } from './json-text.ts';

export interface ShapeLimits {
  /** Arrays and objects within each other. */
  readonly maxDepth: number;
  /** Values, scalars and containers together, counted by commas and opening brackets: at most one too few. */
  readonly maxValues: number;
  /** Members of one array or object; default: no limit. */
  readonly maxMembers?: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * What of a JSON text is over a limit; undefined when nothing is. It does not check that the text is JSON.
 * @param text JSON in UTF-8
 */
export function overLimit(text: Uint8Array, limits: ShapeLimits): string | undefined {
  return isSmall(text, limits) ? undefined : countedOver(text, limits);
}

/**
 * Is the text within the limits whatever is in it? Each value and each member takes a byte, and nothing lies deeper than there
 * are opening brackets. Looks for few more of these than the limit allows.
 */
function isSmall(text: Uint8Array, { maxDepth, maxValues, maxMembers = maxValues }: ShapeLimits): boolean {
  if (text.length >= Math.min(maxValues, maxMembers)) return false;
  let left = maxDepth;
  for (const bracket of [OPEN_ARRAY, OPEN_OBJECT]) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (left === 0) return false;
      left--;
    }
  }
  return true;
}

function countedOver(text: Uint8Array, limits: ShapeLimits): string | undefined {
  const { maxDepth, maxValues, maxMembers = Number.POSITIVE_INFINITY } = limits;
  const members = [0];
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at];
    if (byte === QUOTE) {
      at = endOfText(text, at);
    } else if (byte === COMMA) {
      values++;
      const count = (members[depth] ?? 1) + 1;
      if (count > maxMembers) return `more than ${maxMembers} members of one array or object`;
      members[depth] = count;
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      values++;
      depth++;
      members[depth] = 1;
      if (depth > maxDepth) return `more than ${maxDepth} arrays and objects within each other`;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      depth--;
    }
    if (values > maxValues) return `more than ${maxValues} values`;
  }
  return undefined;
}
