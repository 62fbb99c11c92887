/**
 * Rows ⇒ one value of each channel at a time. Rows that carry some of the channels are put together in rounds: a round is over when each
 * channel has come, or when one of them comes again. A channel that has not come in a round keeps its last value for so long as
 * `holdMs` allows; without it a row must have all channels. Rows that are events are counted instead. Pure.
 */
import { createEventCounts } from './event-counts.ts';
import { type PartialRow, type Row, type RowPlan, readPart, type TimedRow } from './row.ts';

/** Most samples of one message or answer. Of rows that are events a few may stand weeks apart, and each interval between them is a sample. */
export const MOST_AT_ONCE = 20_000;

export interface RowReader {
  /**
   * @param arrivedMs time of rows without one
   * @param topic that the row came by
   * @returns the rows that are complete with this one, in order; what is wrong with it; or undefined: it has none of the channels
   */
  read(row: Row, arrivedMs: number, topic?: string): readonly TimedRow[] | string | undefined;
  /** Rows may have been lost: what is half done begins anew. */
  begin(): void;
}

interface Held {
  readonly value: number;
  readonly atMs: number;
}

export function createRowReader(plan: RowPlan, holdMs?: number): RowReader {
  const round = holdMs === undefined ? undefined : createRounds(plan, holdMs);
  const counts = plan.countMs === undefined ? undefined : createEventCounts(plan.channels.length, plan.countMs);
  let before: number | undefined;
  return {
    begin: () => counts?.begin(),
    read(row, arrivedMs, topic) {
      const part = readPart(row, plan, topic, before);
      if (part === undefined || typeof part === 'string') return part;
      before = part.atMs;
      const atMs = part.atMs ?? arrivedMs;
      if (counts) return counts.count(part, atMs);
      if (round) return round(part, atMs);
      const lacks = plan.channels.find((_, c) => part.values[c] === undefined);
      if (lacks)
        return `"${lacks.place}" is missing; where each message has some of the channels, \`holdS\` puts them together`;
      return [{ atMs, values: part.values.map(Number) }];
    },
  };
}

function createRounds({ channels }: RowPlan, holdMs: number): (part: PartialRow, atMs: number) => TimedRow[] {
  const held: (Held | undefined)[] = channels.map(() => undefined);
  const came = new Set<number>();
  let endsAt = 0;

  /** The row of the round so far; none where a channel is unknown, or its value too old. */
  const close = (): TimedRow[] => {
    came.clear();
    const known = held.filter((one) => one !== undefined && endsAt - one.atMs <= holdMs);
    if (known.length < held.length) return [];
    return [{ atMs: endsAt, values: held.map((one) => one?.value ?? Number.NaN) }];
  };

  return (part, atMs) => {
    const carried = [...part.values.keys()].filter((c) => part.values[c] !== undefined);
    const rows = carried.some((c) => came.has(c)) ? close() : [];
    for (const c of carried) {
      held[c] = { value: part.values[c] as number, atMs };
      came.add(c);
    }
    endsAt = atMs;
    return came.size === held.length ? [...rows, ...close()] : rows;
  };
}
