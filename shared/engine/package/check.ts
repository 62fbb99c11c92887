/** Does the manifest say what the graph says? */
import type { ImageInput } from '../../contract/model-manifest.ts';
import type { Graph, TensorInfo } from './graph.ts';

/** One contradiction: the manifest's field, what it says, and what the graph says. */
export interface Contradiction {
  readonly field: string;
  readonly says: string;
  readonly graph: string;
}

/** Channels of a picture in a colour order. */
export function channelsOf(color: ImageInput['color']): number {
  return color === 'gray' ? 1 : 3;
}

/** The inputs of a graph that no constant names; of one that fits its manifest the picture alone. */
export function openInputs({ inputs }: Graph, constants: ImageInput['constants'] = {}): readonly TensorInfo[] {
  return inputs.filter(({ name }) => !Object.hasOwn(constants, name));
}

/** Compares `input` of the manifest with the graph's image input; free axes agree with everything. */
export function inputContradictions(input: ImageInput, graph: Graph): Contradiction[] {
  const [image, ...others] = openInputs(graph, input.constants);
  if (!image || others.length > 0) {
    const open = [...(image ? [image] : []), ...others];
    const names = graph.inputs.map((i) => i.name).join(', ');
    const unsaid = open.filter(({ shape }) => shape.length !== 4).map(({ name }) => name);
    const hint = unsaid.length > 0 && open.length > 1 ? `; say in input.constants what ${unsaid.join(', ')} is` : '';
    return [{ field: 'input', says: 'one picture', graph: `${graph.inputs.length} inputs (${names})${hint}` }];
  }
  const unfit = pixelContradiction(input, image);
  if (unfit) return [unfit];
  if (image.shape.length !== 4) {
    return [
      {
        field: 'input',
        says: 'a picture (4 axes)',
        graph: `${image.shape.length} axes in "${image.name}" ${shapeText(image)}`,
      },
    ];
  }
  const [batch, ...rest] = image.shape;
  const [channels, height, width] = input.layout === 'nchw' ? rest : [rest[2], rest[0], rest[1]];
  const wanted = channelsOf(input.color);
  const pairs: [string, string, number, number | undefined][] = [
    ['input.layout', `one picture, ${input.layout}`, 1, batch],
    ['input.color', `${input.color} (${wanted} channels), ${input.layout}`, wanted, channels],
    ['input.height', String(input.height), input.height, height],
    ['input.width', String(input.width), input.width, width],
  ];
  return pairs
    .filter(([, , says, found]) => found !== undefined && found !== says)
    .map(([field, says, , found]) => ({ field, says, graph: `${found} in "${image.name}" ${shapeText(image)}` }));
}

const FLOATS: ReadonlySet<string> = new Set(['float32', 'float16', 'float64']);
const INTEGERS: ReadonlySet<string> = new Set(['uint8', 'int8', 'uint16', 'int16', 'int32', 'uint32', 'int64']);

export function takesFloats(tensor: TensorInfo): boolean {
  return FLOATS.has(tensor.type);
}

export function takesIntegers(tensor: TensorInfo): boolean {
  return INTEGERS.has(tensor.type);
}

/** Whole numbers cannot take scaled pixels. */
function pixelContradiction({ mean, std }: ImageInput, image: TensorInfo): Contradiction | undefined {
  const graph = `${image.type} in "${image.name}"`;
  if (takesFloats(image)) return undefined;
  if (!takesIntegers(image)) return { field: 'input', says: 'pixels as numbers', graph };
  if (std.every((s) => s === 1) && mean.every(Number.isInteger)) return undefined;
  const says = `scaled pixels (mean ${mean.join(', ')}; std ${std.join(', ')})`;
  return { field: 'input.mean and input.std', says, graph: `${graph}, which takes them as they are: leave both out` };
}

export function describeContradictions(list: readonly Contradiction[]): string {
  return list.map((c) => `${c.field} says ${c.says}, the graph says ${c.graph}`).join('; ');
}

/** A shape as people write it: `[1, 3, 416, ?]`. */
export function shapeText(tensor: TensorInfo): string {
  return `[${tensor.shape.map((n) => n ?? '?').join(', ')}]`;
}
