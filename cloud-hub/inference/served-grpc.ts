/**
 * The Open Inference Protocol, version 2, over gRPC (https://github.com/kserve/open-inference-protocol, gRPC:
 * `GRPCInferenceService.ModelMetadata` and `ModelInfer`). Tensors go as `raw_input_contents`; answers may be raw or typed. The home of
 * `@grpc/grpc-js`.
 *
 * What comes is checked as what a stranger sends, and errors are told by their status code.
 */
import { type ChannelCredentials, Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { z } from 'zod';
import type { InputTensor, OutputTensor, Session } from '../../shared/engine/infer/session.ts';
import type { Clock } from '../../shared/kit/clock.ts';
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
import { datatypeOf, decodeTensor, encodeTensor } from './tensors.ts';

/** Of the protocol's messages: the fields that are used here, with their numbers. What else comes is skipped. */
const PROTO = `
syntax = "proto3";
package inference;
message ModelMetadataRequest { string name = 1; string version = 2; }
message TensorMetadata { string name = 1; string datatype = 2; repeated int64 shape = 3; }
message ModelMetadataResponse {
  string name = 1;
  repeated TensorMetadata inputs = 4;
  repeated TensorMetadata outputs = 5;
}
message InferTensorContents {
  repeated int32 int_contents = 2;
  repeated int64 int64_contents = 3;
  repeated uint32 uint_contents = 4;
  repeated float fp32_contents = 6;
  repeated double fp64_contents = 7;
}
message InferInputTensor { string name = 1; string datatype = 2; repeated int64 shape = 3; }
message InferRequestedOutputTensor { string name = 1; }
message ModelInferRequest {
  string model_name = 1;
  string model_version = 2;
  repeated InferInputTensor inputs = 5;
  repeated InferRequestedOutputTensor outputs = 6;
  repeated bytes raw_input_contents = 7;
}
message InferOutputTensor {
  string name = 1;
  string datatype = 2;
  repeated int64 shape = 3;
  InferTensorContents contents = 5;
}
message ModelInferResponse {
  repeated InferOutputTensor outputs = 5;
  repeated bytes raw_output_contents = 6;
}`;
const { root } = protobuf.parse(PROTO, { keepCase: true });

const metadata = z.object({ inputs: z.array(about).max(256), outputs: z.array(about).max(256) });
const numbers = z.array(z.number());
const answered = z.object({
  outputs: z
    .array(
      z.object({
        ...{ name: text, datatype: text, shape },
        contents: z
          .object({
            int_contents: numbers,
            int64_contents: numbers,
            uint_contents: numbers,
            fp32_contents: numbers,
            fp64_contents: numbers,
          })
          .nullish(),
      }),
    )
    .max(256),
  raw_output_contents: z.array(z.instanceof(Uint8Array)).max(256),
});
type Answered = z.infer<typeof answered>;

const ADDRESS = /^grpcs?:\/\/([^/]+)\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?$/;
const SERVICE = '/inference.GRPCInferenceService';

/** @throws ServingError: it is not there, or its model is not that of the package */
export async function openGrpc(
  { url, token, ca }: Served,
  options: ServedOptions,
  clock: Pick<Clock, 'wall'>,
): Promise<Session> {
  const limits = { ...LIMITS, ...options.limits };
  const [, host = '', name = '', version = ''] = ADDRESS.exec(url) ?? [];
  const client = new Client(host, securityOf(url, ca), {
    'grpc.max_receive_message_length': limits.maxBytes,
    // Whoever asks again is the device, when it is told to; pictures and token go to that address alone.
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
  });
  const call = async <T extends z.ZodType>(
    method: 'ModelMetadata' | 'ModelInfer',
    message: object,
    schema: T,
    ms: number,
  ): Promise<z.infer<T>> => {
    const [request, response] = [
      root.lookupType(`inference.${method}Request`),
      root.lookupType(`inference.${method}Response`),
    ];
    const about = new Metadata();
    if (token !== undefined) about.set('authorization', `Bearer ${token}`);
    const came = await new Promise<unknown>((resolve, reject) => {
      client.makeUnaryRequest(
        `${SERVICE}/${method}`,
        (value: object) => Buffer.from(request.encode(request.fromObject(value)).finish()),
        (bytes: Buffer): unknown => plain(response, bytes),
        message,
        about,
        { deadline: clock.wall() + ms },
        (error, value) => (error ? reject(refusal(url, error, ms)) : resolve(value)),
      );
    });
    const found = schema.safeParse(came);
    if (found.success) return found.data;
    const issue = found.error.issues[0];
    throw wrongAnswer(url, issue ? `${issue.path.join('.') || 'the answer'}: ${issue.message}` : 'no message');
  };

  const model = { name, version };
  try {
    const { input, types } = fitting(url, options, await call('ModelMetadata', model, metadata, limits.metadataMs));
    const feed = async (inputs: readonly InputTensor[]): Promise<readonly OutputTensor[]> => {
      const tensors = inputs.map(({ name: of, data, shape: sizes }) => {
        const datatype = types.get(of) ?? 'FP32';
        return { about: { name: of, datatype, shape: sizes }, bytes: encodeTensor(datatype, data) };
      });
      const message = {
        ...{ model_name: name, model_version: version },
        inputs: tensors.map((one) => one.about),
        outputs: options.outputs.map((output) => ({ name: output })),
        raw_input_contents: tensors.map(({ bytes }) => bytes),
      };
      return outputsOf(url, cameIn(url, await call('ModelInfer', message, answered, limits.inferMs)), options.outputs);
    };
    return {
      provider: 'cpu',
      note: `runs at ${url}`,
      run: (data, of) => feed([{ name: input, data, shape: of }, ...options.constants]),
      feed,
      async close() {
        client.close();
      },
    };
  } catch (error) {
    client.close();
    throw error;
  }
}

function securityOf(url: string, ca: string | undefined): ChannelCredentials {
  if (!url.startsWith('grpcs:')) return credentials.createInsecure();
  return credentials.createSsl(ca === undefined ? null : Buffer.from(ca));
}

/** Bytes that are no message give undefined, which no schema takes. */
function plain(type: protobuf.Type, bytes: Buffer): unknown {
  try {
    return type.toObject(type.decode(bytes), { longs: Number, arrays: true, defaults: true });
  } catch {
    return undefined;
  }
}

/** Raw contents are in the order of the outputs; where there are none, each output has its own. */
function cameIn(url: string, { outputs, raw_output_contents: raw }: Answered): CameOutput[] {
  if (raw.length > 0 && raw.length !== outputs.length)
    throw wrongAnswer(url, `${raw.length} raw contents for ${outputs.length} outputs`);
  return outputs.map(({ name, datatype, shape: of, contents }, index) => {
    const type = datatypeOf(datatype);
    if (!type) throw wrongAnswer(url, `output "${name}" is ${datatype}, which is not supported`);
    const bytes = raw[index];
    if (bytes) return { name, shape: of, values: decodeTensor(type, bytes) };
    const typed = {
      FP32: contents?.fp32_contents,
      FP64: contents?.fp64_contents,
      INT64: contents?.int64_contents,
      INT32: contents?.int_contents,
      INT8: contents?.int_contents,
      UINT8: contents?.uint_contents,
    }[type];
    return { name, shape: of, values: typed && Float32Array.from(typed) };
  });
}

/** What a status means for the device (https://grpc.io/docs/guides/status-codes/). */
function refusal(url: string, error: ServiceError, ms: number): ServingError {
  const { code } = error;
  const said = `${status[code] ?? code}: ${error.details.slice(0, MOST_WORDS)}`;
  switch (code) {
    case status.RESOURCE_EXHAUSTED:
      // Our own library says so too, of an answer that is too large.
      if (/larger than max/i.test(error.details)) return wrongAnswer(url, error.details.slice(0, MOST_WORDS));
      return new ServingError(`${url} has no room (${said})`, WAIT_BUSY_S, true);
    case status.UNAVAILABLE:
      return new ServingError(`${url} does not answer: ${said}`, WAIT_AWAY_S);
    case status.DEADLINE_EXCEEDED:
      return new ServingError(`${url} does not answer: it took longer than ${ms / 1000} s`, WAIT_AWAY_S);
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return new ServingError(`${url} refuses (${said}); look at --second-opinion-token-file`, WAIT_WRONG_S);
    case status.NOT_FOUND:
    case status.INVALID_ARGUMENT:
    case status.FAILED_PRECONDITION:
    case status.OUT_OF_RANGE:
    case status.UNIMPLEMENTED:
      return new ServingError(`${url} refuses (${said})`, WAIT_WRONG_S);
    default:
      return new ServingError(`${url} refuses (${said})`, WAIT_AWAY_S);
  }
}
