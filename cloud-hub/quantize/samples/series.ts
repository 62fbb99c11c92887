/** Samples out of a series: the windows that a sensor stream would make of it. */
import type { WindowInput } from '../../../shared/contract/model-manifest.ts';
import { formatOf, rowsOfFile } from '../../../shared/engine/series/file-rows.ts';
import { planRow, readRow } from '../../../shared/engine/series/row.ts';
import { createWindows } from '../../../shared/engine/series/windows.ts';
import { CodedError, messageOf } from '../../../shared/kit/errors.ts';
import type { Sample } from './sample.ts';
import { createThin } from './thin.ts';

/** A window lies in no picture. */
const NOWHERE = { left: 0, top: 0, width: 1, height: 1, scaleX: 1, scaleY: 1, frameWidth: 1, frameHeight: 1 };

/**
 * @param time name of the column of times
 * @throws CodedError `source-open` when the file cannot be read, `sensor-row` when not one window comes of it
 */
export async function seriesSamples(
  file: string,
  input: WindowInput,
  time: string,
  most: number,
): Promise<readonly Sample[]> {
  const plan = planRow(input.channels, { time });
  const windows = createWindows(input);
  const thin = createThin<Sample>(most);
  let complaint: string | undefined;
  let before = Number.NEGATIVE_INFINITY;
  try {
    for await (const { number, row } of rowsOfFile(file, { format: formatOf(file) }, new AbortController().signal)) {
      const read = typeof row === 'string' ? row : readRow(row, plan);
      if (typeof read === 'string') complaint ??= `line ${number} ${read}`;
      if (read === undefined || typeof read === 'string' || read.atMs === undefined || read.atMs <= before) continue;
      const { atMs } = read;
      before = atMs;
      for (const window of windows.push({ atMs, values: read.values, restart: false })) {
        if (!thin.wants()) {
          thin.push(undefined);
          continue;
        }
        const values = Float32Array.from(window.tensor);
        const name = `${file}, window up to ${new Date(window.atMs).toISOString()}`;
        thin.push({ name, fit: NOWHERE, tensor: () => Float32Array.from(values) });
      }
    }
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw new CodedError('source-open', `cannot read ${file}: ${messageOf(error)}`);
  }
  if (thin.kept.length > 0) return thin.kept;
  const why = complaint ?? `it has too few rows for one window of ${input.window} samples`;
  throw new CodedError('sensor-row', `${file}: no window comes of it: ${why}`);
}
