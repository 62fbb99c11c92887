/**
 * The rules of a stream over its frames, also those that no model saw.
 *
 * Invariants:
 * 1. Rules see frames in the order of their times, each at most once; what they find belongs to the frame that they saw.
 * 2. A frame that shows what the analysed one before it showed is judged by that one's result: objects stay where they were.
 * 3. A coasted frame is judged when the next analysed one is known. Who was seen before and after it was on the straight way
 *    between; who was seen only once was there in the half of the time that is nearer to it.
 * 4. After a frame that failed nothing is known: what coasted before it is not judged.
 */
import type { Rule } from '../../shared/contract/config/rules.ts';
import type { Detection } from '../../shared/contract/messages/preview.ts';
import type { Outcome } from '../../shared/engine/outcome.ts';
import { between } from './coast.ts';
import { createRule } from './rules/registry.ts';
import type { FrameInfo, Moving, RuleEvent, Tracked, TrackUpdate } from './stage.ts';

/** What an analysed frame showed. */
export interface Shown {
  readonly outcome: Outcome;
  /** What rules count. */
  readonly found: readonly Detection[];
  /** The same with tracks, where there is a tracker. */
  readonly objects: readonly Detection[];
  readonly tracked: readonly Tracked[];
}

/** A frame, and `Clock.wall` when it came. */
export interface DueFrame extends FrameInfo {
  readonly wall: number;
}

export interface Found {
  readonly event: RuleEvent;
  /** In which it happened. */
  readonly at: FrameInfo;
}

export interface Judge {
  analysed(frame: DueFrame, shown: Shown, update: TrackUpdate): Found[];
  /** A frame that shows what the last one showed. */
  same(frame: DueFrame): Found[];
  /** A frame in which things moved and nobody looked. */
  coast(frame: DueFrame): void;
  /** Frames that wait for the next analysed one. */
  coasting(): number;
  forget(): void;
  /** No more frames come: what still waits is judged as if all had stayed. */
  finish(): Found[];
  /** How long after the last analysed frame nothing can happen (`RuleStage.quietMs`). */
  quietMs(moving: readonly Moving[], horizonMs: number): number;
}

interface Seen {
  readonly shown: Shown;
  /** When it was seen, or last confirmed by a frame that shows the same. */
  readonly ptsMs: number;
}

export function createJudge(configs: readonly Rule[]): Judge {
  const rules = configs.map((config) => createRule(config));
  let last: Seen | undefined;
  let coasted: DueFrame[] = [];

  const judge = (at: DueFrame, { outcome, found }: Pick<Shown, 'outcome' | 'found'>, update: TrackUpdate): Found[] =>
    rules
      .flatMap((rule) => rule.evaluate({ ...at, outcome, objects: found, update }))
      .map((event) => ({ event, at: { frame: at.frame, ptsMs: at.ptsMs } }));

  /** Judges what has waited. */
  const bridge = (before: Seen, after: Seen): Found[] => {
    const frames = coasted;
    coasted = [];
    return frames.flatMap((frame) => {
      const tracked = between(frame.ptsMs, [before.shown.tracked, before.ptsMs], [after.shown.tracked, after.ptsMs]);
      return judge(frame, { outcome: after.shown.outcome, found: tracked }, { tracked, began: [], ended: [] });
    });
  };

  const forget = () => {
    last = undefined;
    coasted = [];
  };

  return {
    analysed(frame, shown, update) {
      const seen = { shown, ptsMs: frame.ptsMs };
      const meanwhile = last ? bridge(last, seen) : [];
      last = seen;
      return [...meanwhile, ...judge(frame, shown, update)];
    },
    same(frame) {
      if (!last) return [];
      last = { ...last, ptsMs: frame.ptsMs };
      return judge(frame, last.shown, { tracked: last.shown.tracked, began: [], ended: [] });
    },
    coast(frame) {
      if (last) coasted.push(frame);
    },
    coasting: () => coasted.length,
    forget,
    finish: () => (last ? bridge(last, last) : []),
    quietMs: (moving, horizonMs) =>
      rules.reduce((quiet, rule) => Math.min(quiet, rule.quietMs(moving, quiet)), horizonMs),
  };
}
