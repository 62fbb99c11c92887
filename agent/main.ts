#!/usr/bin/env node
/**
 * The `vedette-agent` program: the only place of the agent that reads argv, the environment and signals. Each command is loaded
 * when it is wanted: the others cost neither time nor memory.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, homedir } from 'node:os';
import path from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { systemClock } from '../shared/kit/clock.ts';
import { messageOf } from '../shared/kit/errors.ts';

const entries = {
  runner: new URL('./runner/child.js', import.meta.url),
  measure: new URL('./models/measure-child.js', import.meta.url),
  proof: new URL('./models/proof-child.js', import.meta.url),
  shadow: new URL('./models/shadow-child.js', import.meta.url),
  annotate: new URL('./api/annotate-child.js', import.meta.url),
};

/** Where what only saves time is kept. */
function cacheDir(): string {
  return path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'vedette');
}

/** Names what the speed of a model depends on. */
function machine(): string {
  return `${version()} ${cpus()[0]?.model ?? 'unknown'} x${availableParallelism()}`;
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown';
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('must be a number above 0.');
  return value;
}

function positiveInteger(text: string): number {
  const value = positive(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('must be a whole number above 0.');
  return value;
}

// A reader that went away (`| head`) does not end the agent.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const program = new Command('vedette-agent')
  .description('Runs ONNX models on camera and sensor streams, keeps every result, and syncs with a Vedette hub.')
  .version(version())
  .showHelpAfterError('(add --help for what is possible)')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program
  .command('run')
  .summary('run the agent')
  .description(
    'Runs the streams of a configuration file until it gets SIGINT or SIGTERM. Logs are JSON lines on stderr.',
  )
  .requiredOption('-c, --config <file>', 'the configuration, see fixtures/config/*.good.yaml for examples')
  .addHelpText(
    'after',
    '\nA wrong field in a stream refuses that stream and the others start; a wrong field elsewhere refuses the file.\n' +
      'Exit code: 0 after SIGINT or SIGTERM, 1 when it could not start, 2 for a configuration that cannot be used.',
  )
  .action(async ({ config }: { config: string }) => {
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
    // Started by another program that is gone now.
    process.on('disconnect', () => stop.abort());
    const { run } = await import('./commands/run.ts');
    process.exitCode = await run({
      configFile: config,
      version: version(),
      cpus: availableParallelism(),
      entries,
      machine: machine(),
      clock: systemClock,
      stop: stop.signal,
      stdout: process.stdout,
      stderr: process.stderr,
    });
    // Nothing of ours is left to do; a native library's thread must not keep the process.
    process.exit();
  });

interface InferFlags {
  model: string;
  source: string[];
  fps?: number;
  runners: number;
  threads: number;
  variant: string;
  out?: string;
}

program
  .command('infer')
  .summary('run a model over files, without a hub')
  .description(
    'Runs a model package over one or more sources and writes one JSON line an analysed frame.\n' +
      'The last line on stderr is one JSON object with the totals: frames, seconds, fps, ms a frame, variant, memory.',
  )
  .requiredOption('--model <dir>', 'model package: a folder with model.yaml')
  .requiredOption(
    '--source <url...>',
    'a file, a folder of pictures, rtsp:, http:, /dev/videoN, test: patterns, - for standard input; may repeat',
  )
  .option('--fps <n>', 'analyse at most this many frames a second of the source (default: every frame)', positive)
  .option('--runners <n>', 'runner processes; the sources are dealt over them', positiveInteger, 1)
  .option('--threads <n>', 'threads of one inference', positiveInteger, 1)
  .addOption(
    new Option('--variant <name>', 'which variant of the package')
      .choices(['auto', 'fp32', 'fp16', 'int8'])
      .default('auto'),
  )
  .option('--out <file>', 'write the lines there (default: stdout)')
  .addHelpText(
    'after',
    '\nExample:\n  vedette-agent infer --model ./models/yolox-nano-416 --source clip.mp4 --out detections.jsonl\n' +
      '\nExit code: 0 when every source was read to its end, 1 when one failed, 2 for wrong use.',
  )
  .action(async ({ source, ...flags }: InferFlags) => {
    const { infer } = await import('./commands/infer.ts');
    process.exitCode = await infer({
      ...flags,
      sources: source,
      folder: process.cwd(),
      runners: Math.min(flags.runners, availableParallelism() * 4),
      runnerEntry: entries.runner,
      measure: { entry: entries.measure, file: path.join(cacheDir(), 'measured.json'), machine: machine() },
      clock: systemClock,
      stdout: process.stdout,
      stderr: process.stderr,
    });
  });

function fraction(text: string): number {
  const value = positive(text);
  if (value > 1) throw new InvalidArgumentError('must be above 0 and at most 1.');
  return value;
}

interface TrainFlags {
  source: string;
  out: string;
  column: string[];
  time: string;
  name?: string;
  license: string;
  window: number;
  step: number;
  components?: number;
  detrend: boolean;
  quantile: number;
  margin: number;
}

program
  .command('train')
  .summary('fit a model to your own data')
  .command('anomaly')
  .description(
    'Fits a model of what is normal to a series of healthy data and writes a model package for streams of kind sensor.\n' +
      'Progress is on stderr; the last line on stdout is one JSON object: windows, explained variance, threshold.',
  )
  .requiredOption('--source <file>', 'CSV or JSON-lines file, of a time without faults')
  .requiredOption('--out <dir>', 'the package to make; must not be there yet')
  .option('--column <name...>', 'what to train on; default: the only column beside the time', [])
  .option('--time <name>', 'where the time stands', 'timestamp')
  .option('--name <name>', 'name of the model (default: the name of the folder)')
  .option('--license <text>', 'what the package says', 'proprietary')
  .option('--window <n>', 'samples of one window', positiveInteger, 64)
  .option('--step <n>', 'samples from one window to the next', positiveInteger, 4)
  .option(
    '--components <k>',
    'principal components (default: as many as explain 95 % of the variance)',
    positiveInteger,
  )
  .option('--detrend', 'take a straight line out of each window first: levels and slow drift are no anomaly', false)
  .option(
    '--quantile <q>',
    'part of the held-out windows that lie below the threshold, before the margin',
    fraction,
    0.995,
  )
  .option('--margin <f>', 'factor on the threshold', positive, 1.5)
  .addHelpText(
    'after',
    '\nExample:\n  vedette-agent train anomaly --source healthy.csv --column value --out ./models/spindle\n' +
      '\nExit code: 0 when the package is written, 1 when not, 2 for wrong use.',
  )
  .action(async ({ column, ...flags }: TrainFlags) => {
    const { stdout, stderr } = process;
    const { trainAnomaly } = await import('./commands/train.ts');
    process.exitCode = await trainAnomaly({ ...flags, columns: column, clock: systemClock, stdout, stderr });
  });

program
  .command('doctor')
  .summary('show what this machine can do, and why a stream is slow')
  .description(
    'Looks at the machine and, with a configuration, at hub, ports and every stream: opens each source for a few seconds\n' +
      'in a runner process, measures every stage, and says what bounds it.',
  )
  .option('-c, --config <file>', 'the configuration; without it only the machine is looked at')
  .option('--json', 'print JSON', false)
  .addHelpText('after', '\nExit code: 0 when everything works, 1 when something is broken, 2 for wrong use.')
  .action(async ({ config, json }: { config?: string; json: boolean }) => {
    const { doctor } = await import('./commands/doctor.ts');
    process.exitCode = await doctor({
      ...(config === undefined ? {} : { configFile: config }),
      json,
      nodeVersion: process.version,
      runnerEntry: entries.runner,
      clock: systemClock,
      stdout: process.stdout,
      stderr: process.stderr,
    });
  });

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`vedette-agent: ${messageOf(error)}\n`);
  process.exit(1);
});
