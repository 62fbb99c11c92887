/** `vedette-agent train anomaly`: a series of healthy data ⇒ a model package. */

import path from 'node:path';
import type { Writable } from 'node:stream';
import type { TimeUnit } from '../../shared/contract/config/sensor-source.ts';
import { name as modelName } from '../../shared/contract/names.ts';
import { seriesSvg, spansOf } from '../../shared/engine/drawing/series-svg.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError } from '../../shared/kit/errors.ts';
import { DEFAULT_TIME } from '../pipeline/source/series/replay.ts';
import { type FitOptions, fitAnomaly } from '../train/anomaly.ts';
import { fitForecast } from '../train/forecast.ts';
import { readNormal } from '../train/normal.ts';
import { type PackageOptions, writeAnomalyPackage, writeForecastPackage } from '../train/package.ts';
import { readSeries, type Series } from '../train/series.ts';
import { SHORTEST, windowLengthOf } from '../train/window-length.ts';

export interface TrainOptions extends Partial<Pick<FitOptions, 'components' | 'quantile' | 'margin'>> {
  readonly kind: 'forecast' | 'autoencoder';
  /** Of a forecast: weeks between two false alarms. */
  readonly weeks: number;
  /** Of a forecast without one: chosen by measurement. */
  readonly window?: number;
  readonly step: number;
  readonly detrend: boolean;
  /** File with what people have called normal, and the stream that counts of it. */
  readonly normalFile?: string;
  readonly stream?: string;
  /** CSV or JSON-lines file. */
  readonly source: string;
  readonly out: string;
  readonly columns: readonly string[];
  readonly time: string;
  readonly timeUnit?: TimeUnit;
  readonly timeFormat?: string;
  readonly timeZone?: string;
  /** Rows are events, counted in intervals of so many seconds. */
  readonly countS?: number;
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
  const print = (line: string) => void stderr.write(`${line}\n`);
  try {
    const started = clock.mono();
    const name = nameOf(options);
    const { time, timeUnit, timeFormat, timeZone, countS } = options;
    const written = {
      ...(timeUnit === undefined ? {} : { timeUnit }),
      ...(timeFormat === undefined ? {} : { timeFormat }),
      ...(timeZone === undefined ? {} : { timeZone }),
      ...(countS === undefined ? {} : { countS }),
    };
    const series = await readSeries({ file: options.source, columns: options.columns, time, ...written }, clock);
    const { samples, refused, complaint } = series;
    print(`read ${samples.length} rows of ${series.channels.join(', ')}, one each ${round(1 / series.rateHz)} s`);
    if (refused > 0) print(`left out ${refused} rows; the first: ${complaint}`);
    const train = options.kind === 'forecast' ? fitForecasting : fitReconstruction;
    const trained = train(series, { dir: options.out, name, license: options.license }, options, print);
    const seconds = round((clock.mono() - started) / 1000);
    const report = {
      package: options.out,
      name,
      kind: options.kind,
      rows: samples.length,
      refused,
      ...trained,
      seconds,
    };
    stdout.write(`${JSON.stringify(report)}\n`);
    if (options.time !== DEFAULT_TIME)
      print(
        `a stream with this model needs \`time: ${options.time}\` in its \`source\`, where its rows have the same columns`,
      );
    if (countS !== undefined) print(`a stream with this model needs \`countS: ${countS}\` in its \`source\``);
    return 0;
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    print(`vedette-agent train: ${error.message}`);
    return 1;
  }
}

function fitForecasting(
  series: Series,
  to: PackageOptions,
  options: TrainOptions,
  print: (line: string) => void,
): object {
  const { normalFile, stream, ...fit } = options;
  const said = normalFile === undefined ? undefined : readNormal(normalFile, stream);
  const window = options.window ?? chosenWindow(series, options, print);
  const model = fitForecast(series, { ...fit, window, normal: said ?? [] });
  const normal = said && { said: said.length, ...model.normal };
  if (normal)
    print(
      `called normal by people: ${normal.said} anomalies; ${normal.inData} lie in this data, and ${normal.learned} of these the model has learned`,
    );
  if (model.judges === 'both')
    print('a vibration: what the forecast is wrong by is judged beside the values, so that another frequency is seen');
  const { channels, samples } = series;
  const explained = round(model.explained);
  print(
    `fitted a forecast to ${model.windows} windows: it explains ${Math.round(100 * model.explained)} % of the variance`,
  );
  const events = spansOf(model.judged).length;
  const weeks = (samples.length * 1000) / series.rateHz / WEEK_MS;
  print(
    `would have told ${events} event${events === 1 ? '' : 's'} in these ${round(weeks)} weeks; look at ${path.join(to.dir, 'report.svg')}`,
  );
  const valuesAt = new Map(samples.map(({ atMs, values }) => [atMs, values]));
  const rows = model.judged.map((judged) => {
    const values = valuesAt.get(judged.atMs) ?? channels.map(() => Number.NaN);
    return { ...judged, threshold: model.threshold, values };
  });
  writeForecastPackage(model, to, seriesSvg(`${to.name}, training data`, channels, rows));
  return {
    gaps: model.gaps,
    window,
    judges: model.judges,
    windows: model.windows,
    explained,
    threshold: round(model.threshold),
    events,
    ...(normal ? { normal } : {}),
  };
}

function fitReconstruction(
  series: Series,
  to: PackageOptions,
  options: TrainOptions,
  print: (line: string) => void,
): object {
  const { quantile = QUANTILE, margin = MARGIN } = options;
  if (options.normalFile !== undefined)
    throw new CodedError(
      'config-invalid',
      '--normal is for --kind forecast: an autoencoder takes all its data as normal',
    );
  const { window = RECONSTRUCTED } = options;
  const model = fitAnomaly(series, { ...options, window, quantile, margin });
  const components = model.reconstruction.components.length;
  print(
    `fitted ${components} components to ${model.windows.fit} windows, calibrated on ${model.windows.heldOut} others`,
  );
  writeAnomalyPackage(model, to);
  const { gaps, windows, explained, threshold } = model;
  return { gaps, windows, components, explained: round(explained), threshold: round(threshold) };
}

function chosenWindow(
  series: Series,
  { step, detrend }: Pick<TrainOptions, 'step' | 'detrend'>,
  print: (line: string) => void,
): number {
  // Without its line a window's last point is another one for each length.
  if (detrend) return SHORTEST;
  const { window, tried } = windowLengthOf(series, { step, detrend });
  const shown = tried.map(({ window: length, error }) => `${length}: ${round(error)}`).join(', ');
  if (series.channels.length > 1 || window > SHORTEST)
    print(`windows of ${window} samples, by what forecasts of each length are wrong by in the last fifth (${shown})`);
  return window;
}

const WEEK_MS = 604_800_000;
/** Samples of a window of a reconstruction, which wants to see more at once. */
const RECONSTRUCTED = 64;
/** Of the held-out windows below the threshold, before the margin. */
const QUANTILE = 0.995;
const MARGIN = 1.5;

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
