/** Rows of a source that may give a row again ⇒ samples. Pure: it is handed the time. */
import type { Row, RowPlan, TimedRow } from '../../../../shared/engine/series/row.ts';
import { createRowReader, MOST_AT_ONCE } from '../../../../shared/engine/series/row-reader.ts';
import { createPlacer } from './placer.ts';
import type { Sample } from './source.ts';

export interface Rows {
  /** Rows that had none of the channels, so far. */
  readonly others: number;
  describeOthers(): string;
  /** Reports that there is no row in what came. @returns no sample */
  refuse(message: string): readonly Sample[];
  /**
   * What came at once. A row with a time of its own that was seen before is no fault: a server gives its last one until it has another.
   * Where its newest is older than what came before, and did not come last, the clock of who gives it went back: order.ts judges.
   * @param arrivedMs milliseconds since 1970, of rows without a time
   */
  take(rows: readonly Row[], arrivedMs: number): readonly Sample[];
}

/**
 * Of a file that is written anew the rows come again, and no clock went back: `isAsked` is false.
 * @param isAsked rows come from a device that says what is now
 * @param holdS seconds that the value of a channel counts where rows have some of the channels
 * @param onFault is told what is wrong with a row
 */
export function createRows(
  plan: RowPlan,
  holdS: number | undefined,
  onFault: (code: 'sensor-row' | 'sensor-order', message: string) => void,
  isAsked: boolean,
): Rows {
  const reader = createRowReader(plan, holdS === undefined ? undefined : holdS * 1000);
  const placer = createPlacer(plan);
  const places = plan.channels.map(({ place }) => `"${place}"`).join(', ');
  let others = 0;
  /** Times of what came last. */
  let before: ReadonlySet<number> = new Set();
  const refuse = (message: string): [] => {
    onFault('sensor-row', message);
    return [];
  };
  return {
    get others() {
      return others;
    },
    describeOthers: () => `of the rows so far ${others} had nothing at ${places}: left out, as of another kind`,
    refuse,
    take(rows: readonly Row[], arrivedMs: number): Sample[] {
      if (rows.length > 1 && plan.time === undefined)
        return refuse(`gives a list of ${rows.length} rows without times; say where they stand: \`time\``);
      const found: TimedRow[] = [];
      for (const row of rows) {
        if (found.length > MOST_AT_ONCE) {
          refuse(`gives rows of more than ${MOST_AT_ONCE} samples at once; the rest is left out`);
          break;
        }
        const read = reader.read(row, arrivedMs);
        if (read === undefined) others++;
        else if (typeof read === 'string') refuse(read);
        else found.push(...read);
      }
      const isTimed = plan.time !== undefined;
      const newest = found.reduce((latest, { atMs }) => Math.max(latest, atMs), Number.NEGATIVE_INFINITY);
      const isBack = isAsked && !placer.isLater(newest) && !before.has(newest);
      const samples = found.flatMap((one) => {
        const isKnown = isTimed && !placer.isLater(one.atMs) && !(isBack && !before.has(one.atMs));
        if (isKnown) return [];
        const placed = placer.place(one);
        if (typeof placed === 'string') onFault('sensor-order', placed);
        return typeof placed === 'object' ? [placed] : [];
      });
      if (found.length > 0) before = new Set(found.map(({ atMs }) => atMs));
      return samples;
    },
  };
}
