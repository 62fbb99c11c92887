/** How often a model may be wrong, as people say it: `1/week`. Pure. */

const WEEKS = { day: 1 / 7, week: 1, month: 365.25 / 12 / 7, year: 365.25 / 7 } as const;

/** @returns weeks between two; undefined for a text that is none */
export function weeksBetween(text: string): number | undefined {
  const found = /^\s*(\d+(?:\.\d+)?)\s*\/\s*(day|week|month|year)\s*$/i.exec(text);
  if (!found) return undefined;
  const [, times, unit = 'week'] = found;
  const weeks = WEEKS[unit.toLowerCase() as keyof typeof WEEKS] / Number(times);
  return Number.isFinite(weeks) ? weeks : undefined;
}
