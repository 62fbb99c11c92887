/**
 * Inputs of a graph beside the picture that are the same for every picture: sizes and scales with which an export maps its boxes
 * (`input.constants` of model.yaml). Their type and axes are the graph's; a free axis takes what is left of the numbers.
 */
import { type ImageInput, isImageInput, type ModelInput } from '../../contract/model-manifest.ts';
import { type Contradiction, shapeText, takesFloats, takesIntegers } from './check.ts';
import type { Graph, TensorInfo } from './graph.ts';

/** What is fed beside each picture. */
export interface ConstantInput {
  readonly name: string;
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

export function constantContradictions({ constants = {} }: ImageInput, { inputs }: Graph): Contradiction[] {
  return Object.entries(constants).flatMap(([name, values]): Contradiction[] => {
    const field = `input.constants.${name}`;
    const input = inputs.find((i) => i.name === name);
    if (!input)
      return [
        { field, says: 'an input beside the picture', graph: `the inputs ${inputs.map((i) => i.name).join(', ')}` },
      ];
    const graph = `${input.type} ${shapeText(input)}`;
    if (!takesFloats(input) && !takesIntegers(input)) return [{ field, says: 'numbers', graph }];
    if (!takesFloats(input) && !values.every(Number.isInteger)) return [{ field, says: values.join(', '), graph }];
    return shapeFor(input, values.length) ? [] : [{ field, says: `${values.length} numbers`, graph }];
  });
}

/** @param graph one that `constantContradictions` has found nothing against */
export function constantsOf(input: ModelInput, { inputs }: Graph): ConstantInput[] {
  const constants = (isImageInput(input) && input.constants) || {};
  return inputs.flatMap((tensor) => {
    const values = Object.hasOwn(constants, tensor.name) ? constants[tensor.name] : undefined;
    const shape = values && shapeFor(tensor, values.length);
    return values && shape ? [{ name: tensor.name, data: Float32Array.from(values), shape }] : [];
  });
}

/** The axes for so many numbers; undefined where they do not fit. */
function shapeFor({ shape }: TensorInfo, count: number): readonly number[] | undefined {
  const known = shape.reduce<number>((product, size) => product * (size ?? 1), 1);
  const last = shape.lastIndexOf(undefined);
  const made = shape.map((size, axis) => size ?? (axis === last ? count / known : 1));
  const fits = made.every(Number.isInteger) && made.reduce((product, size) => product * size, 1) === count;
  return fits ? made : undefined;
}
