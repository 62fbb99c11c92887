import type { ImageInput } from '../../shared/contract/model-manifest.ts';

/** The smallest input that shows everything. */
export const tinyInput: ImageInput = {
  width: 64,
  height: 64,
  layout: 'nchw',
  color: 'rgb',
  resize: 'stretch',
  pad: 0,
  mean: [0, 0, 0],
  std: [1, 1, 1],
};
