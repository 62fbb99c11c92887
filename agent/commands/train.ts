/** `vedette-agent train anomaly`: a series of healthy data ⇒ a model package. */

import path from 'node:path';
import type { Writable } from 'node:stream';
import { name as modelName } from '../../shared/contract/names.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { type FitOptions, fitAnomaly } from '../train/anomaly.ts';
import { writeAnomalyPackage } from '../train/package.ts';
import { readSeries } from '../train/series.ts';

export interface TrainOptions extends FitOptions {
  /** CSV or JSON-lines file. */
  readonly source: string;
  readonly out: string;
  readonly columns: readonly string[];
  readonly time: string;
  /** Default: the name of the folder. */
  readonly name?: string;
  readonly license: string;
  readonly clock: Clock;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** @returns the exit code: 0 when the package is written, 1 otherwise (the reason is on stderr) */
export async function trainAnomaly(options: TrainOptions): Promise<number> {
  const { clock, stdout, stderr } = options;
  const say = (line: string) => void stderr.write(`${line}\n`);
  try {
    const started = clock.mono();
    const name = nameOf(options);
    const series = await readSeries({ file: options.source, columns: options.columns, time: options.time }, clock);
    const { samples, refused, complaint } = series;
    say(`read ${samples.length} rows of ${series.channels.join(', ')}, one each ${round(1 / series.rateHz)} s`);
    if (refused > 0) say(`left out ${refused} rows; the first: ${complaint}`);
    const model = fitAnomaly(series, options);
    const count = model.reconstruction.components.length;
    say(`fitted ${count} components to ${model.windows.fit} windows, calibrated on ${model.windows.heldOut} others`);
    writeAnomalyPackage(model, { dir: options.out, name, license: options.license });
    const report = {
      package: options.out,
      name,
      rows: samples.length,
      refused,
      gaps: model.gaps,
      windows: model.windows,
      components: count,
      explained: round(model.explained),
      threshold: round(model.threshold),
      seconds: round((clock.mono() - started) / 1000),
    };
    stdout.write(`${JSON.stringify(report)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    say(`vedette-agent train: ${error.message}`);
    return 1;
  }
}

function nameOf({ name, out }: TrainOptions): string {
  const wanted =
    name ??
    path
      .basename(out)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '');
  const parsed = modelName.safeParse(wanted);
  if (parsed.success) return parsed.data;
  throw new CodedError('config-invalid', `--name ${parsed.error.issues[0]?.message}; found "${wanted}"`);
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
