/**
 * The gate of a stream: its active hours, then whether anything has changed since the model last looked, then whether
 * anything can happen yet.
 *
 * Invariants:
 * 1. Between two analysed frames lie at most `maxIdleS`; and at most `coastS` before the first that coasts no more, though
 *    it differs.
 * 2. With `coastS`, no frame is decided before the result of the last analysed one is fed back: the same frames and the same
 *    results give the same decisions, however long inference takes.
 */
import type { GateConfig } from '../../../shared/contract/config/gate.ts';
import { createSchedule, type Schedule } from '../../../shared/contract/config/schedule.ts';
import type { Gate } from '../stage.ts';
import { createMotion } from './motion.ts';

export interface GateOptions {
  /** False: every frame in the active hours is analysed. */
  readonly gate: false | GateConfig;
  readonly active?: Schedule | undefined;
}

/** Small enough to cost nothing, large enough that a person across the street is more than a dot. */
const PLANE = { width: 96, height: 72 } as const;

/** @returns undefined where every frame is analysed at all times */
export function createGate({ gate, active }: GateOptions): Gate | undefined {
  if (gate === false && active === undefined) return undefined;
  const due = active ? createSchedule(active) : () => true;
  const motion = gate === false ? undefined : createMotion(gate, PLANE.width, PLANE.height);
  const holdMs = gate === false ? 0 : gate.holdS * 1000;
  const maxIdleMs = gate === false ? 0 : gate.maxIdleS * 1000;
  let analysedMs = Number.NEGATIVE_INFINITY;
  let changedMs = Number.NEGATIVE_INFINITY;
  const coastMs = gate === false ? 0 : gate.coastS * 1000;
  let quietUntilMs = Number.NEGATIVE_INFINITY;
  let awaited = false;
  return {
    plane: motion && PLANE,
    decide({ luma, ptsMs, wall }) {
      if (!due(wall)) {
        // What is seen when the hours begin again is compared with nothing of yesterday.
        analysedMs = Number.NEGATIVE_INFINITY;
        return 'skip';
      }
      if (!motion) return 'analyse';
      const differs = motion.differs(luma);
      if (differs) changedMs = ptsMs;
      const held = holdMs > 0 && ptsMs - changedMs <= holdMs;
      const fresh = ptsMs - analysedMs < maxIdleMs;
      if (fresh && !differs && !held) return 'reuse';
      if (fresh && ptsMs < quietUntilMs) return 'coast';
      analysedMs = ptsMs;
      quietUntilMs = Number.NEGATIVE_INFINITY;
      awaited = coastMs > 0;
      motion.remember(luma);
      return 'analyse';
    },
    ready: () => !awaited,
    feedBack(quietMs) {
      awaited = false;
      quietUntilMs = analysedMs + Math.min(coastMs, quietMs);
    },
  };
}
