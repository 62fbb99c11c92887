/** A model that a serving engine runs, by whatever transport: where it is, what may go wrong, and whether it is that of the package. */
import { z } from 'zod';
import type { InputTensor, OutputTensor } from '../../shared/engine/infer/session.ts';
import type { Graph, TensorInfo } from '../../shared/engine/package/graph.ts';
import { type Datatype, datatypeOf } from './tensors.ts';

export interface Served {
  /** Of the model: `…/v2/models/NAME` or `…/v2/models/NAME/versions/VERSION`; http, https, grpc or grpcs. */
  readonly url: string;
  readonly token?: string;
  /** PEM of the authority to trust, for grpcs; absent: those of Node. */
  readonly ca?: string;
}

/** Why there is no answer, and for how long it is no use to ask again. */
export class ServingError extends Error {
  override readonly name = 'ServingError';
  readonly waitS: number;
  /** The engine has too much to do; nothing is wrong. */
  readonly isBusy: boolean;
  constructor(message: string, waitS: number, isBusy = false) {
    super(message);
    this.waitS = waitS;
    this.isBusy = isBusy;
  }
}

export interface ServedLimits {
  readonly metadataMs: number;
  readonly inferMs: number;
  readonly maxBytes: number;
}

/** Together below the time of one picture (runner.ts). */
export const LIMITS: ServedLimits = { metadataMs: 3000, inferMs: 15_000, maxBytes: 64 * 2 ** 20 };
export const WAIT_BUSY_S = 30;
export const WAIT_AWAY_S = 60;
/** People have to do something. */
export const WAIT_WRONG_S = 600;
/** Characters of what an engine says that are passed on. */
export const MOST_WORDS = 500;

export interface ServedOptions {
  readonly graph: Graph;
  /** Names of the outputs to ask for. */
  readonly outputs: readonly string[];
  readonly constants: readonly InputTensor[];
  readonly limits?: Partial<ServedLimits>;
}

export const text = z.string().max(1024);
export const shape = z.array(z.number().int().min(-1)).max(16);
/** Of the metadata of a model. */
export const about = z.looseObject({ name: text, datatype: text, shape });
type About = z.infer<typeof about>;

export interface Fitting {
  /** The one for the picture. */
  readonly input: string;
  readonly types: ReadonlyMap<string, Datatype>;
}

/** @throws ServingError: the served model is not that of the package */
export function fitting(
  url: string,
  { graph, outputs, constants }: ServedOptions,
  model: { readonly inputs: readonly About[]; readonly outputs: readonly About[] },
): Fitting {
  const [input, ...others] = graph.inputs.filter(({ name }) => constants.every((one) => one.name !== name));
  if (!input || others.length > 0)
    throw new ServingError('the package must have one input for the picture', WAIT_WRONG_S);
  const types = new Map<string, Datatype>();
  for (const wanted of graph.inputs) types.set(wanted.name, typeOfInput(url, wanted, model.inputs));
  const extra = model.inputs.find(({ name }) => !types.has(name));
  if (extra)
    throw new ServingError(`${url} wants an input "${extra.name}" that the package does not have`, WAIT_WRONG_S);
  for (const name of outputs)
    if (!model.outputs.some((one) => one.name === name)) {
      const has = model.outputs.map((one) => `"${one.name}"`).join(', ');
      throw new ServingError(`${url} has no output "${name}" of the package; it has ${has}`, WAIT_WRONG_S);
    }
  return { input: input.name, types };
}

function typeOfInput(url: string, wanted: TensorInfo, has: readonly About[]): Datatype {
  const found = has.find(({ name }) => name === wanted.name);
  if (!found) {
    const names = has.map(({ name }) => `"${name}"`).join(', ');
    throw new ServingError(`${url} has no input "${wanted.name}" of the package; it has ${names}`, WAIT_WRONG_S);
  }
  const type = datatypeOf(found.datatype);
  if (!type)
    throw new ServingError(`${url}: input "${wanted.name}" is ${found.datatype}, which is not supported`, WAIT_WRONG_S);
  const fits =
    found.shape.length === wanted.shape.length &&
    found.shape.every((size, axis) => size === -1 || wanted.shape[axis] === undefined || size === wanted.shape[axis]);
  if (!fits) {
    const own = wanted.shape.map((size) => size ?? -1).join(', ');
    const message = `${url}: input "${wanted.name}" has the shape [${found.shape.join(', ')}], that of the package [${own}]`;
    throw new ServingError(message, WAIT_WRONG_S);
  }
  return type;
}

/** An output as it came; undefined values: they could not be read. */
export interface CameOutput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | undefined;
}

/** @throws ServingError: one is missing, or has not the numbers of its shape */
export function outputsOf(url: string, came: readonly CameOutput[], wanted: readonly string[]): OutputTensor[] {
  return wanted.map((name) => {
    const one = came.findLast((output) => output.name === name);
    if (!one) throw wrongAnswer(url, `output "${name}" is missing`);
    const count = one.shape.reduce((product, size) => product * size, 1);
    if (one.values?.length !== count)
      throw wrongAnswer(url, `output "${name}" has not the ${count} numbers of its shape [${one.shape.join(', ')}]`);
    return { name, data: one.values, shape: one.shape };
  });
}

export function wrongAnswer(url: string, what: string): ServingError {
  return new ServingError(`${url} did not answer as the protocol says: ${what}`, WAIT_WRONG_S);
}
