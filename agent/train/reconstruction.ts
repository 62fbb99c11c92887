/**
 * The fitted model: project a window on its components, hold each within the range seen in training, go back. The range
 * makes what is far off along a component (a level never seen) as visible as what fits no component.
 */
import type { Pca } from './pca.ts';
import { dot } from './pca.ts';

export interface Reconstruction {
  readonly mean: Float64Array;
  readonly components: readonly Float64Array[];
  /** Greatest distance from the mean along each component that is given back. */
  readonly ranges: readonly number[];
}

/** Standard deviations along a component that are given back. */
const RANGE = 3;

/** @param count how many of the components to keep */
export function reconstructionOf({ mean, components, variances }: Pca, count: number): Reconstruction {
  return {
    mean,
    components: components.slice(0, count),
    ranges: variances.slice(0, count).map((variance) => RANGE * Math.sqrt(variance)),
  };
}

/** Mean squared difference between a window and what the model gives back: the score of the `autoencoder` head. */
export function errorOf({ mean, components, ranges }: Reconstruction, window: Float32Array): number {
  const rest = Float64Array.from(window, (value, i) => value - (mean[i] as number));
  const scores = components.map((c) => dot(c, rest));
  for (const [k, component] of components.entries()) {
    const range = ranges[k] as number;
    const held = Math.min(range, Math.max(-range, scores[k] as number));
    for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] as number) - held * (component[i] as number);
  }
  return dot(rest, rest) / rest.length;
}
