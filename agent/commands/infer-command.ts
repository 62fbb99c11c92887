/** The arguments of `vedette-agent infer`. The command itself is loaded when it is wanted. */
import { type Command, Option } from 'commander';
import { positive, positiveInteger, type RowFlags, withRowOptions } from './arguments.ts';
import type { InferOptions } from './infer.ts';
import { LINES } from './infer-lines.ts';
import type { SeriesFlags } from './infer-series.ts';

interface InferFlags extends RowFlags {
  model?: string;
  online?: boolean;
  source: string[];
  fps?: number;
  runners: number;
  threads: number;
  variant: string;
  out?: string;
  draw?: string;
  plot?: string;
  column?: string[];
  time?: string;
}

type Surroundings = Pick<InferOptions, 'folder' | 'runnerEntry' | 'measure' | 'clock' | 'stdout' | 'stderr'> & {
  readonly mostRunners: number;
};

/** @param done is told the exit code */
export function inferCommand(program: Command, surroundings: Surroundings, done: (code: number) => void): void {
  withRowOptions(
    program
      .command('infer')
      .summary('run a model over files, without a hub')
      .description(
        'Runs a model package over one or more sources and writes one JSON line per analysed frame.\n' +
          'The last line on stderr is one JSON object with the totals: frames, seconds, fps, ms per frame, variant, memory.',
      )
      .option('--model <dir>', 'model package: a folder with model.yaml')
      .option('--online', 'no model: find anomalies in series of a sensor (CSV or JSON lines), learning as they run')
      .requiredOption(
        '--source <url...>',
        'a file, a folder of pictures, rtsp:, http:, /dev/videoN, a test: pattern, or - for standard input; may repeat',
      )
      .option('--fps <n>', 'analyse at most this many frames per second of the source (default: every frame)', positive)
      .option('--runners <n>', 'number of runner processes, which share the sources', positiveInteger, 1)
      .option('--threads <n>', 'threads per inference', positiveInteger, 1)
      .addOption(
        new Option('--variant <name>', 'variant of the package; auto: the fastest on this machine')
          .choices(['auto', 'fp32', 'fp16', 'int8'])
          .default('auto'),
      )
      .option('--out <file>', 'write the lines to this file (default: stdout)')
      .option(
        '--draw <path>',
        'write the pictures with their boxes: a video (.mp4, .mkv, .mov), or a folder for one JPEG per frame; of one file or folder',
      )
      .option('--plot <file>', 'of one series: a picture (SVG) of its values, its score and what would have been told')
      .option(
        '--column <name...>',
        'of --online: the columns, or paths into JSON rows (default: "value", or the only column beside the time)',
      )
      .option('--time <name>', 'of a series: column with the time (default: "timestamp")'),
  )
    .addHelpText(
      'after',
      LINES +
        '\nExample:\n  vedette-agent infer --model ./models/yolox-nano-416 --source clip.mp4 --out detections.jsonl --draw boxes.mp4\n' +
        '  vedette-agent infer --online --source log.csv --time Zeit --column Temperatur --plot log.svg\n' +
        '\nExit code: 0 if every source was read to its end, 1 if one failed, 2 for wrong use.',
    )
    .action(async ({ source, online, column, count, ...given }: InferFlags, command: Command) => {
      if ((given.model === undefined) === (online !== true))
        command.error('error: give either --model <dir>, or --online for series without a model');
      if (column !== undefined && online !== true)
        command.error('error: --column is for --online; a model names its channels itself');
      const { time, timeUnit, timeFormat, timeZone, ...flags } = given;
      const series: SeriesFlags = { columns: column, time, timeUnit, timeFormat, timeZone, countS: count };
      const { infer } = await import('./infer.ts');
      done(
        await infer({
          ...flags,
          ...surroundings,
          series,
          sources: source,
          runners: Math.min(flags.runners, surroundings.mostRunners),
        }),
      );
    });
}
