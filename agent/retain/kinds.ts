/** What retention tells apart. Pure. */
import { z } from 'zod';
import type { Judge } from '../buffer/erase.ts';

/** Keys of `buffer.keepDays`. */
export const kinds = ['events', 'pictures', 'readings'] as const;
export type Kept = (typeof kinds)[number];

const recordKinds: Readonly<Record<Exclude<Kept, 'pictures'>, readonly string[]>> = {
  events: ['event', 'verdict'],
  readings: ['reading', 'summary', 'health'],
};
const record = z.looseObject({ kind: z.string() });

/** What becomes of a record that is older than its kind is kept; `loss` and `error` records stay. */
export function judgeOf(kind: Kept): Judge {
  return (json) => {
    const found = record.parse(JSON.parse(json));
    if (kind !== 'pictures') return recordKinds[kind].includes(found.kind) ? 'erase' : 'keep';
    if (found.snapshot === undefined) return 'keep';
    const { snapshot: _, ...rest } = found;
    return { without: JSON.stringify(rest) };
  };
}
