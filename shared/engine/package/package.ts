/** Reading a model package (ARCHITECTURE 3.1): a folder with `model.yaml`, labels and one ONNX file per variant. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  type ImageInput,
  isImageInput,
  learnedFile,
  type ModelManifest,
  modelManifest,
  type Variant,
} from '../../contract/model-manifest.ts';
import { digestOf } from '../../kit/digest.ts';
import { CodedError, messageOf } from '../../kit/errors.ts';
import { complaintsOf, describeComplaints } from '../../kit/schema.ts';
import { readYamlText } from '../../kit/yaml.ts';
import { type Contradiction, describeContradictions, inputContradictions } from './check.ts';
import { constantContradictions } from './constants.ts';
import { type Graph, readGraph } from './graph.ts';
import { windowContradictions } from './windows.ts';

export interface LoadedVariant {
  readonly variant: Variant;
  readonly bytes: Uint8Array;
  /** `sha256:HEX` of the file. */
  readonly digest: string;
  readonly graph: Graph;
}

export interface ModelPackage {
  readonly dir: string;
  readonly manifest: ModelManifest;
  readonly labels: readonly string[];
}

/** The parser's time grows with the square of the keys. */
const MAX_MANIFEST_BYTES = 64 * 1024;
const MAX_LABELS_BYTES = 1024 * 1024;
/** Some 200 kB per channel. */
const MAX_LEARNED_BYTES = 32 * 1024 * 1024;
const MAX_MODEL_BYTES = 2 ** 31 - 1;

/**
 * Reads and checks the manifest and the labels.
 * @throws CodedError `model-invalid` with the file, the field, what was found and what is allowed
 */
export async function readPackage(dir: string): Promise<ModelPackage> {
  const file = path.join(dir, 'model.yaml');
  if (dir.toLowerCase().endsWith('.onnx')) {
    const what = `${dir}: is an ONNX file, and a package is needed, which has its labels and its way to feed pictures`;
    throw new CodedError('model-invalid', `${what}; make one: vedette-hub model init ${dir}`);
  }
  const text = (await readBounded(file, MAX_MANIFEST_BYTES)).toString('utf8');
  let raw: unknown;
  try {
    raw = readYamlText(text);
  } catch (error) {
    throw new CodedError('model-invalid', `${file}: ${messageOf(error)}`);
  }
  const parsed = modelManifest.safeParse(raw);
  if (!parsed.success) {
    throw new CodedError('model-invalid', `${file}: ${describeComplaints(complaintsOf(parsed.error, raw))}`);
  }
  return { dir, manifest: parsed.data, labels: await readLabels(dir, parsed.data) };
}

/**
 * Reads one variant and compares its graph with the manifest.
 * @throws CodedError `model-invalid`: no such file, damaged, or a contradiction with field, manifest and graph
 */
export async function loadVariant(pack: ModelPackage, variant: Variant): Promise<LoadedVariant> {
  const file = path.join(pack.dir, variant.file);
  const bytes = await readBounded(file, MAX_MODEL_BYTES);
  const graph = readGraph(bytes, file);
  const { input } = pack.manifest;
  const wrong = isImageInput(input) ? pictureContradictions(input, graph) : windowContradictions(input, graph);
  if (wrong.length > 0) throw new CodedError('model-invalid', `${pack.dir}: ${describeContradictions(wrong)}`);
  return { variant, bytes, digest: digestOf(bytes), graph };
}

/** A constant that does not fit explains what comes of it. */
function pictureContradictions(input: ImageInput, graph: Graph): Contradiction[] {
  const wrong = constantContradictions(input, graph);
  return wrong.length > 0 ? wrong : inputContradictions(input, graph);
}

/**
 * The variant to run: the first of the wanted precision, or the reference (the first) for `auto`.
 * @throws CodedError `model-invalid` naming the precisions that there are
 */
export function chooseVariant(manifest: ModelManifest, wanted: string): Variant {
  const found = wanted === 'auto' ? manifest.variants[0] : manifest.variants.find((v) => v.precision === wanted);
  if (found) return found;
  const known = manifest.variants.map((v) => v.precision).join(', ');
  throw new CodedError('model-invalid', `${manifest.name} has no variant "${wanted}"; it has: ${known}`);
}

async function readLabels(dir: string, manifest: ModelManifest): Promise<readonly string[]> {
  if (Array.isArray(manifest.labels)) return manifest.labels;
  const text = (await readBounded(path.join(dir, manifest.labels), MAX_LABELS_BYTES)).toString('utf8');
  const labels = text.split(/\r?\n/).map((line) => line.trim());
  while (labels.at(-1) === '') labels.pop();
  const blank = labels.indexOf('');
  if (labels.length === 0 || blank >= 0) {
    throw new CodedError(
      'model-invalid',
      `${path.join(dir, manifest.labels)}: line ${blank + 1 || 1} is empty; write one label per line`,
    );
  }
  return labels;
}

/** What the file of the package says that `head.learned` names; undefined where it names none. */
export async function readLearned({ dir, manifest }: ModelPackage): Promise<unknown> {
  const named = learnedFile(manifest);
  if (named === undefined) return undefined;
  const file = path.join(dir, named);
  try {
    return JSON.parse((await readBounded(file, MAX_LEARNED_BYTES)).toString('utf8'));
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw new CodedError('model-invalid', `${file}: not JSON: ${messageOf(error)}`);
  }
}

async function readBounded(file: string, maxBytes: number): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size > maxBytes)
      throw new CodedError('model-invalid', `${file}: ${size} bytes; at most ${maxBytes} are allowed`);
    return await readFile(file);
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw new CodedError('model-invalid', `${file}: cannot be read: ${messageOf(error)}`);
  }
}
