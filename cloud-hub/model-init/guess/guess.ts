/** From a graph's shapes and its metadata to a manifest, with a reason for each field. Pure: nothing is run or read here. */
import type { HeadConfig, ImageInput, ModelManifest } from '../../../shared/contract/model-manifest.ts';
import { headKinds } from '../../../shared/engine/heads/registry.ts';
import { CodedError } from '../../../shared/kit/errors.ts';
import { constantInputs } from './constants.ts';
import { describeTensor, type Facts, type ImagePort } from './facts.ts';
import { BYTES, type Pixels, type Recognised, SIGNED, type Sight, UNIT } from './families/family.ts';
import { families } from './families/registry.ts';
import { chooseLabels, type GivenLabels } from './labels.ts';
import type { Reasoned } from './reason.ts';

/** What the model's owner says; it overrules what is guessed. */
export interface Overrides {
  readonly name: string;
  readonly version?: string;
  readonly license?: string;
  readonly labels?: GivenLabels;
  /** A kind of head. */
  readonly head?: string;
  readonly size?: { readonly width: number; readonly height: number };
}

export interface Guess {
  readonly name: string;
  readonly version: string;
  readonly task: Recognised['task'];
  readonly license: Reasoned<string>;
  readonly input: {
    readonly size: Reasoned<{ readonly width: number; readonly height: number }>;
    readonly layout: ImageInput['layout'];
    readonly pixels: Reasoned<Pixels>;
    /** Further inputs, which are the same for every picture. */
    readonly constants?: Reasoned<Record<string, number[]>>;
  };
  readonly head: Reasoned<HeadConfig>;
  readonly labels: Reasoned<readonly string[]>;
  readonly threshold: number;
  readonly iou: number | undefined;
  readonly precision: Facts['precision'];
}

/** The side of most exports; taken where nothing says another. */
const USUAL_SIDE = 640;

/** @throws CodedError `model-invalid` for a model of another kind than pictures, or outputs that no family has */
export function guessManifest(facts: Facts, overrides: Overrides): Guess {
  const { image, hints } = facts;
  if (!image) throw new CodedError('model-invalid', takesNoPicture(facts));
  const size = sizeOf(image, overrides, hints.size);
  const constants = constantInputs(facts, size.value);
  const sight: Sight = {
    ...size.value,
    facts,
    outputs: facts.outputs,
    labels: overrides.labels?.labels.length ?? hints.labels?.length,
  };
  const { found, others } = recognise(sight, overrides.head);
  return {
    name: overrides.name,
    version: overrides.version ?? '1.0.0',
    task: found.task,
    license: licenseOf(overrides, hints.license),
    input: {
      size,
      layout: image.layout,
      pixels: pixelsOf(found, facts, image),
      ...(constants
        ? { constants: { value: constants, sure: true, why: 'by their names; boxes come in pixels of the input' } }
        : {}),
    },
    head: {
      value: found.head,
      sure: found.sure || overrides.head !== undefined,
      why:
        found.why +
        (others.length > 0 && !found.sure ? `; it may also be ${others.join(' or ')}, which --head can say` : ''),
    },
    labels: chooseLabels({
      given: overrides.labels,
      metadata: hints.labels,
      family: found.named,
      usual: found.usual,
      count: found.labels,
    }),
    threshold: found.threshold,
    iou: found.iou,
    precision: facts.precision,
  };
}

/** The manifest of a guess, as a package keeps it; labels are in a file of their own. */
export function manifestOf(
  guess: Guess,
): Omit<ModelManifest, 'iou' | 'golden' | 'input'> & { input: object; iou?: number } {
  const { input, iou } = guess;
  return {
    name: guess.name,
    version: guess.version,
    task: guess.task,
    license: guess.license.value,
    input: {
      ...input.size.value,
      layout: input.layout,
      ...input.pixels.value,
      ...(input.constants ? { constants: input.constants.value } : {}),
    },
    head: guess.head.value,
    labels: 'labels.txt',
    threshold: guess.threshold,
    ...(iou === undefined ? {} : { iou }),
    variants: [{ file: `${guess.precision}.onnx`, precision: guess.precision }],
  };
}

