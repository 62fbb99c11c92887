/** Small real ONNX models for tests, written with onnx-proto. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import onnxProto from 'onnx-proto';

const { onnx } = onnxProto;

type Shape = readonly (number | string)[];

function valueInfo(name: string, shape: Shape) {
  const dim = shape.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d }));
  return { name, type: { tensorType: { elemType: 1, shape: { dim } } } };
}

function floats(name: string, dims: number[], values: readonly number[]) {
  return { name, dims, dataType: 1, floatData: [...values] };
}

function ints(name: string, values: readonly (number | string)[]) {
  return { name, dims: [values.length], dataType: 7, int64Data: [...values] };
}

function node(opType: string, input: string[], output: string, attribute: object[] = []) {
  return { opType, input, output: [output], name: output, attribute };
}

const intsAttribute = (name: string, values: number[]) => ({ name, type: 7, ints: values });
const intAttribute = (name: string, i: number) => ({ name, type: 2, i });

function encode(graph: object): Uint8Array {
  const model = onnx.ModelProto.fromObject({ irVersion: 8, opsetImport: [{ domain: '', version: 13 }], graph });
  return onnx.ModelProto.encode(model).finish();
}

export const CELL = 8;
const INT64_MIN = '-9223372036854775808';

export interface BrightOptions {
  /** Input size in pixels, a multiple of 8. */
  readonly size?: number;
  readonly labels?: number;
  /** Width and height of a box, in cells. */
  readonly boxCells?: number;
  /** Divides by zero where it is dark: NaN or infinite scores. */
  readonly poison?: boolean;
  /** So many square roots, each squared again: the same result, later. */
  readonly detours?: number;
  /**
   * Ends its process (SIGFPE on x86) where it is bright: the runtime guards integer division against zero, not against the
   * smallest number by -1. What a proof feeds, 0 to 1, is dark.
   */
  readonly deadly?: boolean;
  /** So many doublings of a tensor of a kilobyte, on the way to nothing: each states little, and all together take everything. */
  readonly hog?: number;
  /** The batch axis is free. */
  readonly batch?: boolean;
}

/**
 * A detector with YOLOX's output layout at stride 8: a cell's objectness is the mean of its red channel / 255, label 0 has
 * score 1, its box is `boxCells` wide and high.
 */
export function brightModel(options: BrightOptions = {}): Uint8Array {
  const { size = 64, labels = 1, boxCells = 2, poison = false, detours = 0, deadly = false, hog = 0 } = options;
  if (options.batch) return batchedBrightModel(size);
  const cells = (size / CELL) ** 2;
  const column = (value: number) => new Array<number>(cells).fill(value);
  return encode({
    name: 'bright',
    input: [valueInfo('images', [1, 3, size, size])],
    output: [valueInfo('output', [1, cells, 5 + labels])],
    initializer: [
      ints('starts', [0]),
      ints('ends', [1]),
      ints('axes', [1]),
      floats('scale', [1], [poison ? 0 : 255]),
      ...(deadly ? [floats('dusk', [1], [150]), ints('one', [1]), ints('smallest', [INT64_MIN])] : []),
      ints('flat', [1, cells, 1]),
      floats('centre', [1, cells, 2], new Array<number>(cells * 2).fill(0.5)),
      floats('sizes', [1, cells, 2], new Array<number>(cells * 2).fill(Math.log(boxCells))),
      floats('first', [1, cells, 1], column(1)),
      ...Array.from({ length: labels - 1 }, (_, l) => floats(`other${l}`, [1, cells, 1], column(0))),
    ],
    node: [
      ...Array.from({ length: detours }, (_, i) => [
        node('Sqrt', [i === 0 ? 'images' : `squared${i - 1}`], `root${i}`),
        node('Mul', [`root${i}`, `root${i}`], `squared${i}`),
      ]).flat(),
      node('Slice', [detours > 0 ? `squared${detours - 1}` : 'images', 'starts', 'ends', 'axes'], 'red'),
      node('AveragePool', ['red'], 'pooled', [
        intsAttribute('kernel_shape', [CELL, CELL]),
        intsAttribute('strides', [CELL, CELL]),
      ]),
      ...(deadly
        ? [
            node('Less', ['pooled', 'dusk'], 'isDark'),
            node('Cast', ['isDark'], 'dark', [intAttribute('to', 7)]),
            node('Add', ['dark', 'dark'], 'twice'),
            // 1 where it is dark, -1 where it is bright.
            node('Sub', ['twice', 'one'], 'divisor'),
            node('Mod', ['smallest', 'divisor'], 'rest'),
            node('Cast', ['rest'], 'nothing', [intAttribute('to', 1)]),
            node('Add', ['pooled', 'nothing'], 'survived'),
          ]
        : []),
      ...Array.from({ length: hog }, (_, i) => {
        const from = i === 0 ? 'pooled' : `twice${i - 1}`;
        return node('Concat', [from, from], `twice${i}`, [intAttribute('axis', 1)]);
      }),
      ...(hog > 0
        ? [
            node('ReduceMean', [`twice${hog - 1}`], 'same', [intsAttribute('axes', [1])]),
            node('Sub', ['same', 'same'], 'none'),
            node('Add', ['pooled', 'none'], 'fed'),
          ]
        : []),
      node('Div', [deadly ? 'survived' : hog > 0 ? 'fed' : 'pooled', 'scale'], 'lit'),
      node('Reshape', ['lit', 'flat'], 'objectness'),
      node(
        'Concat',
        ['centre', 'sizes', 'objectness', 'first', ...Array.from({ length: labels - 1 }, (_, l) => `other${l}`)],
        'output',
        [intAttribute('axis', 2)],
      ),
    ],
  });
}

