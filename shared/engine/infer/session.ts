/** Sessions of ONNX Runtime. */

import { CodedError, messageOf } from '../../kit/errors.ts';
import { floatsOf, tensorOf } from './elements.ts';
import { InferenceSession, Tensor } from './onnxruntime.ts';
import type { Provider } from './provider.ts';

export interface OutputTensor {
  readonly name: string;
  /** Whatever number type the graph gives, as floats. */
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** One named input of a model. */
export interface InputTensor {
  readonly name: string;
  /** Floats, which become what the graph takes, or 64-bit integers (sizes, rates). */
  readonly data: Float32Array | BigInt64Array;
  readonly shape: readonly number[];
}

export interface Session {
  /** What executes it. */
  readonly provider: Provider;
  /** Why that is not what was asked for. */
  readonly note?: string;
  /**
   * Runs the model on one input. The native call blocks this thread for the whole inference.
   * @param input the tensor's floats, in `shape`
   * @throws CodedError `model-failed`
   */
  run(input: Float32Array, shape: readonly number[]): Promise<readonly OutputTensor[]>;
  /** The same for a model of several inputs, each by its name. */
  feed(inputs: readonly InputTensor[]): Promise<readonly OutputTensor[]>;
  close(): Promise<void>;
}

export interface SessionOptions {
  /** Fed with every input, by their names; default: nothing. */
  readonly constants?: readonly InputTensor[];
  /** Intra-op threads; one per session is best with several runner processes. */
  readonly threads: number;
  /** Default: `cpu`. One that cannot be had is replaced by `cpu`, with a note. */
  readonly provider?: Provider;
  /** Names of the outputs to fetch; default: all. */
  readonly outputs?: readonly string[];
}

/**
 * Opens a session from a file's bytes.
 * @throws CodedError `model-invalid` when the runtime refuses the model
 */
export async function openSession(bytes: Uint8Array, options: SessionOptions): Promise<Session> {
  const { session, provider, note } = await openBy(bytes, options);
  const constants = options.constants ?? [];
  const inputName = session.inputNames.find((name) => constants.every((constant) => constant.name !== name));
  if (inputName === undefined) throw new CodedError('model-invalid', 'the model has no input');
  const names = options.outputs ?? session.outputNames;
  const types = new Map(session.inputMetadata.map((input) => [input.name, input.isTensor ? input.type : 'other']));
  const tensorFor = ({ name, data, shape }: InputTensor) =>
    data instanceof Float32Array
      ? tensorOf(data, types.get(name) ?? 'float32', shape)
      : new Tensor('int64', data, shape);
  const call = async (inputs: readonly InputTensor[]) => {
    try {
      // Not into memory of ours: the binding fills that, and makes a copy all the same.
      return await session.run(Object.fromEntries(inputs.map((i) => [i.name, tensorFor(i)])), names);
    } catch (error) {
      throw new CodedError('model-failed', `ONNX Runtime: ${messageOf(error)}`);
    }
  };
  const feed = async (inputs: readonly InputTensor[]) => {
    const results = await call(inputs);
    return names.map((name) => ({ name, data: floatsOf(name, results[name]), shape: results[name]?.dims ?? [] }));
  };
  return {
    provider,
    ...(note === undefined ? {} : { note }),
    run: (data, shape) => feed([{ name: inputName, data, shape }, ...constants]),
    feed,
    close: () => session.release(),
  };
}

/** By the provider that was asked for, or by the CPU and a note. */
async function openBy(bytes: Uint8Array, { threads, provider = 'cpu' }: SessionOptions) {
  if (provider === 'cpu') return { session: await create(bytes, threads, ['cpu']), provider };
  try {
    return { session: await create(bytes, threads, [provider, 'cpu']), provider };
  } catch (error) {
    // Where the model itself is what is wrong, this throws.
    const session = await create(bytes, threads, ['cpu']);
    return { session, provider: 'cpu' as const, note: `provider ${provider}: ${messageOf(error)}; running on the CPU` };
  }
}

async function create(bytes: Uint8Array, threads: number, executionProviders: Provider[]): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, {
      executionProviders,
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      // Spinning workers burn the core that decode needs.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
  } catch (error) {
    throw new CodedError('model-invalid', `ONNX Runtime refuses the model: ${messageOf(error)}`);
  }
}
