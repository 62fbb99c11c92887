/** `vedette-hub model inspect`: what is in a package, without running it. */
import type { Command } from 'commander';
import { frameCount } from '../../../shared/contract/log-mel.ts';
import {
  type AudioInput,
  isImageInput,
  isWindowInput,
  type ModelInput,
} from '../../../shared/contract/model-manifest.ts';
import { shapeText } from '../../../shared/engine/package/check.ts';
import { packageFiles } from '../../../shared/engine/package/files.ts';
import type { TensorInfo } from '../../../shared/engine/package/graph.ts';
import {
  type LoadedVariant,
  loadVariant,
  type ModelPackage,
  readPackage,
} from '../../../shared/engine/package/package.ts';
import type { CommandContext } from '../context.ts';
import { withPackage } from './open.ts';

export function addInspect(model: Command, { stdout }: CommandContext): void {
  model
    .command('inspect <package>')
    .description('show what is in a model package (a folder or .tar.gz), without running it')
    .option('--json', 'one JSON object instead of lines', false)
    .addHelpText('after', '\nExit code: 0 if the package is valid, 1 if it is refused (the reason is on stderr).')
    .action((given: string, { json }: { json: boolean }) =>
      withPackage(given, async (dir) => {
        const pack = await readPackage(dir);
        const loaded: LoadedVariant[] = [];
        for (const variant of pack.manifest.variants) loaded.push(await loadVariant(pack, variant));
        const files = await packageFiles(dir, pack.manifest);
        stdout.write(json ? `${JSON.stringify(factsOf(pack, loaded, files))}\n` : `${linesOf(pack, loaded, files)}\n`);
      }),
    );
}

function factsOf({ manifest, labels }: ModelPackage, loaded: readonly LoadedVariant[], files: readonly string[]) {
  const variants = loaded.map(({ variant, bytes, digest, graph }) => ({
    ...variant,
    bytes: bytes.length,
    digest,
    ...graph,
  }));
  return { ...manifest, labels, variants, files };
}

function linesOf(
  { manifest, labels }: ModelPackage,
  loaded: readonly LoadedVariant[],
  files: readonly string[],
): string {
  const some = labels.slice(0, 5).join(', ');
  const rows = [
    ['model', `${manifest.name} ${manifest.version}`],
    ['task', `${manifest.task}, head ${manifest.head.kind}, threshold ${manifest.threshold}`],
    ['license', manifest.license],
    ['input', inputText(manifest.input)],
    ['labels', `${labels.length}: ${some}${labels.length > 5 ? ', …' : ''}`],
    ['golden', manifest.golden.length === 0 ? 'none' : manifest.golden.map((g) => g.input).join(', ')],
    ['files', files.join(', ')],
    ...loaded.flatMap(({ variant, bytes, digest, graph }) => [
      ['variant', `${variant.precision}, ${variant.file}, ${(bytes.length / 1e6).toFixed(2)} MB, ${digest}`],
      ['  takes', graph.inputs.map(tensorText).join(', ')],
      ['  gives', graph.outputs.map(tensorText).join(', ')],
    ]),
  ];
  return rows.map(([key = '', value = '']) => `${key.padEnd(9)}${value}`).join('\n');
}

function tensorText(tensor: TensorInfo): string {
  return `${tensor.name} ${tensor.type} ${shapeText(tensor)}`;
}

function inputText(input: ModelInput): string {
  if (isImageInput(input)) return `${input.width}x${input.height} ${input.color}, ${input.layout}, ${input.resize}`;
  if (!isWindowInput(input)) return soundText(input);
  return `windows of ${input.window} samples of ${input.channels.join(', ')}, ${input.rateHz} Hz, ${input.layout}`;
}

function soundText({ window, sampleRate, step = window, logMel }: AudioInput): string {
  const windows = `sound, ${window} samples at ${sampleRate} Hz${step === window ? '' : `, a window each ${step}`}`;
  if (!logMel) return windows;
  const { bands, minHz, maxHz = sampleRate / 2, layout } = logMel;
  return `${windows}, ${frameCount(logMel, window)} frames of ${bands} mel bands from ${minHz} to ${maxHz} Hz, ${layout}`;
}
