/** How `infer` reads a series: what its flags say of the rows. */

import { sensorKindOf } from '../../shared/contract/config/sensor-kinds.ts';
import type { TimeUnit } from '../../shared/contract/config/sensor-source.ts';
import { formatOf } from '../../shared/engine/series/file-rows.ts';
import { DEFAULT_TIME } from '../pipeline/source/series/replay.ts';
import { columnsOf } from '../train/series.ts';

export interface SeriesFlags {
  /** Of the online detector: columns, or paths into JSON rows. */
  readonly columns?: readonly string[] | undefined;
  readonly time?: string | undefined;
  readonly timeUnit?: TimeUnit | undefined;
  readonly timeFormat?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly countS?: number | undefined;
}

/** The channel that a series without a model has. */
const ONLY = 'value';

/** The keys of a series' `source` that the flags say; without `--column` the only column of a CSV file beside the time. */
export async function sourceOf(file: string, flags: SeriesFlags, isOnline: boolean): Promise<Record<string, unknown>> {
  const { columns, ...rest } = flags;
  const said = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const names = columns ?? (isOnline ? await onlyColumn(file, flags.time ?? DEFAULT_TIME) : undefined);
  return { ...said, ...(names ? { values: Object.fromEntries(names.map((name) => [name, name])) } : {}) };
}

/** A file that cannot be read is the source's to refuse. */
async function onlyColumn(file: string, time: string): Promise<readonly string[] | undefined> {
  if (sensorKindOf(file) !== 'file' || formatOf(file) !== 'csv') return undefined;
  const columns = await columnsOf(file).catch(() => undefined);
  const others = columns?.filter((name) => name !== time) ?? [];
  return others.length === 1 && others[0] !== ONLY ? others : undefined;
}
