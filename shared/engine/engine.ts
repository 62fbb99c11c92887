/** A model package and a picture or window in, what it says out: what runners, second opinions and `infer` share. */
import { z } from 'zod';
import type { ModelRef } from '../contract/messages/record.ts';
import { isImageInput, type ModelManifest } from '../contract/model-manifest.ts';
import type { Clock } from '../kit/clock.ts';
import { CodedError } from '../kit/errors.ts';
import { complaintsOf, describeComplaints } from '../kit/schema.ts';
import { detectionsOf } from './detections.ts';
import type { Head, HeadContext, HeadInput } from './heads/head.ts';
import { headOfKind } from './heads/registry.ts';
import { createBatches } from './infer/batches.ts';
import type { Provider } from './infer/provider.ts';
import { type InputTensor, type OutputTensor, openSession, type Session } from './infer/session.ts';
import type { Outcome } from './outcome.ts';
import { constantsOf } from './package/constants.ts';
import type { Graph } from './package/graph.ts';
import {
  chooseVariant,
  type LoadedVariant,
  loadVariant,
  type ModelPackage,
  readLearned,
  readPackage,
} from './package/package.ts';
import { inputShape } from './package/shape.ts';
import type { Fit } from './preprocess/fit.ts';
import { featuresOf } from './preprocess/log-mel.ts';

export interface EngineResult {
  readonly outcome: Outcome;
  readonly inferMs: number;
  readonly postprocessMs: number;
}

export interface Engine {
  readonly manifest: ModelManifest;
  readonly model: ModelRef;
  readonly labels: readonly string[];
  /** What a person may want to know of how it runs. */
  readonly note?: string;
  /** Most inputs of one run: as asked for, or 1 where the graph's batch axis is not free. */
  readonly batch: number;
  /**
   * @param tensor one input as `createTensorWriter` writes it
   * @param fit how the frame lies in it
   * @param threshold score floor instead of the manifest's
   * @param detailed score from which on objects get their keypoints and masks; default: all do
   * @throws CodedError `model-failed`
   */
  run(tensor: Float32Array, fit: Fit, threshold?: number, detailed?: number): Promise<EngineResult>;
  /** Begins a stream of windows with a memory of its own; the session is shared. */
  attach(): Inference;
  close(): Promise<void>;
}

/** One stream of windows. */
export interface Inference {
  /**
   * @param window one window as the manifest's input says: of a series normalised, of sound its samples from -1 to 1
   * @param threshold instead of the model's own
   * @param atMs of a series: milliseconds since 1970 at the end of the window
   * @throws CodedError `model-failed`
   */
  run(window: Float32Array, threshold?: number, atMs?: number): Promise<EngineResult>;
  /** The series was interrupted: forget what came before. */
  reset(): void;
}

/** As `detailed`: no keypoints and no masks, for those who compare boxes. */
export const BOXES_ONLY = Number.POSITIVE_INFINITY;

export interface EngineOptions {
  readonly dir: string;
  /** `auto` or a precision. */
  readonly variant: string;
  readonly threads: number;
  readonly provider?: Provider;
  /** Opens what runs the graph, instead of ONNX Runtime in this process. */
  readonly open?: (wanted: SessionWanted) => Promise<Session>;
  /** Most inputs of one run, where the graph allows more than one; default: 1. */
  readonly batch?: number;
}

/** Of what another program runs. */
export interface SessionWanted {
  readonly graph: Graph;
  /** Names of the outputs to fetch. */
  readonly outputs: readonly string[];
  /** Fed with every input. */
  readonly constants: readonly InputTensor[];
}

/** @throws CodedError `model-invalid` for a package, graph or head that does not fit together */
export async function openEngine(options: EngineOptions, clock: Clock): Promise<Engine> {
  const pack = await readPackage(options.dir);
  const loaded = await loadVariant(pack, chooseVariant(pack.manifest, options.variant));
  const head = createHead(pack, loaded, await readLearned(pack));
  if (head.task !== taskOf(pack.manifest)) {
    const says = `task says "${pack.manifest.task}", head.kind "${pack.manifest.head.kind}" answers "${head.task}"`;
    throw new CodedError('model-invalid', `${options.dir}: ${says}`);
  }
  if (head.task === 'detect' && !isImageInput(pack.manifest.input)) {
    const says = `input says windows, head.kind "${pack.manifest.head.kind}" finds boxes in pictures`;
    throw new CodedError('model-invalid', `${options.dir}: ${says}`);
  }
  const { threads, provider = 'cpu', batch = 1 } = options;
  const outputs = loaded.graph.outputs.filter((o) => head.outputs.includes(o.name));
  const wanted = { outputs: head.outputs, constants: constantsOf(pack.manifest.input, loaded.graph) };
  const session = options.open
    ? await options.open({ ...wanted, graph: loaded.graph })
    : await openSession(loaded.bytes, { ...wanted, threads, provider });
  const most = growsTogether(loaded.graph, outputs) ? batch : 1;
  const engine = createEngine(pack, loaded, head, session, most, clock);
  if (!options.open) engine.warmUp();
  return engine;
}

