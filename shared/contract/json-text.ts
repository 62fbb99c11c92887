/**
 * Finds the values of a JSON text without building any of them, so that a part can be looked at, refused or parsed alone. One
 * pass over the bytes; it does not check that what it passes over is JSON.
 */

/** A part of a text: bytes `from` to before `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Member extends Span {
  /** As it stands between its quotes: escapes are not resolved. */
  readonly key: string;
}

/** The text is not what it would have to be at this place. */
export class NotJsonText extends Error {
  override readonly name = 'NotJsonText';
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
/** A longer key is cut: no message names one. */
const MAX_KEY_BYTES = 128;
/** A closing quote is looked for so far byte by byte. */
const NEAR_BYTES = 24;

/**
 * The members of the object that begins at `at` (after white space), each with the span of its value.
 * @throws NotJsonText while iterating, when there is no object or it does not end
 */
export function* membersOf(text: Uint8Array, at = 0): Generator<Member> {
  let next = after(text, at, OPEN_OBJECT);
  if (text[next] === CLOSE_OBJECT) return;
  for (;;) {
    if (text[next] !== QUOTE) throw new NotJsonText(`a key was expected at byte ${next}`);
    const end = endOfText(text, next);
    const key = String.fromCharCode(...text.subarray(next + 1, Math.min(end, next + 1 + MAX_KEY_BYTES)));
    const from = after(text, end + 1, COLON);
    const to = endOfValue(text, from);
    yield { key, from, to };
    next = blank(text, to);
    if (text[next] === CLOSE_OBJECT) return;
    next = after(text, next, COMMA);
  }
}

/**
 * The elements of the array that begins at `at` (after white space).
 * @throws NotJsonText while iterating, when there is no array or it does not end
 */
export function* elementsOf(text: Uint8Array, at = 0): Generator<Span> {
  let from = after(text, at, OPEN_ARRAY);
  if (text[from] === CLOSE_ARRAY) return;
  for (;;) {
    const to = endOfValue(text, from);
    yield { from, to };
    const next = blank(text, to);
    if (text[next] === CLOSE_ARRAY) return;
    from = after(text, next, COMMA);
  }
}

/** Where the text that begins with the quote at `start` has its closing quote; the end of the bytes when it has none. */
export function endOfText(text: Uint8Array, start: number): number {
  // Most texts are short keys and labels: a call of `indexOf` costs more than these few bytes.
  const near = Math.min(text.length, start + 1 + NEAR_BYTES);
  for (let at = start + 1; at < near; at++) {
    const byte = text[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) break;
  }
  let end = text.indexOf(QUOTE, start + 1);
  while (end !== -1 && isEscaped(text, start, end)) end = text.indexOf(QUOTE, end + 1);
  return end === -1 ? text.length : end;
}

/** The byte behind the value that begins at `at`. */
function endOfValue(text: Uint8Array, at: number): number {
  let depth = 0;
  for (let next = at; next < text.length; next++) {
    const byte = text[next];
    if (byte === QUOTE) {
      next = endOfText(text, next);
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      depth++;
      continue;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      if (depth === 0) return notEmpty(at, next);
      depth--;
    } else {
      if (depth === 0 && byte === COMMA) return notEmpty(at, next);
      continue;
    }
    if (depth === 0) return next + 1;
  }
  throw new NotJsonText('the text ends within a value');
}

function notEmpty(from: number, to: number): number {
  if (from === to) throw new NotJsonText(`a value was expected at byte ${from}`);
  return to;
}

/** The first byte behind `sign` and the white space around it. */
function after(text: Uint8Array, at: number, sign: number): number {
  const found = blank(text, at);
  if (text[found] !== sign) throw new NotJsonText(`"${String.fromCharCode(sign)}" was expected at byte ${found}`);
  return blank(text, found + 1);
}

function blank(text: Uint8Array, at: number): number {
  let next = at;
  while (text[next] === 0x20 || text[next] === 0x0a || text[next] === 0x0d || text[next] === 0x09) next++;
  return next;
}

/** An odd number of backslashes before it. */
function isEscaped(text: Uint8Array, start: number, quote: number): boolean {
  let at = quote - 1;
  while (at > start && text[at] === BACKSLASH) at--;
  return (quote - 1 - at) % 2 === 1;
}
