/** Real ONNX graphs of any output layout, whose outputs go from one set of values to another with the picture's brightness. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import onnxProto from 'onnx-proto';
import { parse } from 'yaml';
import { imageInput } from '../../shared/contract/model-manifest.ts';

const { onnx } = onnxProto;

export interface LayoutOutput {
  readonly name: string;
  readonly shape: readonly number[];
  /** What the graph declares, where that is not `shape`: a name is a free axis. */
  readonly declared?: readonly (number | string)[];
  /** Values for a black picture. */
  readonly dark: Float32Array;
  /** Values for a white picture. */
  readonly bright: Float32Array;
  /** Default: float32. */
  readonly type?: ElementType;
}

/** Numbers of ONNX's element types. */
const elementTypes = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10, float64: 11 } as const;
export type ElementType = keyof typeof elementTypes;

export interface LayoutExtras {
  /** Of the picture; default: float32. */
  readonly inputType?: ElementType;
  /** What the graph declares of the picture, where that is not `shape`: a name is a free axis. */
  readonly declared?: readonly (number | string)[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly producer?: string;
  /** An output of boxes that is multiplied by an input [1, 2] of two sizes, once for each corner. */
  readonly scaled?: { readonly output: string; readonly by: string };
}

/**
 * output = dark + (bright - dark) x brightness, where brightness is the mean of the input, 0 for `black` and 1 for `white`.
 * @param shape of the input, as the graph declares it
 * @param level what black and white are in the input's values
 */
export function layoutModel(
  shape: readonly number[],
  level: { black: number; white: number },
  outputs: readonly LayoutOutput[],
  moreInputs: readonly { name: string; shape: readonly number[]; type?: ElementType }[] = [],
  { scaled, inputType = 'float32', declared = shape, metadata = {}, producer = 'by hand' }: LayoutExtras = {},
): Uint8Array {
  const constants = outputs.flatMap((o) => [
    floats(`${o.name}/dark`, o.shape, o.dark),
    floats(
      `${o.name}/gain`,
      o.shape,
      o.bright.map((v, i) => v - (o.dark[i] ?? 0)),
    ),
  ]);
  const graph = {
    name: 'layout',
    input: [valueInfo('images', declared, inputType), ...moreInputs.map((i) => valueInfo(i.name, i.shape, i.type))],
    output: outputs.map((o) => valueInfo(o.name, o.declared ?? o.shape, o.type)),
    initializer: [
      ...constants,
      floats('black', [], Float32Array.of(level.black)),
      floats('range', [], Float32Array.of(level.white - level.black)),
    ],
    node: [
      // An axis at a time: a single-precision sum over a million pixels is wrong in the third digit.
      cast('images', 'floats', 'float32'),
      ...['floats', 'columns', 'rows'].map((from, i) =>
        node('ReduceMean', [from], ['columns', 'rows', 'mean'][i] ?? '', [
          { name: 'axes', type: 7, ints: i < 2 ? [-1] : [0, 1] },
          { name: 'keepdims', type: 2, i: 0 },
        ]),
      ),
      node('Sub', ['mean', 'black'], 'lit'),
      node('Div', ['lit', 'range'], 'brightness'),
      ...(scaled
        ? [
            cast(scaled.by, 'size', 'float32'),
            node('Concat', ['size', 'size'], 'sizes', [{ name: 'axis', type: 2, i: -1 }]),
          ]
        : []),
      ...outputs.flatMap(({ name, type = 'float32' }) => [
        node('Mul', [`${name}/gain`, 'brightness'], `${name}/change`),
        node('Add', [`${name}/dark`, `${name}/change`], `${name}/floats`),
        ...(scaled?.output === name ? [node('Mul', [`${name}/floats`, 'sizes'], `${name}/scaled`)] : []),
        cast(scaled?.output === name ? `${name}/scaled` : `${name}/floats`, name, type),
      ]),
    ],
  };
  const model = onnx.ModelProto.fromObject({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 13 }],
    producerName: producer,
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph,
  });
  return onnx.ModelProto.encode(model).finish();
}

/**
 * Writes a package: the manifest of `example` (a model.yaml) with `changes`, and a `layoutModel` of its input.
 * @param labels written as `labels.txt`
 */
export function writeLayoutPackage(
  dir: string,
  example: string,
  outputs: readonly LayoutOutput[],
  labels: readonly string[],
  changes: Record<string, unknown> = {},
): string {
  const manifest = { ...(parse(readFileSync(example, 'utf8')) as Record<string, unknown>), ...changes };
  const input = imageInput.parse(manifest.input);
  const channels = input.color === 'gray' ? 1 : 3;
  const mean = (value: (channel: number) => number) =>
    Array.from({ length: channels }, (_, c) => value(c)).reduce((a, b) => a + b, 0) / channels;
  const normal = (pixel: number) => mean((c) => (pixel - (input.mean[c] ?? 0)) / (input.std[c] ?? 1));
  const shape =
    input.layout === 'nchw' ? [1, channels, input.height, input.width] : [1, input.height, input.width, channels];
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, 'model.yaml'), JSON.stringify(manifest));
  writeFileSync(path.join(dir, 'labels.txt'), labels.join('\n'));
  writeFileSync(path.join(dir, 'fp32.onnx'), layoutModel(shape, { black: normal(0), white: normal(255) }, outputs));
  return dir;
}

function valueInfo(name: string, shape: readonly (number | string)[], type: ElementType = 'float32') {
  const dim = shape.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d }));
  return { name, type: { tensorType: { elemType: elementTypes[type], shape: { dim } } } };
}

function floats(name: string, dims: readonly number[], values: Float32Array) {
  const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, dims: [...dims], dataType: 1, rawData };
}

function cast(from: string, to: string, type: ElementType) {
  return node('Cast', [from], to, [{ name: 'to', type: 2, i: elementTypes[type] }]);
}

function node(opType: string, input: string[], output: string, attribute: object[] = []) {
  return { opType, input, output: [output], name: output, attribute };
}
