/** Light results for whoever looks at a stream now: thinned in time and freed of bulk before they leave the runner. */
import { withinPoints } from '../../shared/contract/messages/detail.ts';
import type { Outcome } from '../../shared/engine/outcome.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import type { FrameResult, FrameTiming } from '../pipeline/outputs.ts';

/** An outcome without its bulk: of a vector only the length, of lists the best. */
export type LightOutcome =
  | Exclude<Outcome, { task: 'embed' }>
  | { readonly task: 'embed' /** Numbers in the vector. */; readonly length: number };

export interface LightResult {
  readonly frame: number;
  readonly ptsMs: number;
  /** Objects carry their tracks where there is a tracker. */
  readonly outcome: LightOutcome;
  readonly timing: FrameTiming;
  /** `Clock.mono` when its rules had been evaluated. */
  readonly endedAt: number;
}

export interface Follower {
  /** Somebody looks until this moment of the monotonic clock. */
  follow(until: number): void;
  /** Shall the result at hand be sent? */
  due(): boolean;
}

/** Least milliseconds between two results: five a second are plenty for an eye and for a poll. */
const STEP_MS = 200;
const MOST_ENTRIES = 100;
/** Of their keypoints and masks together. */
const MOST_POINTS = 5000;

export function createFollower(clock: Clock): Follower {
  let end = Number.NEGATIVE_INFINITY;
  let next = Number.NEGATIVE_INFINITY;
  return {
    follow(until) {
      end = until;
    },
    due() {
      const now = clock.mono();
      if (now > end || now < next) return false;
      next = now + STEP_MS;
      return true;
    },
  };
}

export function lighten({ frame, ptsMs, outcome, objects, timing, endedAt }: FrameResult): LightResult {
  return { frame, ptsMs, outcome: lightOutcome(outcome, objects), timing, endedAt };
}

function lightOutcome(outcome: Outcome, objects: FrameResult['objects']): LightOutcome {
  switch (outcome.task) {
    case 'detect':
      return { task: 'detect', detections: withinPoints(objects.slice(0, MOST_ENTRIES), MOST_POINTS) };
    case 'classify':
      return { task: 'classify', classes: outcome.classes.slice(0, MOST_ENTRIES) };
    case 'embed':
      return { task: 'embed', length: outcome.vector.length };
    case 'anomaly':
      return outcome;
  }
}
