/** Which part each feature has in the strength of a sample. */

export const FEATURES = ['level', 'step', 'deviation', 'mean', 'spread', 'relative', 'day', 'shape'] as const;
export type Feature = (typeof FEATURES)[number];
/** A number for each feature. */
export type PerFeature = Readonly<Record<Feature, number>>;

/** Chosen on 28 series of the Numenta Anomaly Benchmark; `npm run bench -- halves` tells what such a choice is worth on other series. */
export const WEIGHTS: PerFeature = {
  level: 0.7,
  step: 0.8,
  deviation: 0.15,
  mean: 0.4,
  spread: 0.6,
  relative: 0.15,
  day: 0.25,
  shape: 0.25,
};

/** The weighted mean of the features' surprises: what is unusual in several ways is more than what is very unusual in one. */
export function strengthOf(surprises: PerFeature, weights: PerFeature = WEIGHTS): number {
  let strength = 0;
  let all = 0;
  for (const feature of FEATURES) {
    strength += weights[feature] * surprises[feature];
    all += weights[feature];
  }
  return strength / all;
}
