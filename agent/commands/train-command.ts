/** The arguments of `vedette-agent train`. The command itself is loaded when it is wanted. */
import { type Command, Option } from 'commander';
import { falseAlarms, fraction, positive, positiveInteger, type RowFlags, withRowOptions } from './arguments.ts';
import type { TrainOptions } from './train.ts';

interface TrainFlags extends RowFlags {
  source: string;
  out: string;
  column?: string[];
  time: string;
  name?: string;
  license: string;
  kind: 'forecast' | 'autoencoder';
  falseAlarms: number;
  window?: number;
  step?: number;
  components?: number;
  normal?: string;
  stream?: string;
  detrend: boolean;
  quantile?: number;
  margin?: number;
}

/** Of a forecast each sample ends a window; a reconstruction costs more. */
const stepsOf = { forecast: 1, autoencoder: 4 } as const;

/** @param done is told the exit code */
export function trainCommand(
  program: Command,
  surroundings: Pick<TrainOptions, 'clock' | 'stdout' | 'stderr'>,
  done: (code: number) => void,
): void {
  withRowOptions(
    program
      .command('train')
      .summary('fit a model to your own data')
      .command('anomaly')
      .description(
        'Fits a model of what is normal to a series of healthy data and writes a model package for streams of kind sensor.\n' +
          'Progress is on stderr; the last line on stdout is one JSON object: windows, explained variance, threshold, events in the training\n' +
          'data. Of a forecast the package holds a picture of the training data: report.svg.',
      )
      .requiredOption('--source <file>', 'CSV or JSON-lines file, recorded while nothing was wrong')
      .requiredOption('--out <dir>', 'folder to write the package to; it must not exist yet')
      .option('--column <name...>', 'columns to train on (default: the only column beside the time)')
      .option('--time <name>', 'column with the time', 'timestamp')
      .option('--name <name>', 'name of the model (default: the name of the folder)')
      .option('--license <text>', 'licence that the package states', 'proprietary'),
  )
    .addOption(
      new Option(
        '--kind <kind>',
        'forecast: says the next point, and judges how rarely it is so wrong; autoencoder: gives a window back (PCA)',
      )
        .choices(['forecast', 'autoencoder'])
        .default('forecast'),
    )
    .addOption(
      new Option('--false-alarms <rate>', 'of a forecast: how often it may be wrong, as 1/week or 2/month')
        .argParser(falseAlarms)
        .default(2, 'one in two weeks'),
    )
    .option(
      '--normal <file>',
      'of a forecast: anomalies that people have called normal: `detectors/STREAM.normal.json` of the data folder, or the list of the hub',
    )
    .option('--stream <name>', 'whose anomalies of --normal count (default: all, where it tells of one stream)')
    .option(
      '--window <n>',
      'samples per window (default: of a forecast the shortest of 8, 16, 32, 64 that is nearly the best in the last fifth of the data; of an autoencoder 64)',
      positiveInteger,
    )
    .option('--step <n>', 'samples from one window to the next (default: 1; of an autoencoder 4)', positiveInteger)
    .option(
      '--components <k>',
      'of an autoencoder: principal components (default: as many as explain 95 % of the variance)',
      positiveInteger,
    )
    .option(
      '--detrend',
      'remove the straight line from each window first, so that levels and slow drift are no anomaly',
      false,
    )
    .option(
      '--quantile <q>',
      'of an autoencoder: part of the held-out windows below the threshold (default: 0.995)',
      fraction,
    )
    .option('--margin <f>', 'of an autoencoder: the threshold is multiplied by this (default: 1.5)', positive)
    .addHelpText(
      'after',
      '\nExample:\n  vedette-agent train anomaly --source healthy.csv --column value --out ./models/spindle\n' +
        '\nExit code: 0 if the package is written, 1 if not, 2 for wrong use.',
    )
    .action(async ({ column = [], falseAlarms: weeks, normal, count, ...given }: TrainFlags) => {
      const said = normal === undefined ? {} : { normalFile: normal };
      const counted = count === undefined ? {} : { countS: count };
      const flags = { weeks, ...said, ...counted, step: stepsOf[given.kind], ...given };
      const { trainAnomaly } = await import('./train.ts');
      done(await trainAnomaly({ ...flags, ...surroundings, columns: column }));
    });
}
