/**
 * A bare ONNX file ⇒ a model package: looks at the graph, guesses, tries the guess on a clip, and writes the folder. What
 * is written has been opened by the engine once; the folder appears by a rename, whole or not at all.
 */
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { imageInput } from '../../shared/contract/model-manifest.ts';
import { nameFrom } from '../../shared/contract/names.ts';
import { type Engine, openEngine } from '../../shared/engine/engine.ts';
import { readGraphWithNotes } from '../../shared/engine/package/graph.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { CodedError, messageOf } from '../../shared/kit/errors.ts';
import { type Facts, factsOf } from './guess/facts.ts';
import { type Guess, guessManifest, inputOf, type Overrides } from './guess/guess.ts';
import { type GivenLabels, labelSets } from './guess/labels.ts';
import { type FieldReason, manifestText, reasonsOf } from './manifest-text.ts';
import { needsProbe, probeOutputs } from './probe.ts';
import { type Trial, tryWays } from './trial/trial.ts';
import { NOTHING } from './trial/ways.ts';

export interface InitOptions {
  /** The ONNX file. */
  readonly file: string;
  /** Folder to write; it must not exist. */
  readonly out: string;
  /** A clip or a folder of pictures to try the model on. */
  readonly clip?: string;
  readonly overrides: Omit<Overrides, 'name' | 'labels'> & { readonly name?: string; readonly labels?: string };
  readonly threads: number;
  readonly clock: Clock;
}

export interface Initialised {
  readonly dir: string;
  readonly name: string;
  readonly reasons: readonly FieldReason[];
  /** With a clip, for models whose answers show what they like. */
  readonly trial: Trial | undefined;
}

/** The picture of the trial, in the package's folder; `pack` leaves it out. */
export const SHEET = 'trial.jpg';
const MAX_LABELS_BYTES = 1024 * 1024;

/** @throws CodedError `model-invalid`, `model-failed`, or of the clip; nothing is left behind then */
export async function initPackage(options: InitOptions): Promise<Initialised> {
  const { file, clip, clock, threads } = options;
  const out = path.resolve(options.out);
  if (await exists(out))
    throw new CodedError('model-invalid', `${out} is there already; give another folder with --out, or remove it`);
  const bytes = await readModel(file);
  const overrides = await overridesOf(options);
  const facts = await withProbedSizes(bytes, factsOf(readGraphWithNotes(bytes, file)), overrides, threads);
  const named = <T>(guess: () => T): T => {
    try {
      return guess();
    } catch (error) {
      if (error instanceof CodedError) throw new CodedError(error.code, `${file}: ${error.message}`);
      throw error;
    }
  };
  let guess = named(() => guessManifest(facts, overrides));
  const making = makingOf(out);
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  try {
    await copyFile(file, path.join(making, `${guess.precision}.onnx`));
    await writeFile(path.join(making, 'labels.txt'), `${guess.labels.value.join('\n')}\n`);
    await writeFile(path.join(making, 'model.yaml'), manifestText(guess));
    const trial = await opened(making, file, threads, clock, async (engine) =>
      clip === undefined || guess.task === 'embed'
        ? undefined
        : tryWays(clip, engine, facts.image?.type !== undefined && !/^float/.test(facts.image.type)),
    );
    if (trial) {
      guess = withTrial(guess, trial);
      await writeFile(path.join(making, 'model.yaml'), manifestText(guess));
      await writeFile(path.join(making, SHEET), trial.sheet);
    }
    await rename(making, out);
    return { dir: out, name: `${guess.name} ${guess.version}`, reasons: reasonsOf(guess), trial };
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

/** Where a package is made before it appears. */
export function makingOf(out: string): string {
  return `${path.resolve(out)}.making`;
}

/** With what the clip showed; a model that finds things there has the right head as well. */
function withTrial(guess: Guess, { verdict, frames }: Trial): Guess {
  if (!verdict) return guess;
  const { pixels } = guess.input;
  const { best, next, clear } = verdict;
  const tried = `tried on ${frames} pictures of the clip`;
  if (best.conviction < NOTHING) {
    const why = `${pixels.why}; ${tried}: it finds nothing, fed any way; try a clip that shows what it knows`;
    return { ...guess, input: { ...guess.input, pixels: { ...pixels, why } } };
  }
  const share = next
    ? `; next is ${next.way.name} with ${Math.round((100 * next.conviction) / best.conviction)} % of that`
    : '';
  const why = `${tried}: it finds most when fed ${best.way.name}${share} (${SHEET} shows each way)`;
  return {
    ...guess,
    input: {
      ...guess.input,
      pixels: { value: { ...pixels.value, ...best.way.pixels }, sure: clear || pixels.sure, why },
    },
    head: { ...guess.head, sure: guess.head.sure || clear },
  };
}

/** Free sizes are looked up by a run, fed as the guess would feed it. */
async function withProbedSizes(bytes: Uint8Array, facts: Facts, overrides: Overrides, threads: number): Promise<Facts> {
  if (!facts.image || !needsProbe(facts.outputs)) return facts;
  const input = imageInput.parse(inputOf(facts, overrides));
  return { ...facts, outputs: await probeOutputs(bytes, facts, input, threads) };
}

async function opened<T>(
  dir: string,
  file: string,
  threads: number,
  clock: Clock,
  use: (engine: Engine) => Promise<T>,
): Promise<T> {
  let engine: Engine | undefined;
  try {
    engine = await openEngine({ dir, variant: 'auto', threads }, clock);
    return await use(engine);
  } catch (error) {
    // People know the file, not our folder.
    if (error instanceof CodedError) throw new CodedError(error.code, error.message.replaceAll(dir, file));
    throw error;
  } finally {
    await engine?.close();
  }
}

async function overridesOf({ file, overrides }: InitOptions): Promise<Overrides> {
  const { labels, name, ...rest } = overrides;
  const given = labels === undefined ? undefined : await givenLabels(labels);
  return { ...rest, name: name ?? nameFrom(file), ...(given ? { labels: given } : {}) };
}

/** A set that is known by name, or a file with one label per line. */
async function givenLabels(text: string): Promise<GivenLabels> {
  const known = Object.hasOwn(labelSets, text) ? labelSets[text] : undefined;
  if (known) return { labels: known, from: `--labels ${text}` };
  const refuse = (why: string) =>
    new CodedError(
      'model-invalid',
      `--labels ${text}: ${why}; give a file, or one of ${Object.keys(labelSets).join(', ')}`,
    );
  const found = await stat(text).catch((error: unknown) => {
    throw refuse(messageOf(error));
  });
  if (!found.isFile() || found.size > MAX_LABELS_BYTES) throw refuse('is no file of labels');
  const labels = (await readFile(text, 'utf8')).split(/\r?\n/).map((line) => line.trim());
  while (labels.at(-1) === '') labels.pop();
  if (labels.length === 0 || labels.includes('')) throw refuse(`line ${labels.indexOf('') + 1 || 1} is empty`);
  return { labels, from: `--labels ${text}` };
}

async function readModel(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new CodedError('model-invalid', `${file}: cannot be read: ${messageOf(error)}`);
  }
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