/** How a graph of pictures can be fed, before it is known what it is: enough for its shapes. */
export function inputOf(facts: Facts, overrides: Overrides): object | undefined {
  const { image, hints } = facts;
  if (!image) return undefined;
  const { layout, channels } = image;
  const size = sizeOf(image, overrides, hints.size).value;
  const constants = constantInputs(facts, size);
  return { ...size, layout, ...(channels === 1 ? { color: 'gray' } : {}), ...(constants ? { constants } : {}) };
}

function recognise(sight: Sight, head: string | undefined) {
  const all = families.flatMap((family) => {
    const made = family.recognise(sight);
    return made ? [{ name: family.name, made }] : [];
  });
  const [first, ...rest] = head === undefined ? all : all.filter(({ made }) => made.head.kind === head);
  if (first) {
    const alike = rest
      .filter(({ made }) => made.head.kind !== 'raw')
      .map(({ name, made }) => `${name} (${made.head.kind})`);
    return { found: first.made, others: alike };
  }
  throw new CodedError('model-invalid', head === undefined ? noFamily(sight) : notThatHead(sight, head, all));
}

function noFamily({ outputs }: Sight): string {
  return (
    `no family of models known here has these outputs: ${outputs.map(describeTensor).join(', ')}. Known are: ` +
    `${families.map((f) => f.name).join('; ')}. Was it exported with other outputs, or is it a part of a model? ` +
    'Export it again as its authors describe, or write model.yaml by hand (fixtures/config/head-*.good.yaml)'
  );
}

function notThatHead({ outputs }: Sight, head: string, all: readonly { made: Recognised }[]): string {
  if (!headKinds.includes(head)) return `--head says "${head}"; known are: ${headKinds.join(', ')}`;
  const fits = [...new Set(all.map(({ made }) => made.head.kind))];
  return (
    `--head says ${head}, which has not these outputs: ${outputs.map(describeTensor).join(', ')}` +
    (fits.length > 0 ? `; they fit ${fits.join(', ')}` : '')
  );
}

function takesNoPicture({ inputs }: Facts): string {
  return (
    `takes no picture: its inputs are ${inputs.map(describeTensor).join(', ') || 'none'}. For a model of a sensor or of sound ` +
    'write model.yaml by hand (fixtures/config/head-autoencoder.good.yaml, head-vad.good.yaml); ' +
    '`vedette-agent train anomaly` makes a package out of a series'
  );
}

function sizeOf(image: ImagePort, overrides: Overrides, exported: Overrides['size']): Guess['input']['size'] {
  const { width, height } = image;
  if (width !== undefined && height !== undefined)
    return { value: { width, height }, sure: true, why: `the graph says so in "${image.name}"` };
  const whole = (size: { width: number; height: number }) => ({
    width: width ?? size.width,
    height: height ?? size.height,
  });
  if (overrides.size) return { value: whole(overrides.size), sure: true, why: '--size' };
  if (exported) return { value: whole(exported), sure: true, why: 'in the metadata of the file (imgsz)' };
  return {
    value: whole({ width: USUAL_SIDE, height: USUAL_SIDE }),
    sure: false,
    why: 'the graph leaves it free; most models were trained at 640; give --size WxH',
  };
}

function licenseOf({ license }: Overrides, exported: string | undefined): Reasoned<string> {
  if (license !== undefined) return { value: license, sure: true, why: '--license' };
  if (exported !== undefined) return { value: exported, sure: true, why: 'in the metadata of the file' };
  return { value: 'unknown', sure: false, why: 'the file does not say; give --license' };
}

const ranges = { '0-255': BYTES, '0-1': UNIT, '-1-1': SIGNED } as const;

function pixelsOf(found: Recognised, { hints }: Facts, image: ImagePort): Reasoned<Pixels> {
  const { color, range, ultralytics } = hints;
  const like = { ...found.pixels };
  if (color !== undefined) like.color = color;
  if (range !== undefined) Object.assign(like, { mean: [...ranges[range].mean], std: [...ranges[range].std] });
  const bytes = image.type === 'uint8' || image.type === 'int8' || image.type === 'int32' || image.type === 'int64';
  if (bytes) Object.assign(like, BYTES);
  if (image.channels === 1)
    Object.assign(like, { color: 'gray', mean: like.mean.slice(0, 1), std: like.std.slice(0, 1) });
  const stated = color !== undefined && (range !== undefined || bytes);
  return {
    value: like,
    sure: ultralytics || stated,
    why: stated ? 'in the metadata of the file' : `as ${found.fedLike} feeds it`,
  };
}
