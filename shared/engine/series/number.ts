/** The numbers of a row, in texts that strangers may have written: a pattern never looks twice at a character. Pure. */

/** Longer texts are no number, no time and no word for nothing: a double in full has some 770 digits, and nobody writes them. */
export const MAX_NUMBER_TEXT = 1024;

const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** A finite number, or its text. Nothing else becomes one: not "", not a list, not a truth value. */
export function numberOf(found: unknown): number | undefined {
  const value = isShort(found) && DECIMAL.test(found.trim()) ? Number(found) : found;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** How programs write that there is no value. */
const NOTHING = /^(|nan|null|none|n\/?a|nil|-+|#n\/?a|[+-]?inf(inity)?)$/i;

/** Stands nothing there, or a word for nothing? */
export function isNothing(found: unknown): boolean {
  return found === undefined || found === null || (isShort(found) && NOTHING.test(found.trim()));
}

function isShort(found: unknown): found is string {
  return typeof found === 'string' && found.length <= MAX_NUMBER_TEXT;
}

/** `1.234,5` and `12,5e3` as they are written where the comma is the decimal sign; undefined for any other text. */
const WITH_COMMA = /^\s*[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+(e[+-]?\d+)?\s*$/i;

/** With a point for the comma, where the text is a number with a decimal comma; else as it is. */
export function withPoint(text: string): string {
  return WITH_COMMA.test(text) ? text.replaceAll('.', '').replace(',', '.') : text;
}