/** Is the batch axis of input and outputs free, and one and the same? */
export function growsTogether({ inputs }: Graph, outputs: Graph['outputs']): boolean {
  const [input, ...others] = inputs;
  return others.length === 0 && input?.batch !== undefined && outputs.every((o) => o.batch === input.batch);
}

/** The task of the outcomes: an audio model answers with classes. */
function taskOf({ task }: ModelManifest): Outcome['task'] {
  return task === 'audio' ? 'classify' : task;
}

function createHead(pack: ModelPackage, loaded: LoadedVariant, learned: unknown): Head {
  const { kind, ...options } = pack.manifest.head;
  const { input } = pack.manifest;
  const context: HeadContext = {
    ...(isImageInput(input)
      ? { inputWidth: input.width, inputHeight: input.height }
      : { inputWidth: input.window, inputHeight: 1, window: { input, inputs: loaded.graph.inputs } }),
    labels: pack.labels.length,
    outputs: loaded.graph.outputs,
    learned,
  };
  try {
    return headOfKind(kind).create(options, context);
  } catch (error) {
    if (error instanceof z.ZodError) {
      throw new CodedError('model-invalid', `${pack.dir}: ${describeComplaints(complaintsOf(error, options, 'head'))}`);
    }
    if (error instanceof CodedError) throw new CodedError(error.code, `${pack.dir}: ${error.message}`);
    throw error;
  }
}

function createEngine(
  pack: ModelPackage,
  loaded: LoadedVariant,
  head: Head,
  session: Session,
  most: number,
  clock: Clock,
): Engine & { warmUp(): void } {
  const { manifest, labels } = pack;
  const shape = inputShape(manifest.input, loaded.graph);
  const batches = createBatches(session, { shape, most, clock });
  const headInput = (tensor: Float32Array, asked: number | undefined, atMs?: number): HeadInput => ({
    ...(atMs === undefined ? {} : { atMs }),
    tensor,
    labels,
    threshold: asked ?? manifest.threshold,
    ...(asked === undefined ? {} : { asked }),
  });
  const read = (decode: () => Outcome): Pick<EngineResult, 'outcome' | 'postprocessMs'> => {
    const start = clock.mono();
    const outcome = decode();
    return { outcome, postprocessMs: clock.mono() - start };
  };
  const infer = async (
    tensor: Float32Array,
    decode: (outputs: readonly OutputTensor[]) => Outcome,
  ): Promise<EngineResult> => {
    const { value, inferMs } = await batches.run(tensor, (outputs) => read(() => decode(outputs)));
    return { ...value, inferMs };
  };
  const feed = async (inputs: readonly InputTensor[], decode: (outputs: readonly OutputTensor[]) => Outcome) => {
    const start = clock.mono();
    const outputs = await session.feed(inputs);
    const inferMs = clock.mono() - start;
    return { ...read(() => decode(outputs)), inferMs };
  };
  return {
    manifest,
    model: { name: manifest.name, version: manifest.version, digest: loaded.digest, variant: loaded.variant.precision },
    labels,
    ...(session.note === undefined ? {} : { note: session.note }),
    batch: most,
    run: (tensor, fit, asked, detailed) =>
      infer(tensor, (outputs) =>
        head.task === 'detect'
          ? detectionsOf(head, outputs, {
              labels,
              threshold: asked ?? manifest.threshold,
              iou: manifest.iou,
              fit,
              detailed,
            })
          : head.decode(outputs, headInput(tensor, asked)),
      ),
    attach() {
      if (head.task === 'detect') throw new RangeError(`${manifest.name} finds boxes in pictures, not in windows`);
      const state = head.begin?.();
      const features = 'sampleRate' in manifest.input ? featuresOf(manifest.input) : undefined;
      return {
        run(given, asked, atMs) {
          const window = features ? features(given) : given;
          const decode = (outputs: readonly OutputTensor[]) =>
            (state ?? head).decode(outputs, headInput(window, asked, atMs));
          return state?.inputs ? feed(state.inputs(window), decode) : infer(window, decode);
        },
        reset: () => state?.reset(),
      };
    },
    close: () => session.close(),
    /** The first run takes the memory that all others use: it is over when the first frame comes. What it says is of no account. */
    warmUp() {
      const nothing = new Float32Array(shape.reduce((product, size) => product * size, 1));
      if (isImageInput(manifest.input) || loaded.graph.inputs.length === 1)
        void batches.run(nothing, () => undefined).catch(() => undefined);
    },
  };
}
