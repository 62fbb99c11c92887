/** Lengths of time in milliseconds. */
export const HOUR_MS = 3_600_000;
/** Of 24 hours: a day of the calendar may be shorter or longer. */
export const DAY_MS = 24 * HOUR_MS;
