import { createRule } from '../../../../agent/pipeline/rules/registry.ts';
import type { RuleEvent, Tracked } from '../../../../agent/pipeline/stage.ts';
import { rule } from '../../../../shared/contract/config/rules.ts';
import type { Box } from '../../../../shared/contract/names.ts';
import type { Outcome } from '../../../../shared/engine/outcome.ts';

/** An object whose foot stands at (x, y). */
export function person(x: number, y: number, track = 1, label = 'person', score = 0.9): Tracked {
  return { label, score, track, box: [x - 0.05, y - 0.2, 0.1, 0.2] as Box };
}

export interface PlayedFrame {
  readonly objects?: readonly Tracked[];
  readonly ended?: readonly number[];
  /** Instead of the objects. */
  readonly outcome?: Outcome;
  /** Milliseconds since the frame before; 100 without. */
  readonly stepMs?: number;
  readonly wall?: number;
}

/** A frame in which these objects are seen. */
export function frame(...objects: Tracked[]): PlayedFrame {
  return { objects };
}

/** One person who walks straight down or up, a frame for each height of the foot. */
export function walk(ys: readonly number[], track = 1): PlayedFrame[] {
  return ys.map((y) => frame(person(0.5, y, track)));
}

export interface PlayedEvent extends RuleEvent {
  readonly frame: number;
  readonly ptsMs: number;
}

/** Feeds frames to a rule; returns its events with when they happened. */
export function playFrames(config: unknown, frames: readonly PlayedFrame[]): PlayedEvent[] {
  const stage = createRule(rule.parse(config));
  let ptsMs = 0;
  return frames.flatMap(({ objects = [], ended = [], outcome, stepMs = 100, wall = 0 }, frame) => {
    ptsMs += stepMs;
    const detected: Outcome = { task: 'detect', detections: [...objects] };
    const update = { tracked: objects, began: [], ended };
    const observation = { frame, ptsMs, wall, outcome: outcome ?? detected, objects, update };
    return stage.evaluate(observation).map((event) => ({ ...event, frame, ptsMs }));
  });
}

/** `frame:action:count` of each event. */
export function reported(events: readonly PlayedEvent[]): string[] {
  return events.map((e) => `${e.frame}:${e.action}:${e.count}`);
}

/** Every run of a frame: n frames of the same. */
export function times<T>(n: number, frame: T): T[] {
  return Array.from({ length: n }, () => frame);
}

/** `frame:action:track:count` of each event. */
export function brief(events: readonly PlayedEvent[]): string[] {
  return events.map((e) => `${e.frame}:${e.action}:${e.track ?? '-'}:${e.count}`);
}

/** A yard, and people in it and beside it. */
export const zone = {
  kind: 'zone',
  name: 'yard',
  points: [
    [0.4, 0.4],
    [0.8, 0.4],
    [0.8, 0.8],
    [0.4, 0.8],
  ],
  frames: 2,
  leaveS: 0,
};
export const inside = (track = 1) => person(0.6, 0.6, track);
export const outside = (track = 1) => person(0.1, 0.6, track);
