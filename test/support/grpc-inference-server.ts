/**
 * A serving engine for tests: the Open Inference Protocol, version 2, over gRPC, from `open-inference.proto`, which is written from the
 * protocol's text, and real inference of an ONNX file. It shares no code and no description of messages with the hub's client.
 */
import path from 'node:path';
import {
  type GrpcObject,
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceClientConstructor,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { onTestFinished } from 'vitest';

export interface GrpcInferenceServer {
  /** Of the model: grpc://…/v2/models/NAME */
  readonly url: string;
  readonly seen: string[];
  readonly tokens: (string | undefined)[];
  /** Answers a `ModelInfer` instead of the engine: with a status, a message of its own, or not at all. */
  instead: { readonly code: number; readonly details: string } | { readonly answer: object } | 'nothing' | undefined;
  stop(): Promise<void>;
}

export interface GrpcServerOptions {
  readonly name: string;
  readonly onnx: Uint8Array;
  readonly input: { readonly name: string; readonly shape: readonly number[] };
  readonly output: { readonly name: string; readonly shape: readonly number[] };
  /** Answers with `raw_output_contents`, or with typed contents. */
  readonly raw: boolean;
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly port?: number;
}

interface InferCall {
  readonly model_name: string;
  readonly model_version: string;
  readonly inputs: { readonly name: string; readonly datatype: string; readonly shape: string[] }[];
  readonly raw_input_contents: Buffer[];
}

export async function grpcInferenceServer(options: GrpcServerOptions): Promise<GrpcInferenceServer> {
  const { name, input, output } = options;
  const session = await InferenceSession.create(options.onnx);
  const [seen, tokens]: [string[], (string | undefined)[]] = [[], []];
  const state: Pick<GrpcInferenceServer, 'instead'> = { instead: undefined };
  const file = path.join(import.meta.dirname, 'open-inference.proto');
  const loaded = loadPackageDefinition(loadSync(file, { keepCase: true, longs: String, defaults: true }));
  const { service } = (loaded.inference as GrpcObject).GRPCInferenceService as ServiceClientConstructor;

  async function infer({ inputs, raw_input_contents: raw }: InferCall): Promise<object> {
    const [given] = inputs;
    const bytes = raw[0];
    if (inputs.length !== 1 || given?.name !== input.name || !bytes)
      throw new Error(`expected the input ${input.name}`);
    if (given.datatype !== 'FP32') throw new Error(`unexpected datatype ${given.datatype}`);
    const floats = Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
    const results = await session.run({ [input.name]: new Tensor('float32', floats, given.shape.map(Number)) });
    const result = results[output.name];
    if (!result) throw new Error('no output');
    const values = Array.from(result.data as Float32Array);
    const about = { name: output.name, datatype: 'FP32', shape: result.dims };
    if (!options.raw)
      return {
        model_name: name,
        outputs: [{ ...about, contents: { fp32_contents: values } }],
        raw_output_contents: [],
      };
    const raws = Buffer.alloc(values.length * 4);
    for (const [i, value] of values.entries()) raws.writeFloatLE(value, i * 4);
    return { model_name: name, outputs: [about], raw_output_contents: [raws] };
  }

  const note = ({ metadata }: ServerUnaryCall<unknown, unknown>, what: string) => {
    seen.push(what);
    tokens.push(metadata.get('authorization')[0]?.toString());
  };
  const server = new Server();
  server.addService(service, {
    ModelMetadata(call: ServerUnaryCall<{ name: string }, object>, answer: sendUnaryData<object>) {
      note(call, 'metadata');
      if (call.request.name !== name)
        return answer({ code: status.NOT_FOUND, details: `unknown model ${call.request.name}` });
      const tensor = ({ name: of, shape }: { name: string; shape: readonly number[] }) => ({
        name: of,
        datatype: 'FP32',
        shape,
      });
      answer(null, {
        ...{ name, versions: ['1'], platform: 'onnx_onnxv1' },
        ...{ inputs: [tensor(input)], outputs: [tensor(output)] },
      });
    },
    ModelInfer(call: ServerUnaryCall<InferCall, object>, answer: sendUnaryData<object>) {
      note(call, `infer ${call.request.model_version}`.trim());
      const { instead } = state;
      if (instead === 'nothing') return;
      if (instead && 'code' in instead) return answer(instead);
      if (instead) return answer(null, instead.answer);
      infer(call.request).then(
        (found) => answer(null, found),
        (error: Error) => answer({ code: status.INVALID_ARGUMENT, details: error.message }),
      );
    },
  });
  const { tls } = options;
  const security = tls
    ? ServerCredentials.createSsl(null, [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) }])
    : ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${options.port ?? 0}`, security, (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const stop = async () => server.forceShutdown();
  onTestFinished(stop);
  const url = `${tls ? 'grpcs' : 'grpc'}://localhost:${port}/v2/models/${name}`;
  return Object.assign(state, { url, seen, tokens, stop });
}
