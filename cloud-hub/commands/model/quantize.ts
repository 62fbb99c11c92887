/** `vedette-hub model quantize`: an int8 variant that has proven itself, or the reason why there is none. */
import { stat } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readPackage } from '../../../shared/engine/package/package.ts';
import type { Clock } from '../../../shared/kit/clock.ts';
import { addVariant, requireRoom } from '../../quantize/add.ts';
import { quantize } from '../../quantize/quantize.ts';
import { type Method, methods } from '../../quantize/ranges/method.ts';
import { describeQuantizeReport, type QuantizeReport, quantizeReport } from '../../quantize/report.ts';
import { readSamples } from '../../quantize/samples/read.ts';
import { type CommandContext, UsageError } from '../context.ts';

interface Flags {
  calibrate: string;
  unseen?: string;
  method: Method | 'auto';
  percentile: number;
  agreement: number;
  size: number;
  weightBits: '7' | '8';
  samples: number;
  time: string;
  threads: number;
  out?: string;
  force: boolean;
  json: boolean;
}

export function addQuantize(model: Command, context: CommandContext): void {
  model
    .command('quantize <dir>')
    .description(
      'make an int8 variant of a package: calibrate it on your data, compare it with fp32 on samples that the calibration did not ' +
        'see, measure both on this machine, and add it to model.yaml only if they agree. Progress is on stderr.',
    )
    .requiredOption(
      '--calibrate <source>',
      'a clip, a folder of pictures, or a CSV or JSON-lines series, like those that the device will see',
    )
    .option('--unseen <source>', 'check the accuracy on this source (default: the last part of the calibration source)')
    .addOption(
      new Option(
        '--method <name>',
        'method that chooses the ranges of activations; auto: the best of them on your data',
      )
        .choices(['auto', ...Object.keys(methods)])
        .default('auto'),
    )
    .option('--percentile <part>', 'share of the values inside the range, with --method percentile', fraction, 0.9999)
    .option(
      '--agreement <part>',
      'least agreement with fp32: box recall and precision, top-1, or equal verdicts',
      fraction,
      0.97,
    )
    .option(
      '--size <part>',
      'size limit as a share of fp32; within it, the nodes that lose most accuracy stay in float',
      fraction,
      0.35,
    )
    .addOption(
      new Option('--weight-bits <n>', 'bits per weight: 7 works on every processor, 8 overflows on x86 without VNNI')
        .choices(['7', '8'])
        .default('7'),
    )
    .option('--samples <n>', 'number of samples to take from the source, evenly spread', count, 256)
    .option('--time <column>', 'column with the time, of a series', 'timestamp')
    .option('--threads <n>', 'threads per inference when the time is measured', count, 1)
    .option('--out <dir>', 'write a new package to this folder (default: add the variant to the package itself)')
    .option('--force', 'replace an existing int8 variant', false)
    .option('--json', 'print the report as one JSON object', false)
    .addHelpText(
      'after',
      '\nExamples:\n  vedette-hub model quantize ./models/yolox-nano-416 --calibrate gate.mp4\n' +
        '  vedette-hub model quantize ./models/spindle --calibrate healthy.csv --method minmax --out ./models/spindle-int8\n' +
        '\nExit code: 0 if the variant is added, 1 if it is not (the report says why), 2 for wrong use.',
    )
    .action((dir: string, flags: Flags) => run(dir, flags, context));
}

async function run(dir: string, flags: Flags, { clock, stdout, stderr, fail }: CommandContext): Promise<void> {
  const found = await stat(dir).catch(() => undefined);
  if (found && !found.isDirectory())
    throw new UsageError(`${dir} is a file; take the archive apart first: mkdir model && tar xzf ${dir} -C model`);
  const pack = await readPackage(dir);
  const place = { pack, force: flags.force, ...(flags.out === undefined ? {} : { out: flags.out }) };
  await requireRoom(place);
  const progress = progressOn(stderr, clock);
  progress('reading samples', 0, 0);
  const read = (source: string) => readSamples(source, pack.manifest, flags.time, flags.samples);
  const { samples, ordered } = await read(flags.calibrate);
  const unseen = flags.unseen === undefined ? undefined : (await read(flags.unseen)).samples;
  const quantized = await quantize({
    pack,
    samples,
    ordered,
    ...(unseen === undefined ? {} : { unseen }),
    method: flags.method,
    part: flags.percentile,
    weightBits: flags.weightBits === '8' ? 8 : 7,
    agreement: flags.agreement,
    size: flags.size,
    threads: flags.threads,
    clock,
    onProgress: progress,
  });
  let report: QuantizeReport = quantizeReport(quantized, {
    model: `${pack.manifest.name} ${pack.manifest.version}`,
    method: flags.method,
    agreement: flags.agreement,
    size: flags.size,
    threads: flags.threads,
  });
  if (report.refused === undefined)
    report = { ...report, added: await addVariant({ ...place, bytes: quantized.bytes, clock }) };
  else fail();
  stdout.write(`${flags.json ? JSON.stringify(report) : describeQuantizeReport(report)}\n`);
}

/** A line at each new step, and one each few seconds of a long one. */
function progressOn(stderr: CommandContext['stderr'], clock: Clock) {
  let step = '';
  let printedAt = 0;
  return (what: string, done: number, total: number): void => {
    const now = clock.mono();
    if (what === step && now - printedAt < EVERY_MS) return;
    step = what;
    printedAt = now;
    stderr.write(total > 1 && done > 0 ? `${what}: ${done} of ${total}\n` : `${what}\n`);
  };
}

const EVERY_MS = 3000;

function fraction(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('must be above 0 and at most 1.');
  return value;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100_000) throw new InvalidArgumentError('must be 1 to 100000.');
  return value;
}
