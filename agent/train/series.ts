/** Reads a whole series for training, the way a stream would read it: same formats, same rows left out. */
import { sensorSource } from '../../shared/contract/config/sensor.ts';
import { createCsvReader } from '../../shared/engine/series/csv.ts';
import { linesOf } from '../../shared/engine/series/lines.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { formatOf, openReplay } from '../pipeline/source/sensor-replay.ts';
import type { Sample } from '../pipeline/source/sensor-source.ts';
import { median } from './quantile.ts';

export interface Series {
  readonly channels: readonly string[];
  readonly samples: readonly Sample[];
  /** Rows that could not be used, and what was wrong with the first. */
  readonly refused: number;
  readonly complaint: string | undefined;
  /** Samples a second: one over the middle distance between two. */
  readonly rateHz: number;
}

export interface SeriesOptions {
  readonly file: string;
  /** Columns, or paths into JSON rows; without any, the only column of a CSV file beside the time. */
  readonly columns: readonly string[];
  readonly time: string;
}

/** A bound of memory: some hundred megabytes. */
const MAX_SAMPLES = 2_000_000;
const MIN_SAMPLES = 32;

/** @throws CodedError `source-open` or `config-invalid`, saying what is missing */
export async function readSeries({ file, columns, time }: SeriesOptions, clock: Clock): Promise<Series> {
  const channels = columns.length > 0 ? columns : [await onlyColumn(file, time)];
  const parsed = sensorSource.safeParse({ url: file, time, pace: 'fast' });
  if (!parsed.success)
    throw new CodedError('config-invalid', `${file}: not a CSV or JSON-lines file by its ending (.csv, .tsv, .jsonl)`);
  const source = parsed.data;
  const samples: Sample[] = [];
  let refused = 0;
  let complaint: string | undefined;
  await new Promise<void>((resolve, reject) => {
    const replay = openReplay(source, channels, clock, {
      onOpened: () => undefined,
      async onSamples(batch) {
        if (samples.length < MAX_SAMPLES) samples.push(...batch);
        else {
          void replay.close();
          reject(new CodedError('config-invalid', `${file}: more than ${MAX_SAMPLES} rows; train on a part of them`));
        }
      },
      onTrouble(_code, message, count) {
        refused += count;
        complaint ??= message;
      },
      onEnd: (failure) => (failure ? reject(new CodedError(failure.code, failure.message)) : resolve()),
    });
  });
  if (samples.length < MIN_SAMPLES)
    throw new CodedError(
      'config-invalid',
      `${file}: ${samples.length} usable rows; at least ${MIN_SAMPLES} are needed`,
    );
  return { channels, samples, refused, complaint, rateHz: 1000 / stepOf(samples) };
}

function stepOf(samples: readonly Sample[]): number {
  const steps = samples.slice(1).map((sample, i) => sample.atMs - (samples[i]?.atMs ?? sample.atMs));
  // A millisecond is the least that a timestamp tells.
  return Math.max(1, median(steps));
}

async function onlyColumn(file: string, time: string): Promise<string> {
  const hint = 'name what to train on with --column';
  if (formatOf(file) !== 'csv') throw new CodedError('config-invalid', `${file}: ${hint}`);
  const stop = new AbortController();
  try {
    for await (const { text } of linesOf(file, stop.signal)) {
      const { columns } = createCsvReader(text);
      const [only, ...others] = columns.filter((c) => c !== time);
      if (only !== undefined && others.length === 0) return only;
      throw new CodedError('config-invalid', `${file}: has the columns ${columns.join(', ')}; ${hint}`);
    }
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw new CodedError(
      'source-open',
      `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  throw new CodedError('source-open', `${file}: is empty`);
}
