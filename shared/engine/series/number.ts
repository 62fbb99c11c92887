/** The numbers of a row. Pure. */

const DECIMAL = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/** A finite number, or its text. Nothing else becomes one: not "", not a list, not a truth value. */
export function numberOf(found: unknown): number | undefined {
  const value = typeof found === 'string' && DECIMAL.test(found) ? Number(found) : found;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** How programs write that there is no value. */
const NOTHING = /^\s*(|nan|null|none|n\/?a|nil|-+|#n\/?a|[+-]?inf(inity)?)\s*$/i;

/** Stands nothing there, or a word for nothing? */
export function isNothing(found: unknown): boolean {
  return found === undefined || found === null || (typeof found === 'string' && NOTHING.test(found));
}

/** `1.234,5` and `12,5e3` as they are written where the comma is the decimal sign; undefined for any other text. */
const WITH_COMMA = /^\s*[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+(e[+-]?\d+)?\s*$/i;

/** With a point for the comma, where the text is a number with a decimal comma; else as it is. */
export function withPoint(text: string): string {
  return WITH_COMMA.test(text) ? text.replaceAll('.', '').replace(',', '.') : text;
}
