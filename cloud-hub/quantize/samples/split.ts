/** Which samples calibrate, which choose what stays in float, and which prove the result. No sample has two tasks. Pure. */

export interface Split<T> {
  /** For the ranges. */
  readonly calibration: readonly T[];
  /** For choosing nodes: seen by the search, not by the calibration. */
  readonly search: readonly T[];
  /** For the report: seen by nothing before. */
  readonly unseen: readonly T[];
}

/**
 * @param ordered neighbours resemble each other (a clip, a series): the last part proves, so that what proves is of another
 * time; else (pictures by name) every fifth and third one of five
 */
export function splitSamples<T>(samples: readonly T[], ordered: boolean): Split<T> {
  const taskOf = (i: number): keyof Split<T> => {
    if (!ordered) return (['calibration', 'unseen', 'calibration', 'search', 'unseen'] as const)[i % 5] ?? 'unseen';
    if (i >= samples.length * 0.6) return 'unseen';
    return i % 3 === 1 ? 'search' : 'calibration';
  };
  const of = (task: keyof Split<T>) => samples.filter((_, i) => taskOf(i) === task);
  return { calibration: of('calibration'), search: of('search'), unseen: of('unseen') };
}
