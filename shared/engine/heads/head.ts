/** What a head is: it turns a model's raw outputs into what they mean. To add one: a file and a line in registry.ts. */
import type { z } from 'zod';
import type { AudioInput, WindowInput } from '../../contract/model-manifest.ts';
import type { InputTensor, OutputTensor } from '../infer/session.ts';
import type { Outcome } from '../outcome.ts';
import type { TensorInfo } from '../package/graph.ts';

/** A box before suppression: corners in pixels of the model's input. */
export interface Candidate {
  readonly label: number;
  readonly score: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  /** Where in the outputs it was found, for `detail`. */
  readonly row?: number;
}

/** What a model knows of an object beside its box; coordinates in pixels of the model's input. */
export interface Detail {
  /** `score`: 0 to 1, where the model says. */
  readonly keypoints?: readonly {
    readonly name: string;
    readonly x: number;
    readonly y: number;
    readonly score?: number;
  }[];
  /** Rings of points, the largest first; a ring within another is a hole. */
  readonly mask?: readonly (readonly (readonly [x: number, y: number])[])[];
}

export interface HeadContext {
  readonly inputWidth: number;
  readonly inputHeight: number;
  /** How many labels the package has. */
  readonly labels: number;
  /** The graph's outputs, in its order. */
  readonly outputs: readonly TensorInfo[];
  /** What a model of windows takes, and the graph's inputs; absent for a model of pictures. */
  readonly window?: { readonly input: WindowInput | AudioInput; readonly inputs: readonly TensorInfo[] };
  /** What the file says that the head's `learned` names, as JSON. */
  readonly learned?: unknown;
}

/** A head of a detector: candidates, which the engine suppresses and maps to the frame. */
export interface DetectHead {
  readonly task: 'detect';
  /** Names of the outputs to fetch, in the order in which `decode` wants them. */
  readonly outputs: readonly string[];
  /**
   * @param outputs what the model gave, in the order of `outputs`
   * @param threshold score floor, 0 to 1
   * @throws CodedError `model-failed` for outputs of another shape, NaN or infinities
   */
  decode(outputs: readonly OutputTensor[], threshold: number): Candidate[];
  /**
   * What more there is to know of a candidate that was kept; absent where there is nothing.
   * @param outputs those that `decode` got
   * @throws CodedError `model-failed` for NaN, infinities or another shape
   */
  detail?(outputs: readonly OutputTensor[], candidate: Candidate): Detail;
  /** False where the graph or the architecture leaves nothing to suppress (NMS in the graph, DETR). Default: true. */
  readonly suppress?: boolean;
}

/** What a head of any other task may look at beside the outputs. */
export interface HeadInput {
  /** What the model was given. */
  readonly tensor: Float32Array;
  readonly labels: readonly string[];
  readonly threshold: number;
  /** What the stream asks for instead of the model's own threshold; absent where it asks for nothing. */
  readonly asked?: number;
  /** Of a series: milliseconds since 1970 at the end of the window. */
  readonly atMs?: number;
}

/** What a head with memory knows of one stream; no other stream shares it. */
export interface HeadState {
  /** What the graph is fed for a window, where that is not the window alone. */
  inputs?(window: Float32Array): readonly InputTensor[];
  /** @throws CodedError `model-failed` for outputs of another shape, NaN or infinities */
  decode(outputs: readonly OutputTensor[], input: HeadInput): Outcome;
  /** The series was interrupted: what was heard before says nothing about what comes. */
  reset(): void;
}

/** A head of any other task: the outcome itself. */
export interface OutcomeHead {
  readonly task: Exclude<Outcome['task'], 'detect'>;
  readonly outputs: readonly string[];
  /** @throws CodedError `model-failed` for outputs of another shape, NaN or infinities */
  decode(outputs: readonly OutputTensor[], input: HeadInput): Outcome;
  /** Begins a stream's memory; absent where each window stands for itself. */
  begin?(): HeadState;
}

export type Head = DetectHead | OutcomeHead;

export interface HeadKind<Options, Made extends Head = Head> {
  /** The head's options in `model.yaml`, beside `kind`. */
  readonly options: z.ZodType<Options>;
  /** @throws CodedError `model-invalid` where manifest and graph contradict each other */
  create(options: Options, context: HeadContext): Made;
}

/** A head kind whose options are checked on use: what the registry keeps. */
export interface AnyHeadKind<Made extends Head = Head> {
  create(options: unknown, context: HeadContext): Made;
}

export function headKind<Options, Made extends Head>(kind: HeadKind<Options, Made>): AnyHeadKind<Made> {
  return { create: (options, context) => kind.create(kind.options.parse(options), context) };
}
