/** `vedette-hub model init`: a package out of a bare ONNX file. */
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { headKinds } from '../../../shared/engine/heads/registry.ts';
import { initApart, type MadePackage } from '../../model-init/apart.ts';
import { labelSets } from '../../model-init/guess/labels.ts';
import { SHEET } from '../../model-init/init.ts';
import type { CommandContext } from '../context.ts';

interface Flags {
  readonly clip?: string;
  readonly out?: string;
  readonly name?: string;
  readonly as?: string;
  readonly license?: string;
  readonly labels?: string;
  readonly head?: string;
  readonly size?: { readonly width: number; readonly height: number };
  readonly json: boolean;
}

export function addInit(model: Command, context: CommandContext): void {
  model
    .command('init <file>')
    .description(
      'make a model package out of an ONNX file: the head, the input and the labels are read from its shapes and its metadata, ' +
        'with a clip also the order of colours and the scaling. model.yaml has the reason for each field; a guess that you ' +
        'should look at has CHECK in front of it.',
    )
    .option(
      '--clip <source>',
      `a clip or a folder of pictures to try the model on; ${SHEET} in the package shows the result`,
    )
    .option(
      '-o, --out <dir>',
      'folder to write; it must not exist yet (default: the name of the file, in the current folder)',
    )
    .option('--labels <labels>', `a file with one label per line, or ${Object.keys(labelSets).join(', ')}`)
    .option('--size <WxH>', 'size of the input, where the graph leaves it free', size)
    .addOption(new Option('--head <kind>', 'head, where the shapes fit several').choices(headKinds))
    .option('--name <name>', 'name of the model (default: the name of the file)')
    .option('--as <version>', 'version of the model', '1.0.0')
    .option('--license <text>', 'licence of the model (default: what the file says)')
    .option('--json', 'print one JSON object instead of lines', false)
    .addHelpText(
      'after',
      '\nExample:\n  vedette-hub model init yolo11n.onnx --clip yard.mp4 -o models/yolo11n\n' +
        '\nExit code: 0 if the package is written, 1 if the file is refused or no family of models fits (stderr says why), 2 for wrong use.',
    )
    .action(async (file: string, { as: version, out, clip, json, ...overrides }: Flags) => {
      const order = {
        file,
        out: out ?? path.basename(file).replace(/\.onnx$/i, ''),
        ...(clip === undefined ? {} : { clip }),
        overrides: { ...overrides, ...(version === undefined ? {} : { version }) },
        threads: context.cpus,
      };
      const made = await initApart(order, { clock: context.clock });
      context.stdout.write(json ? `${JSON.stringify(factsOf(made))}\n` : `${linesOf(made, clip)}\n`);
    });
}

function factsOf({ dir, name, reasons, tried }: MadePackage) {
  return { dir, name, fields: reasons, ...(tried ? { tried } : {}) };
}

function linesOf({ dir, name, reasons, tried }: MadePackage, clip: string | undefined): string {
  const shown = path.relative('.', dir) || '.';
  const unsure = reasons.filter(({ sure }) => !sure);
  return [
    `${name}: written to ${shown}`,
    '',
    ...reasons.map(
      ({ field, value, sure, why }) => `${sure ? '  ' : '? '}${field.padEnd(12)}${value}\n  ${' '.repeat(12)}(${why})`,
    ),
    '',
    ...(unsure.length > 0
      ? [
          `Look at the ${unsure.length} lines with "?" above: they are guesses, marked CHECK in ${path.join(shown, 'model.yaml')}.`,
        ]
      : []),
    ...(tried ? [`What it finds in the clip, fed each way: ${path.join(shown, SHEET)}`] : []),
    'Try it:',
    `  vedette-agent infer --model ${shown} --source ${clip ?? 'clip.mp4'} --out results.jsonl`,
  ].join('\n');
}

const MAX_SIDE = 8192;

function size(text: string): Flags['size'] {
  const [, width = 0, height = 0] = (/^(\d+)x(\d+)$/.exec(text) ?? []).map(Number);
  const fits = (side: number) => side >= 1 && side <= MAX_SIDE;
  if (fits(width) && fits(height)) return { width, height };
  throw new InvalidArgumentError(`must be WIDTHxHEIGHT in pixels, as 640x480, each at most ${MAX_SIDE}.`);
}
