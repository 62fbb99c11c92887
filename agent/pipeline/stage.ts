/**
 * The contracts of the pipeline: source → gate → engine → track → rules. A stage is one small file in its own folder, knows
 * this file and nothing of other stages, is handed the time, and owns no thread, timer or file.
 */

import type { Detection } from '../../shared/contract/messages/preview.ts';
import type { EventRecord } from '../../shared/contract/messages/record.ts';
import type { Box, Point } from '../../shared/contract/names.ts';
import type { Outcome } from '../../shared/engine/outcome.ts';

/** Where a result belongs in its stream. */
export interface FrameInfo {
  /** Index of the frame in its source, from 0; goes on through loops. */
  readonly frame: number;
  /** Presentation time in milliseconds from the source's start; never goes back. */
  readonly ptsMs: number;
}

/** An object followed over frames. */
export interface Tracked extends Detection {
  readonly track: number;
}

export interface TrackUpdate {
  /** The frame's detections, each with its track. */
  readonly tracked: readonly Tracked[];
  /** Tracks that began with this frame. */
  readonly began: readonly Tracked[];
  /** Ids of the tracks that ended: not seen for too long. */
  readonly ended: readonly number[];
}

/** Gives detections their identity over time. */
export interface Tracker {
  update(detections: readonly Detection[]): TrackUpdate;
}

/** What a rule found; the walk adds stream, model, time and crop. */
export type RuleEvent = Pick<EventRecord, 'rule' | 'ruleKind' | 'action' | 'label' | 'score'> & {
  readonly track?: number;
  readonly box?: Box;
  readonly count?: number;
  readonly path?: readonly Point[];
  /** Does the rule want a crop of `box`? */
  readonly snapshot: boolean;
};

/** What is known of one frame when its rules are evaluated. */
export interface Observation extends FrameInfo {
  /** `Clock.wall` when the frame was due, in milliseconds since 1970; for schedules only. */
  readonly wall: number;
  readonly outcome: Outcome;
  /** The outcome's objects by falling score. */
  readonly objects: readonly Detection[];
  readonly update: TrackUpdate;
}

/** One rule of a stream. */
export interface RuleStage {
  /** Looks at one frame; returns what happened, in order (mostly nothing). */
  evaluate(observation: Observation): RuleEvent[];
}
