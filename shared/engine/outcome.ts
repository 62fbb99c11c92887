/** What a model says of one input, by the task of its package. */
import type { Detection } from '../contract/messages/preview.ts';

export interface ClassScore {
  readonly label: string;
  /** 0 to 1. */
  readonly score: number;
}

export type Outcome =
  /** By falling score; boxes as fractions of the frame. */
  | { readonly task: 'detect'; readonly detections: Detection[] }
  /** By falling score. `audio` models answer with classes too. */
  | { readonly task: 'classify'; readonly classes: ClassScore[] }
  /** `score` in the model's own units; `anomalous` when it is above `threshold`. */
  | {
      readonly task: 'anomaly';
      readonly score: number;
      readonly threshold: number;
      readonly anomalous: boolean;
      /** How much each channel of the input contributes, in their order; they add up to 1, or are all 0. */
      readonly parts?: readonly number[];
      /** Between which values each channel was expected, where that is known. */
      readonly expected?: readonly (readonly [low: number, high: number] | undefined)[];
    }
  | { readonly task: 'embed'; readonly vector: Float32Array };

/** The objects of an outcome; none for tasks that find no objects. */
export function objectsOf(outcome: Outcome): readonly Detection[] {
  return outcome.task === 'detect' ? outcome.detections : [];
}
