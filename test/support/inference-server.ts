/**
 * A serving engine for tests: the Open Inference Protocol, version 2, over HTTP, written from its text
 * (https://github.com/kserve/open-inference-protocol, REST; https://github.com/triton-inference-server/server/blob/main/docs/protocol,
 * extension of binary data), and real inference of an ONNX file. It shares no code with the hub's client.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { onTestFinished } from 'vitest';

export interface InferenceServer {
  /** Of the model: …/v2/models/NAME */
  readonly url: string;
  /** Requests that came, by method and path, with `binary` or `json` of inferences. */
  readonly seen: string[];
  readonly tokens: (string | undefined)[];
  /** Answers instead of the engine; undefined: the engine does. */
  instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  stop(): Promise<void>;
}

export interface InferenceServerOptions {
  readonly name: string;
  readonly onnx: Uint8Array;
  /** Of the one input, and of the one output. */
  readonly input: { readonly name: string; readonly shape: readonly number[] };
  readonly output: { readonly name: string; readonly shape: readonly number[] };
  /** Offers the extension of binary data. */
  readonly binary: boolean;
  readonly port?: number;
}

interface InferInput {
  readonly name: string;
  readonly shape: number[];
  readonly datatype: string;
  readonly data?: number[];
  readonly parameters?: { readonly binary_data_size?: number };
}
interface InferRequest {
  readonly id?: string;
  readonly inputs: InferInput[];
  readonly outputs?: { readonly name: string; readonly parameters?: { readonly binary_data?: boolean } }[];
}

export async function inferenceServer(options: InferenceServerOptions): Promise<InferenceServer> {
  const { name, input, output, binary } = options;
  const session = await InferenceSession.create(options.onnx);
  const seen: string[] = [];
  const tokens: (string | undefined)[] = [];
  const state: Pick<InferenceServer, 'instead'> = { instead: undefined };

  const json = (response: ServerResponse, status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

  async function infer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const length = request.headers['inference-header-content-length'];
    if (length !== undefined && !binary) return void json(response, 400, { error: 'no extension of binary data here' });
    const end = length === undefined ? body.length : Number(length);
    seen.push(length === undefined ? 'infer json' : 'infer binary');
    const asked = JSON.parse(body.subarray(0, end).toString()) as InferRequest;
    const [given] = asked.inputs;
    if (asked.inputs.length !== 1 || given?.name !== input.name)
      return void json(response, 400, { error: `expected the input ${input.name}` });
    if (given.datatype !== 'FP32') return void json(response, 400, { error: `unexpected datatype ${given.datatype}` });
    if (JSON.stringify(given.shape) !== JSON.stringify(input.shape))
      return void json(response, 400, { error: `unexpected shape ${given.shape.join(',')}` });
    const size = given.parameters?.binary_data_size;
    const raw = size === undefined ? undefined : body.subarray(end, end + size);
    const floats = raw
      ? Float32Array.from({ length: raw.length / 4 }, (_, i) => raw.readFloatLE(i * 4))
      : Float32Array.from(given.data ?? []);
    const results = await session.run({ [input.name]: new Tensor('float32', floats, given.shape) });
    const result = results[output.name];
    if (!result) return void json(response, 500, { error: 'no output' });
    const values = result.data as Float32Array;
    const wanted = asked.outputs?.find((one) => one.name === output.name);
    const about = { name: output.name, shape: result.dims, datatype: 'FP32' };
    const head = { model_name: name, model_version: '1', ...(asked.id === undefined ? {} : { id: asked.id }) };
    if (wanted?.parameters?.binary_data !== true)
      return void json(response, 200, { ...head, outputs: [{ ...about, data: Array.from(values) }] });
    const bytes = Buffer.alloc(values.length * 4);
    for (const [i, value] of values.entries()) bytes.writeFloatLE(value, i * 4);
    const parameters = { binary_data_size: bytes.length };
    const said = Buffer.from(JSON.stringify({ ...head, outputs: [{ ...about, parameters }] }));
    const headers = {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(said.length),
    };
    response.writeHead(200, headers).end(Buffer.concat([said, bytes]));
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url = '' } = request;
    tokens.push(request.headers.authorization);
    if (state.instead?.(request, response)) return;
    if (method === 'GET' && url === '/v2')
      return void json(response, 200, {
        name: 'reference',
        version: '1',
        extensions: binary ? ['binary_tensor_data'] : [],
      });
    if (method === 'GET' && url === `/v2/models/${name}`) {
      seen.push('metadata');
      return void json(response, 200, {
        ...{ name, versions: ['1'], platform: 'onnx_onnxv1' },
        inputs: [{ name: input.name, datatype: 'FP32', shape: input.shape }],
        outputs: [{ name: output.name, datatype: 'FP32', shape: output.shape }],
      });
    }
    if (method === 'POST' && url === `/v2/models/${name}/infer`)
      return void infer(request, response).catch((error: unknown) => json(response, 500, { error: String(error) }));
    json(response, 404, { error: `unknown model or path ${url}` });
  }

  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(stop);
  return Object.assign(state, { url: `http://127.0.0.1:${port}/v2/models/${name}`, seen, tokens, stop });
}
