/** Rows of a source that may give a row again ⇒ samples. Pure: it is handed the time. */
import type { Row, RowPlan } from '../../../../shared/engine/series/row.ts';
import { createRowReader } from '../../../../shared/engine/series/row-reader.ts';
import { createPlacer } from './placer.ts';
import type { Sample } from './source.ts';

export interface Rows {
  /** Rows that had none of the channels, so far. */
  readonly others: number;
  describeOthers(): string;
  /** Reports that there is no row in what came. @returns no sample */
  refuse(message: string): readonly Sample[];
  /**
   * A row with a time of its own that was seen before is no fault: a server gives its last one until it has another.
   * @param arrivedMs milliseconds since 1970, of rows without a time
   */
  take(rows: readonly Row[], arrivedMs: number): readonly Sample[];
}

/**
 * @param holdS seconds that the value of a channel counts where rows have some of the channels
 * @param onFault is told what is wrong with a row
 */
export function createRows(
  plan: RowPlan,
  holdS: number | undefined,
  onFault: (code: 'sensor-row' | 'sensor-order', message: string) => void,
): Rows {
  const reader = createRowReader(plan, holdS === undefined ? undefined : holdS * 1000);
  const placer = createPlacer(plan);
  const places = plan.channels.map(({ place }) => `"${place}"`).join(', ');
  let others = 0;
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
      return rows.flatMap((row) => {
        const read = reader.read(row, arrivedMs);
        if (read === undefined) others++;
        if (typeof read === 'string') return refuse(read);
        return (read ?? []).flatMap((one) => {
          if (plan.time !== undefined && !placer.isLater(one.atMs)) return [];
          const placed = placer.place(one);
          if (typeof placed === 'string') onFault('sensor-order', placed);
          return typeof placed === 'object' ? [placed] : [];
        });
      });
    },
  };
}
