/** Rows that were read ⇒ samples in order, each with the rates of its counters. Pure. */
import { createCounters } from '../../../../shared/engine/series/counters.ts';
import type { RowPlan, TimedRow } from '../../../../shared/engine/series/row.ts';
import { createOrder } from './order.ts';
import type { Sample } from './source.ts';

export interface Placer {
  /** @returns the sample; why the row cannot be used; or undefined: it is the first of a counter, which has no rate yet */
  place(row: TimedRow): Sample | string | undefined;
  /** Does it lie after all that was placed? */
  isLater(atMs: number): boolean;
  /** The series begins again from its start (a file that loops). */
  restart(): void;
}

export function createPlacer(plan: RowPlan): Placer {
  const counters = createCounters(plan);
  const order = createOrder();
  return {
    place({ atMs, values }) {
      const placed = order.place(atMs);
      if (typeof placed === 'string') return placed;
      const rated = counters.rate(placed.atMs, values, placed.restart);
      const shiftMs = placed.atMs - atMs;
      return rated && { ...placed, ...(shiftMs === 0 ? {} : { shiftMs }), values: rated };
    },
    isLater: order.isLater,
    restart: order.restart,
  };
}
