/**
 * A model that a serving engine runs (Triton, OpenVINO Model Server, KServe): the Open Inference Protocol, version 2, over HTTP
 * (https://github.com/kserve/open-inference-protocol). Tensors go as bytes where the engine has the extension `binary_tensor_data`.
 *
 * What it answers is checked as what a stranger sends: bounded in time and bytes, names, types and shapes as they were asked for.
 */
import { z } from 'zod';
import type { InputTensor, OutputTensor, Session } from '../../shared/engine/infer/session.ts';
import type { Graph, TensorInfo } from '../../shared/engine/package/graph.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import { type Datatype, datatypeOf, decodeTensor, encodeTensor, floatsFrom } from './tensors.ts';

export interface Served {
  /** Of the model: `…/v2/models/NAME` or `…/v2/models/NAME/versions/VERSION`. */
  readonly url: string;
  readonly token?: string;
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
const LIMITS: ServedLimits = { metadataMs: 3000, inferMs: 15_000, maxBytes: 64 * 2 ** 20 };
const WAIT_BUSY_S = 30;
const WAIT_AWAY_S = 60;
/** People have to do something. */
const WAIT_WRONG_S = 600;
const MOST_WORDS = 500;
const BINARY = 'binary_tensor_data';
const LENGTH_HEADER = 'inference-header-content-length';

const text = z.string().max(1024);
const shape = z.array(z.number().int().min(-1)).max(16);
const about = z.looseObject({ name: text, datatype: text, shape });
const metadata = z.looseObject({ name: text, inputs: z.array(about).max(256), outputs: z.array(about).max(256) });
const server = z.looseObject({ extensions: z.array(text).max(256).optional() });
const answered = z.looseObject({
  outputs: z
    .array(
      z.looseObject({
        ...{ name: text, datatype: text, shape },
        data: z.array(z.unknown()).optional(),
        parameters: z.looseObject({ binary_data_size: z.number().int().nonnegative().optional() }).optional(),
      }),
    )
    .max(256),
});

export interface ServedOptions {
  readonly graph: Graph;
  /** Names of the outputs to ask for. */
  readonly outputs: readonly string[];
  readonly constants: readonly InputTensor[];
  readonly limits?: Partial<ServedLimits>;
}

/** @throws ServingError: it is not there, or its model is not that of the package */
export async function openServed({ url, token }: Served, options: ServedOptions): Promise<Session> {
  const limits = { ...LIMITS, ...options.limits };
  const ask = async (address: string, init: RequestInit, ms: number) => {
    const headers = { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...init.headers };
    try {
      // Pictures and token go nowhere else.
      const answer = await fetch(address, { ...init, headers, redirect: 'error', signal: AbortSignal.timeout(ms) });
      return { answer, body: await bodyOf(answer, limits.maxBytes) };
    } catch (error) {
      if (error instanceof ServingError) throw error;
      throw new ServingError(`${url} does not answer: ${causeOf(error, ms)}`, WAIT_AWAY_S);
    }
  };
  const get = async <T extends z.ZodType>(address: string, schema: T): Promise<z.infer<T>> => {
    const { answer, body } = await ask(address, {}, limits.metadataMs);
    if (!answer.ok) throw refusal(url, answer, body);
    return parsed(url, schema, body);
  };

  const root = url.slice(0, url.lastIndexOf('/v2/models/') + '/v2'.length);
  const [model, { extensions = [] }] = await Promise.all([
    get(url, metadata),
    // An engine that does not tell about itself still infers.
    get(root, server).catch((): z.infer<typeof server> => ({})),
  ]);
  const isBinary = extensions.includes(BINARY);
  const [input, ...others] = options.graph.inputs.filter(({ name }) =>
    options.constants.every((one) => one.name !== name),
  );
  if (!input || others.length > 0)
    throw new ServingError('the package must have one input for the picture', WAIT_WRONG_S);
  const types = new Map<string, Datatype>();
  for (const wanted of options.graph.inputs) types.set(wanted.name, typeOfInput(url, wanted, model.inputs));
  const extra = model.inputs.find(({ name }) => !types.has(name));
  if (extra)
    throw new ServingError(`${url} wants an input "${extra.name}" that the package does not have`, WAIT_WRONG_S);
  for (const name of options.outputs)
    if (!model.outputs.some((one) => one.name === name)) {
      const has = model.outputs.map((one) => `"${one.name}"`).join(', ');
      throw new ServingError(`${url} has no output "${name}" of the package; it has ${has}`, WAIT_WRONG_S);
    }

  const feed = async (inputs: readonly InputTensor[]): Promise<readonly OutputTensor[]> => {
    const { body, headers } = requestOf(inputs, types, options.outputs, isBinary);
    const { answer, body: came } = await ask(`${url}/infer`, { method: 'POST', body, headers }, limits.inferMs);
    if (!answer.ok) throw refusal(url, answer, came);
    return outputsOf(url, came, answer.headers.get(LENGTH_HEADER), options.outputs);
  };
  return {
    provider: 'cpu',
    note: `runs at ${url}`,
    run: (data, of) => feed([{ name: input.name, data, shape: of }, ...options.constants]),
    feed,
    close: () => Promise.resolve(),
  };
}

function typeOfInput(url: string, wanted: TensorInfo, has: readonly z.infer<typeof about>[]): Datatype {
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

function requestOf(
  inputs: readonly InputTensor[],
  types: ReadonlyMap<string, Datatype>,
  outputs: readonly string[],
  isBinary: boolean,
): { body: Uint8Array<ArrayBuffer>; headers: Record<string, string> } {
  const tensors = inputs.map(({ name, data, shape: of }) => {
    const datatype = types.get(name) ?? 'FP32';
    return { about: { name, shape: of, datatype }, data, bytes: encodeTensor(datatype, data) };
  });
  const said = JSON.stringify({
    inputs: tensors.map(({ about: one, data, bytes }) =>
      isBinary
        ? { ...one, parameters: { binary_data_size: bytes.length } }
        : { ...one, data: Array.from(data, Number) },
    ),
    outputs: outputs.map((name) => ({ name, ...(isBinary ? { parameters: { binary_data: true } } : {}) })),
  });
  if (!isBinary) return { body: new Uint8Array(Buffer.from(said)), headers: { 'content-type': 'application/json' } };
  const header = Buffer.from(said);
  return {
    body: new Uint8Array(Buffer.concat([header, ...tensors.map(({ bytes }) => bytes)])),
    headers: { 'content-type': 'application/octet-stream', [LENGTH_HEADER]: String(header.length) },
  };
}

function outputsOf(url: string, body: Buffer, length: string | null, wanted: readonly string[]): OutputTensor[] {
  const wrong = (what: string) => new ServingError(`${url} did not answer as the protocol says: ${what}`, WAIT_WRONG_S);
  const end = length === null ? body.length : Number(length);
  if (!Number.isInteger(end) || end < 0 || end > body.length) throw wrong(`${LENGTH_HEADER} is "${length}"`);
  const { outputs } = parsed(url, answered, body.subarray(0, end));
  let at = end;
  const found = new Map<string, OutputTensor>();
  for (const { name, datatype, shape: of, data, parameters } of outputs) {
    const type = datatypeOf(datatype);
    if (!type) throw wrong(`output "${name}" is ${datatype}, which is not supported`);
    const size = parameters?.binary_data_size;
    let values: Float32Array | undefined;
    if (size !== undefined) {
      if (at + size > body.length) throw wrong(`output "${name}" is cut off`);
      values = decodeTensor(type, body.subarray(at, at + size));
      at += size;
    } else values = floatsFrom(data);
    const count = of.reduce((product, one) => product * one, 1);
    if (values?.length !== count)
      throw wrong(`output "${name}" has not the ${count} numbers of its shape [${of.join(', ')}]`);
    found.set(name, { name, data: values, shape: of });
  }
  return wanted.map((name) => {
    const one = found.get(name);
    if (!one) throw wrong(`output "${name}" is missing`);
    return one;
  });
}

function refusal(url: string, answer: Response, body: Buffer): ServingError {
  const { status } = answer;
  const words = z.looseObject({ error: z.string() }).safeParse(jsonOf(body)).data?.error.slice(0, MOST_WORDS);
  const said = words === undefined ? answer.statusText : words;
  if (status === 429 || status === 503) {
    const asked = Number(answer.headers.get('retry-after') ?? Number.NaN);
    const waitS = asked >= 1 && asked <= WAIT_WRONG_S ? Math.ceil(asked) : WAIT_BUSY_S;
    return new ServingError(`${url} has no room (${status}): ${said}`, waitS, true);
  }
  const message = `${url} refuses (${status}): ${said}`;
  if (status === 401 || status === 403)
    return new ServingError(`${message}; look at --second-opinion-token-file`, WAIT_WRONG_S);
  return new ServingError(message, status >= 500 ? WAIT_AWAY_S : WAIT_WRONG_S);
}

function parsed<T extends z.ZodType>(url: string, schema: T, body: Buffer): z.infer<T> {
  const found = schema.safeParse(jsonOf(body));
  if (found.success) return found.data;
  const issue = found.error.issues[0];
  const where = issue ? `${issue.path.join('.') || 'the answer'}: ${issue.message}` : 'no JSON';
  throw new ServingError(`${url} did not answer as the protocol says: ${where}`, WAIT_WRONG_S);
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

async function bodyOf(answer: Response, most: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body ?? []) {
    bytes += part.length;
    if (bytes > most) throw new ServingError(`${answer.url} answers with more than ${most} bytes`, WAIT_WRONG_S);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function causeOf(error: unknown, ms: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `it took longer than ${ms / 1000} s`;
  return error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error);
}
