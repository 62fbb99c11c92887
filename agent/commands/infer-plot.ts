/** What `infer` says of anomalies at its end: how many events they would have been, and a picture of them. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type PlottedRow, seriesSvg } from '../../shared/engine/drawing/series-svg.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import type { FrameResult } from '../pipeline/outputs.ts';

export interface Anomalies {
  add(source: number, result: FrameResult): void;
  /** One line per source that has a model of anomalies; none where there is none. */
  summary(): string[];
  /** @throws CodedError `source-open` when there is nothing to draw, or the file cannot be written */
  plot(file: string): void;
}

/** @param keep remember every row, for a picture */
export function createAnomalies(sources: readonly string[], keep: boolean): Anomalies {
  const rows = new Map<number, PlottedRow[]>();
  const counts = new Map<number, { events: number; before: boolean; rows: number }>();
  const names = (values: readonly number[]) =>
    values.map((_, c) => (values.length === 1 ? 'value' : `channel ${c + 1}`));
  return {
    add(source, { outcome, atMs, ptsMs, values = [] }) {
      if (outcome.task !== 'anomaly') return;
      const { score, threshold, anomalous } = outcome;
      const known = counts.get(source) ?? { events: 0, before: false, rows: 0 };
      const events = known.events + Number(anomalous && !known.before);
      counts.set(source, { events, before: anomalous, rows: known.rows + 1 });
      if (!keep) return;
      const row = { atMs: atMs ?? ptsMs, values, score, threshold, anomalous };
      const list = rows.get(source);
      if (list) list.push(row);
      else rows.set(source, [row]);
    },
    summary: () =>
      [...counts].map(([source, { events, rows: count }]) => {
        const which = sources.length > 1 ? `${sources[source]}: ` : '';
        return `${which}would have told ${events} event${events === 1 ? '' : 's'} in ${count} results`;
      }),
    plot(file) {
      const [list = []] = rows.values();
      const [first] = list;
      if (!first) throw new CodedError('source-open', `--plot ${file}: there is no result of a series to draw`);
      try {
        writeFileSync(file, seriesSvg(path.basename(sources[0] ?? ''), names(first.values), list));
      } catch (error) {
        throw new CodedError('source-open', `--plot ${file}: ${messageOf(error)}`);
      }
    },
  };
}
