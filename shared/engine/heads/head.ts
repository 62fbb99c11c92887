/** What a head is: raw outputs of a detector in, candidate boxes in input pixels out. To add one: a file and a line in registry.ts. */
import type { z } from 'zod';
import type { OutputTensor } from '../infer/session.ts';
import type { TensorInfo } from '../package/graph.ts';

/** A box before suppression: corners in pixels of the model's input. */
export interface Candidate {
  readonly label: number;
  readonly score: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface HeadContext {
  readonly inputWidth: number;
  readonly inputHeight: number;
  /** How many labels the package has. */
  readonly labels: number;
  /** The graph's outputs, in its order. */
  readonly outputs: readonly TensorInfo[];
}

export interface Head {
  /** Names of the outputs to fetch, in the order in which `decode` wants them. */
  readonly outputs: readonly string[];
  /**
   * @param outputs what the model gave, in the order of `outputs`
   * @param threshold score floor, 0 to 1
   * @throws CodedError `model-failed` for outputs of another shape, NaN or infinities
   */
  decode(outputs: readonly OutputTensor[], threshold: number): Candidate[];
}

export interface HeadKind<Options> {
  /** The head's options in `model.yaml`, beside `kind`. */
  readonly options: z.ZodType<Options>;
  /** @throws CodedError `model-invalid` where manifest and graph contradict each other */
  create(options: Options, context: HeadContext): Head;
}

/** A head kind whose options are checked on use: what the registry keeps. */
export interface AnyHeadKind {
  create(options: unknown, context: HeadContext): Head;
}

export function headKind<Options>(kind: HeadKind<Options>): AnyHeadKind {
  return { create: (options, context) => kind.create(kind.options.parse(options), context) };
}
