/**
 * A model that a serving engine runs (Triton, OpenVINO Model Server, KServe): the Open Inference Protocol, version 2, over HTTP
 * (https://github.com/kserve/open-inference-protocol). Tensors go as bytes where the engine has the extension `binary_tensor_data`.
 *
 * What it answers is checked as what a stranger sends: bounded in time and bytes, names, types and shapes as they were asked for.
 */
import { z } from 'zod';
import type { InputTensor, OutputTensor, Session } from '../../shared/engine/infer/session.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import {
  about,
  type CameOutput,
  fitting,
  LIMITS,
  MOST_WORDS,
  outputsOf,
  type Served,
  type ServedOptions,
  ServingError,
  shape,
  text,
  WAIT_AWAY_S,
  WAIT_BUSY_S,
  WAIT_WRONG_S,
  wrongAnswer,
} from './serving.ts';
import { type Datatype, datatypeOf, decodeTensor, encodeTensor, floatsFrom } from './tensors.ts';

const BINARY = 'binary_tensor_data';
const LENGTH_HEADER = 'inference-header-content-length';

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
  const { input, types } = fitting(url, options, model);

  const feed = async (inputs: readonly InputTensor[]): Promise<readonly OutputTensor[]> => {
    const { body, headers } = requestOf(inputs, types, options.outputs, isBinary);
    const { answer, body: came } = await ask(`${url}/infer`, { method: 'POST', body, headers }, limits.inferMs);
    if (!answer.ok) throw refusal(url, answer, came);
    return outputsOf(url, cameIn(url, came, answer.headers.get(LENGTH_HEADER)), options.outputs);
  };
  return {
    provider: 'cpu',
    note: `runs at ${url}`,
    run: (data, of) => feed([{ name: input, data, shape: of }, ...options.constants]),
    feed,
    close: () => Promise.resolve(),
  };
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

function cameIn(url: string, body: Buffer, length: string | null): CameOutput[] {
  const end = length === null ? body.length : Number(length);
  if (!Number.isInteger(end) || end < 0 || end > body.length) throw wrongAnswer(url, `${LENGTH_HEADER} is "${length}"`);
  const { outputs } = parsed(url, answered, body.subarray(0, end));
  let at = end;
  return outputs.map(({ name, datatype, shape: of, data, parameters }) => {
    const type = datatypeOf(datatype);
    if (!type) throw wrongAnswer(url, `output "${name}" is ${datatype}, which is not supported`);
    const size = parameters?.binary_data_size;
    if (size === undefined) return { name, shape: of, values: floatsFrom(data) };
    if (at + size > body.length) throw wrongAnswer(url, `output "${name}" is cut off`);
    const values = decodeTensor(type, body.subarray(at, at + size));
    at += size;
    return { name, shape: of, values };
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
  throw wrongAnswer(url, where);
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
