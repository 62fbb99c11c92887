/** What a family of models is to the guess: shapes by which it is recognised, and how its authors feed it. */
import type { HeadConfig, ImageInput } from '../../../../shared/contract/model-manifest.ts';
import type { TensorInfo } from '../../../../shared/engine/package/graph.ts';
import type { Facts } from '../facts.ts';

/** How pixels become values. */
export type Pixels = Pick<ImageInput, 'color' | 'resize' | 'mean' | 'std'> & Partial<Pick<ImageInput, 'pad'>>;

export interface Recognised {
  readonly task: 'detect' | 'classify' | 'embed';
  readonly head: HeadConfig;
  /** What in the graph it was recognised by. */
  readonly why: string;
  /** No other family has these shapes. */
  readonly sure: boolean;
  /** How many labels the shapes have; undefined where they do not show it. */
  readonly labels: number | undefined;
  /** Their names, where the family has names of its own. */
  readonly named?: readonly string[];
  /** Names that most models of the family have, where neither shapes nor metadata say another thing. */
  readonly usual?: readonly string[];
  readonly pixels: Pixels;
  /** Whose way of feeding pixels this is. */
  readonly fedLike: string;
  readonly threshold: number;
  readonly iou?: number;
}

/** What a family looks at: facts whose picture has a size. */
export interface Sight {
  readonly width: number;
  readonly height: number;
  readonly facts: Facts;
  readonly outputs: readonly TensorInfo[];
  /** How many labels the model's owner or its metadata names. */
  readonly labels: number | undefined;
}

export interface Family {
  readonly name: string;
  recognise(sight: Sight): Recognised | undefined;
}

/** Values of 0 to 255, as they are. */
export const BYTES = { mean: [0, 0, 0], std: [1, 1, 1] };
/** 0 to 1. */
export const UNIT = { mean: [0, 0, 0], std: [255, 255, 255] };
/** -1 to 1. */
export const SIGNED = { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] };
/** By the mean and deviation of ImageNet, red first. */
export const IMAGENET = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] };
/** The same, blue first. */
export const IMAGENET_BGR = { mean: IMAGENET.mean.toReversed(), std: IMAGENET.std.toReversed() };

/** Cells of all strides: of a grid that covers the input, or with `partial` also what sticks out. */
export function cellCount(strides: readonly number[], { width, height }: Sight, partial = false): number {
  const round = partial ? Math.ceil : Math.floor;
  return strides.reduce((sum, stride) => sum + round(width / stride) * round(height / stride), 0);
}

/** The strides, of those in use, whose grids have so many cells. */
export function stridesOf(
  count: number | undefined,
  sight: Sight,
  each = 1,
  partial = false,
): readonly number[] | undefined {
  const known = [[8, 16, 32], [8, 16, 32, 64], [16, 32], [16, 32, 64], [32], [4, 8, 16, 32], [8]];
  return known.find((strides) => cellCount(strides, sight, partial) * each === count);
}

/** The sizes of an output after its batch, which must be 1 or free. */
export function sizesOf(output: TensorInfo | undefined): readonly (number | undefined)[] {
  if (!output || (output.shape[0] ?? 1) !== 1) return [];
  return output.shape.slice(1);
}
