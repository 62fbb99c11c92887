/** Which failures of a transaction mean "once more", and how long to wait before. Pure. */

/** Serialization failure, deadlock: the server rolled the transaction back because of another one (PostgreSQL, "Error Codes", class 40). */
const AGAIN: ReadonlySet<unknown> = new Set(['40001', '40P01']);

/** With the waits below about four seconds; then whoever asked is told, and devices send again. */
export const MAX_TRIES = 12;
const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 500;

/** Did the server roll it back only because another transaction was at the same rows? */
export function isConflict(thrown: unknown): boolean {
  return codeOf(thrown) !== undefined && AGAIN.has(codeOf(thrown));
}

/**
 * Milliseconds to wait before the next try: up to twice as long each time, and never the same for two.
 * @param failed tries so far, from 1
 * @param chance from 0 to 1
 */
export function waitBefore(failed: number, chance: number): number {
  return Math.ceil(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failed) * (0.5 + chance / 2));
}

/** SQLSTATE of what the driver threw, or its own code (`ECONNREFUSED`). */
export function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
}
