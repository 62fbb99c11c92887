/** What is known of a bare ONNX file before anything is guessed. */
import { shapeText } from '../../../shared/engine/package/check.ts';
import type { Graph, GraphNotes, TensorInfo } from '../../../shared/engine/package/graph.ts';
import { type Hints, hintsOf } from './hints.ts';

/** The input that takes a picture. */
export interface ImagePort {
  readonly name: string;
  readonly type: string;
  readonly layout: 'nchw' | 'nhwc';
  readonly channels: 1 | 3;
  /** Undefined where the graph leaves it free. */
  readonly width: number | undefined;
  readonly height: number | undefined;
}

export interface Facts {
  /** Undefined for a model that takes no picture. */
  readonly image: ImagePort | undefined;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly hints: Hints;
  readonly producer: string;
  readonly operators: ReadonlySet<string>;
  readonly precision: 'fp32' | 'fp16' | 'int8';
}

export function factsOf(file: Graph & GraphNotes): Facts {
  const { inputs, outputs, producer, operators } = file;
  return {
    image: inputs.map((input) => imagePortOf(input, producer)).find((port) => port !== undefined),
    inputs,
    outputs,
    hints: hintsOf(file.metadata),
    producer,
    operators,
    precision: precisionOf(file),
  };
}

/** Four axes, of which the second or the last may be colours. */
function imagePortOf({ name, type, shape }: TensorInfo, producer: string): ImagePort | undefined {
  if (shape.length !== 4) return undefined;
  const [, second, third, last] = shape;
  const colours = (size: number | undefined) => size === 1 || size === 3;
  const free = second === undefined && last === undefined;
  const nchw = colours(second) || (free && !/tf2onnx|tensorflow|keras/i.test(producer));
  if (!nchw && !colours(last) && !free) return undefined;
  const channels = (nchw ? second : last) === 1 ? 1 : 3;
  const [height, width] = nchw ? [third, last] : [second, third];
  return { name, type, layout: nchw ? 'nchw' : 'nhwc', channels, width, height };
}

/** A tensor as people write it. */
export function describeTensor(tensor: TensorInfo): string {
  return `"${tensor.name}" ${tensor.type} ${shapeText(tensor)}`;
}

const QUANTIZED = ['QuantizeLinear', 'DequantizeLinear', 'QLinearConv', 'ConvInteger', 'MatMulInteger'];

function precisionOf({ operators, weights }: GraphNotes): Facts['precision'] {
  if (QUANTIZED.some((operator) => operators.has(operator))) return 'int8';
  return weights.has('float16') ? 'fp16' : 'fp32';
}
