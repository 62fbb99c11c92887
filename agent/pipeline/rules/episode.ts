/** The greatest score of an anomaly while it lasts, and what was so unusual then. Pure. */
import type { Moment } from '../stage.ts';

export interface Episode {
  /** The moment of the greatest score beside its threshold; undefined before the first. */
  readonly peak: Moment | undefined;
  /** When its first moment was. */
  readonly since: number | undefined;
  add(moment: Moment): void;
  end(): void;
}

export function createEpisode(): Episode {
  let peak: Moment | undefined;
  let since: number | undefined;
  return {
    get peak() {
      return peak;
    },
    get since() {
      return since;
    },
    add(moment) {
      since ??= moment.ptsMs;
      if (!peak || strength(moment) > strength(peak)) peak = moment;
    },
    end() {
      peak = undefined;
      since = undefined;
    },
  };
}

/** Thresholds may move while it lasts. */
function strength({ outcome: { score, threshold } }: Moment): number {
  return threshold > 0 ? score / threshold : score;
}
