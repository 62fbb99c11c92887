/** What a model is shown: one prepared input. */
import type { Fit } from '../../../shared/engine/preprocess/fit.ts';

export interface Sample {
  /** Says where it is from, for a message: `clip.mp4 at 1.2 s`. */
  readonly name: string;
  /** Where the picture lies in the input; for a window what is never looked at. */
  readonly fit: Fit;
  /** The input, as the package's `input` says; a new array each time. */
  tensor(): Float32Array;
}