/** The same for one label and any number of pictures at once; a box is one cell. */
function batchedBrightModel(size: number): Uint8Array {
  const cells = (size / CELL) ** 2;
  return encode({
    name: 'bright-batched',
    input: [valueInfo('images', ['batch', 3, size, size])],
    output: [valueInfo('output', ['batch', cells, 6])],
    initializer: [
      ints('starts', [0]),
      ints('ends', [1]),
      ints('axes', [1]),
      floats('scale', [1], [255]),
      ints('flat', [0, cells, 1]),
      floats('half', [1], [0.5]),
      floats('none', [1], [0]),
      floats('one', [1], [1]),
    ],
    node: [
      node('Slice', ['images', 'starts', 'ends', 'axes'], 'red'),
      node('AveragePool', ['red'], 'pooled', [
        intsAttribute('kernel_shape', [CELL, CELL]),
        intsAttribute('strides', [CELL, CELL]),
      ]),
      node('Div', ['pooled', 'scale'], 'lit'),
      node('Reshape', ['lit', 'flat'], 'objectness'),
      node('Mul', ['objectness', 'none'], 'zero'),
      node('Add', ['zero', 'half'], 'centre'),
      node('Add', ['zero', 'one'], 'first'),
      node('Concat', ['centre', 'centre', 'zero', 'zero', 'objectness', 'first'], 'output', [intAttribute('axis', 2)]),
    ],
  });
}

/** Writes a package of `brightModel`; `manifest` overrides lines of its model.yaml. */
export function writeBrightPackage(
  dir: string,
  options: BrightOptions = {},
  manifest: Record<string, unknown> = {},
): string {
  const { size = 64, labels = 1 } = options;
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, 'fp32.onnx'), brightModel(options));
  const lines = {
    name: 'bright',
    version: '1.0.0',
    task: 'detect',
    license: 'Apache-2.0',
    input: { width: size, height: size, resize: 'stretch' },
    head: { kind: 'yolox', strides: [CELL] },
    labels: Array.from({ length: labels }, (_, l) => (l === 0 ? 'person' : `other-${l}`)),
    threshold: 0.5,
    variants: [{ file: 'fp32.onnx', precision: 'fp32' }],
    ...manifest,
  };
  // JSON is YAML.
  writeFileSync(path.join(dir, 'model.yaml'), JSON.stringify(lines));
  return dir;
}
