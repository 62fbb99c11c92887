/** What the further inputs of an export are, by the names that its authors give them. Pure. */
import type { TensorInfo } from '../../../shared/engine/package/graph.ts';
import { CodedError } from '../../../shared/kit/errors.ts';
import { describeTensor, type Facts } from './facts.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * - `orig_target_sizes` of RT-DETR and D-FINE (github.com/lyuwenyu/RT-DETR, `tools/export_onnx.py`): width and height to which boxes are
 *   scaled;
 * - `im_shape`, `scale_factor` of PaddleDetection (`deploy/python/preprocess.py`): height and width of the input, and by how much it was
 *   scaled; `im_info` of older exports has all three;
 * - `image_shape` of YOLOv3 in the ONNX zoo: height and width.
 *
 * With the input's own size and a scale of 1 the boxes come in pixels of the input.
 */
const known: Readonly<Record<string, (size: Size) => number[]>> = {
  orig_target_sizes: ({ width, height }) => [width, height],
  im_shape: ({ width, height }) => [height, width],
  scale_factor: () => [1, 1],
  im_info: ({ width, height }) => [height, width, 1],
  image_shape: ({ width, height }) => [height, width],
};

/**
 * @returns constants by input; undefined where the picture is the only one
 * @throws CodedError `model-invalid` naming an input that nobody knows
 */
export function constantInputs({ image, inputs }: Facts, size: Size): Record<string, number[]> | undefined {
  const others = inputs.filter(({ name }) => name !== image?.name);
  if (others.length === 0) return undefined;
  return Object.fromEntries(others.map((input) => [input.name, valuesOf(input, size)]));
}

function valuesOf(input: TensorInfo, size: Size): number[] {
  const make = Object.hasOwn(known, input.name) ? known[input.name] : undefined;
  if (make) return make(size);
  throw new CodedError(
    'model-invalid',
    `takes ${describeTensor(input)} beside the picture, and its name does not say what it is (known are ` +
      `${Object.keys(known).join(', ')}). Is it the same for every picture, write model.yaml by hand and say it in ` +
      'input.constants (fixtures/config/head-final-boxes-constants.good.yaml)',
  );
}
