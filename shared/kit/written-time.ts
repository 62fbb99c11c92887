/** A moment as a person writes it to a command. */
import { z } from 'zod';

const written = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

/**
 * @param text ISO 8601 with a zone (`2026-03-31T14:00:00Z`, `…+02:00`), or a date, which stands for its beginning in UTC
 * @returns milliseconds since 1970; undefined for anything else
 */
export function millisecondsOf(text: string): number | undefined {
  return written.safeParse(text).success ? Date.parse(text) : undefined;
}
