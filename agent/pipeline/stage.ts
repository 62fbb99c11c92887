/**
 * The contracts of the pipeline: source → gate → engine → track → rules. A stage is one small file in its own folder. It
 * knows this file and no other stage, is handed the time, and owns no thread, timer or file.
 */

import type { Details } from '../../shared/contract/messages/detail.ts';
import type { Detection } from '../../shared/contract/messages/preview.ts';
import type { EventRecord } from '../../shared/contract/messages/record.ts';
import type { PictureFault } from '../../shared/contract/messages/report.ts';
import type { Box, Point } from '../../shared/contract/names.ts';
import type { LabelThresholds } from '../../shared/contract/thresholds.ts';
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

/** A track, where it is expected, and where it goes. */
export interface Moving extends Tracked {
  /** Of its box, in widths and heights of the picture a second. */
  readonly velocity: Point;
}

/** Gives detections their identity over time. */
export interface Tracker {
  /**
   * Called for each analysed frame, in order; a frame that shows what the last one showed leaves everything where it was.
   * @param detections of the frame, those that do not count included: they continue tracks, no more
   * @param ptsMs the frame's time: the rate of analysed frames varies
   * @param coasted frames before it, since the last call, in which things moved and nobody looked; default: 0
   */
  update(detections: readonly Detection[], ptsMs: number, coasted?: number): TrackUpdate;
  /** After the last update: the tracks that were seen in it or shortly before. */
  moving(): readonly Moving[];
}

/** Looks at the pictures of a camera now and then: is something wrong with them? */
export interface PictureWatch {
  /** Size of the brightness plane that it wants, the whole picture scaled to it. */
  readonly plane: { readonly width: number; readonly height: number };
  /** Does it want a picture at this moment of `Clock.mono`? */
  due(atMs: number): boolean;
  /**
   * @param luma brightness, a byte a pixel, row by row; it is not kept
   * @returns undefined: nothing is wrong, or not known yet
   */
  see(luma: Uint8Array, atMs: number): PictureFault | undefined;
}

/** A frame as a gate sees it. */
export interface GateFrame {
  /** Brightness, a byte a pixel, row by row; empty for a gate without `plane`. The gate does not keep it. */
  readonly luma: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly ptsMs: number;
  /** `Clock.wall` when the frame was due, in milliseconds since 1970. */
  readonly wall: number;
}

/** Decides which frames are worth the model. */
export interface Gate {
  /** Size of the brightness plane that it wants of each frame, the whole picture scaled to it; undefined: none. */
  readonly plane: { readonly width: number; readonly height: number } | undefined;
  /**
   * `analyse`: the frame goes through the model, and later ones are compared with it. `reuse`: it shows what the last
   * analysed frame showed, whose result stands. `coast`: things move, but nothing can happen yet: where they were in it
   * follows from the analysed frames before and after. `skip`: outside of the active hours, nothing is to be done.
   * Frames come in order, and only those that will be handed on: a frame that is dropped after `analyse` would leave the
   * ones after it with a result of something else.
   */
  decide(frame: GateFrame): 'analyse' | 'reuse' | 'coast' | 'skip';
  /** False while `feedBack` is awaited: it cannot decide before. */
  ready(): boolean;
  /**
   * The result of the frame last analysed, once for each.
   * @param quietMs so long after it nothing can happen, judged by the tracks; 0 where nothing is known
   */
  feedBack(quietMs: number): void;
}

/** One moment of an anomaly. */
export interface Moment {
  readonly ptsMs: number;
  readonly outcome: Extract<Outcome, { task: 'anomaly' }>;
  /** The last values, by channel in the order of the model; undefined: nobody knows. */
  readonly values: readonly number[] | undefined;
}

/** What is known of an analysed frame when it is decided whether the hub is asked about it. */
export interface Chance extends FrameInfo {
  readonly outcome: Outcome;
  /** Everything that the model found, weak objects too, with tracks where there are. */
  readonly seen: readonly Detection[];
  /** From which score on objects count, but those of the labels that `thresholds` names. */
  readonly threshold: number;
  readonly thresholds?: LabelThresholds | undefined;
  /** `seen` has all objects from this score on; undefined: of a model that gives no weaker ones. */
  readonly floor?: number | undefined;
}

/** Says how much a second opinion on a frame is worth. */
export interface Selector {
  /** @returns 0 (could be spared) to 1 (whatever it costs); undefined: it does not want this frame */
  worth(chance: Chance): number | undefined;
}

/** What a rule found; the walk adds stream, model, time and crop. */
export type RuleEvent = Pick<EventRecord, 'rule' | 'ruleKind' | 'action' | 'label' | 'score'> & {
  readonly track?: number;
  readonly box?: Box;
  readonly keypoints?: Details['keypoints'];
  readonly mask?: Details['mask'];
  readonly count?: number;
  /** Of an anomaly, in the model's own units. */
  readonly value?: number;
  readonly threshold?: number;
  /** The greatest score of an anomaly so far, with what was so unusual then. */
  readonly peak?: Moment;
  /** Of one that ends. */
  readonly durationMs?: number;
  readonly path?: readonly Point[];
  /** Does the rule want a picture: a crop of `box`, without one the whole? */
  readonly snapshot: boolean;
};

/** What is known of one frame when its rules are evaluated. */
export interface Observation extends FrameInfo {
  /** `Clock.wall` when the frame was due, in milliseconds since 1970; for schedules only. */
  readonly wall: number;
  readonly outcome: Outcome;
  /** The last values of a series, by channel. */
  readonly values?: readonly number[];
  /** What of it rules count, by falling score: its objects, or what it found in the whole of its input. */
  readonly objects: readonly Detection[];
  readonly update: TrackUpdate;
}

/** One rule of a stream. */
export interface RuleStage {
  /** Looks at one frame; returns what happened, in order (mostly nothing). */
  evaluate(observation: Observation): RuleEvent[];
  /** Of rules on series: is it in the middle of something that began before? A start then shows it the beginning once more. */
  isBusy?(): boolean;
  /**
   * How long after the frame last evaluated nothing can happen that would be missed by looking at where everybody is before
   * and after; 0: every frame counts.
   * @param moving the tracks by then
   * @param horizonMs longer need not be looked ahead
   */
  quietMs(moving: readonly Moving[], horizonMs: number): number;
}
