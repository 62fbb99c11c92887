/** Reads a whole series for training, the way a stream would read it: same formats, same rows left out. */
import { sensorSource, type TimeUnit } from '../../shared/contract/config/sensor-source.ts';
import { formatOf, rowsOfFile } from '../../shared/engine/series/file-rows.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import { median } from '../../shared/kit/quantile.ts';
import { openReplay } from '../pipeline/source/series/replay.ts';
import type { Sample } from '../pipeline/source/series/source.ts';

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
  /** How the time is written; default: as it looks (shared/engine/series/time.ts). */
  readonly timeUnit?: TimeUnit;
  readonly timeFormat?: string;
  readonly timeZone?: string;
  readonly countS?: number;
}

/** A bound of memory: some hundred megabytes. */
const MAX_SAMPLES = 2_000_000;
const MIN_SAMPLES = 32;

/** @throws CodedError `source-open` or `config-invalid`, saying what is missing */
export async function readSeries(options: SeriesOptions, clock: Clock): Promise<Series> {
  const { file, columns, time, timeUnit, timeFormat, timeZone, countS } = options;
  const channels = columns.length > 0 ? columns : [await onlyColumn(file, time)];
  const parsed = sensorSource.safeParse({ url: file, time, timeUnit, timeFormat, timeZone, countS, pace: 'fast' });
  if (!parsed.success) throw new CodedError('config-invalid', complaintOf(file, parsed.error.issues));
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
      onProblem(_code, message, count) {
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
  // Timestamps have a resolution of one millisecond.
  return Math.max(1, median(steps));
}

/** The columns of a CSV file; undefined where it is empty. @throws the file system's error */
export async function columnsOf(file: string): Promise<readonly string[] | undefined> {
  let columns: readonly string[] | undefined;
  const onHeader = (found: readonly string[] | undefined) => {
    columns = found;
  };
  for await (const _ of rowsOfFile(file, { format: 'csv', onHeader }, new AbortController().signal)) break;
  return columns;
}

async function onlyColumn(file: string, time: string): Promise<string> {
  const hint = 'name what to train on with --column';
  if (formatOf(file) !== 'csv') throw new CodedError('config-invalid', `${file}: ${hint}`);
  const columns = await columnsOf(file).catch((error: unknown) => {
    throw new CodedError('source-open', `cannot read ${file}: ${messageOf(error)}`);
  });
  if (columns === undefined) throw new CodedError('source-open', `${file}: is empty`);
  if (!columns.includes(time)) {
    const known = columns.join(', ');
    throw new CodedError(
      'config-invalid',
      `${file}: has no column "${time}"; name the one with the time with --time (it has: ${known})`,
    );
  }
  const [only, ...others] = columns.filter((c) => c !== time);
  if (only !== undefined && others.length === 0) return only;
  throw new CodedError('config-invalid', `${file}: has the columns ${columns.join(', ')}; ${hint}`);
}

/** In the words of the command. */
function complaintOf(
  file: string,
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
) {
  const flags: Readonly<Record<string, string>> = {
    timeUnit: '--time-unit',
    timeFormat: '--time-format',
    timeZone: '--time-zone',
    time: '--time',
    countS: '--count',
  };
  const [issue] = issues;
  const flag = flags[String(issue?.path[0])];
  return flag === undefined
    ? `${file}: not a CSV or JSON-lines file by its ending (.csv, .tsv, .jsonl)`
    : `${flag} ${issue?.message}`;
}
