/** Counters ⇒ rates. A counter that falls has begun again from 0. Pure. */
import type { RowPlan } from './row.ts';

export interface Counters {
  /**
   * @param atMs later than the row before
   * @param anew nothing connects the row with the one before
   * @returns the values, each counter as its increase per second; undefined for a first row, whose increase nobody knows
   */
  rate(atMs: number, values: readonly number[], anew: boolean): readonly number[] | undefined;
}

export function createCounters({ channels }: RowPlan): Counters {
  const isCounter = channels.map(({ counter }) => counter === true);
  let before: { readonly atMs: number; readonly values: readonly number[] } | undefined;
  if (!isCounter.includes(true)) return { rate: (_atMs, values) => values };
  return {
    rate(atMs, values, anew) {
      const last = anew ? undefined : before;
      before = { atMs, values };
      if (!last) return undefined;
      const seconds = (atMs - last.atMs) / 1000;
      return values.map((value, c) => {
        if (!isCounter[c]) return value;
        const from = last.values[c] as number;
        return (value >= from ? value - from : value) / seconds;
      });
    },
  };
}
