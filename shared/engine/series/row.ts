/** One row of a sensor: where its time and values stand, and whether they can be used. Pure. */

/** Gives what stands at a place of the row: a column, or a path into a JSON value; undefined when there is nothing. */
export type Row = (place: string) => unknown;

export interface RowPlan {
  /** Where the time stands; undefined: the row has none and is dated by its arrival. */
  readonly time: string | undefined;
  readonly channels: readonly { readonly name: string; readonly place: string }[];
}

export interface ReadRow {
  /** Milliseconds since 1970; undefined when the plan names no time. */
  readonly atMs: number | undefined;
  readonly values: readonly number[];
}

/** @param values where a channel stands, by its name; a channel that is not in it stands under its own name */
export function planRow(
  channels: readonly string[],
  values: Readonly<Record<string, string>> = {},
  time?: string,
): RowPlan {
  return {
    time,
    channels: channels.map((name) => ({ name, place: Object.hasOwn(values, name) ? (values[name] ?? name) : name })),
  };
}

/** @returns the row, or what is wrong with it */
export function readRow(row: Row, plan: RowPlan): ReadRow | string {
  let atMs: number | undefined;
  if (plan.time !== undefined) {
    const found = row(plan.time);
    atMs = timeOf(found);
    if (atMs === undefined) return `"${plan.time}" ${describe(found, 'a time')}`;
  }
  const values: number[] = [];
  for (const { place } of plan.channels) {
    const found = row(place);
    const value = numberOf(found);
    if (value === undefined) return `"${place}" ${describe(found, 'a finite number')}`;
    values.push(value);
  }
  return { atMs, values };
}

/** A finite number, or its text. Nothing else becomes one: not "", not a list, not a truth value. */
export function numberOf(found: unknown): number | undefined {
  const value = typeof found === 'string' && DECIMAL.test(found) ? Number(found) : found;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

const DECIMAL = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
const ISO = /^\s*(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?)\s*(Z|[+-]\d\d:?\d\d)?)?\s*$/i;
/** Seconds since 1970 have stayed below this, milliseconds above it, since 1973. */
const SECONDS_BELOW = 1e11;

/** Milliseconds since 1970 of an ISO 8601 text (UTC unless it says otherwise), or of seconds or milliseconds since then. */
export function timeOf(found: unknown): number | undefined {
  const number = numberOf(found);
  if (number !== undefined) return Math.abs(number) < SECONDS_BELOW ? number * 1000 : number;
  const parts = typeof found === 'string' ? ISO.exec(found) : null;
  if (!parts) return undefined;
  const [, day, clock = '00:00:00', zone = 'Z'] = parts;
  const ms = Date.parse(
    `${day}T${clock.replace(',', '.')}${zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase()}`,
  );
  return Number.isFinite(ms) ? ms : undefined;
}

function describe(found: unknown, wanted: string): string {
  if (found === undefined || found === null || found === '') return 'is missing';
  const text = typeof found === 'string' ? found : (JSON.stringify(found) ?? String(found));
  return `is not ${wanted}: ${JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)}`;
}
