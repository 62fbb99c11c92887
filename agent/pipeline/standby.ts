/**
 * A walk on standby analyses every frame and reports nothing: its tracks and rules are warm when it takes over from another
 * process. What it would have reported is kept for a while, because the other process ends a little earlier than this one is
 * told to begin.
 *
 * Invariants:
 * 1. On standby nothing is reported. Going live reports what belongs to frames after `after`, in order, once; from then on
 *    everything is reported at once.
 * 2. Two processes look at one camera: frames that they began within half a frame's time are the same frame, and are not
 *    reported twice.
 */

import type { WalkOutputs } from './outputs.ts';
import type { Summary } from './summary.ts';

export interface Standby {
  /** What the walk reports goes here. */
  readonly out: WalkOutputs;
  readonly summary: Summary;
  /** What is reported from now on belongs to this frame. @param startedAt `Clock.mono` when its decoding began */
  begin(frame: number, startedAt: number): void;
  /** Report from now on, and the frames whose decoding began after this moment. */
  live(after: number): void;
  /** When the decoding of the last frame began; undefined before the first. */
  lastAt(): number | undefined;
}

interface Held {
  readonly frame: number;
  readonly at: number;
  readonly emit: (() => void)[];
}

/** Longer than a hand-over takes. */
const KEEP_MS = 15_000;

/** @param standby does it begin on standby? */
export function createStandby(out: WalkOutputs, summary: Summary, standby: boolean): Standby {
  let held: Held[] | undefined = standby ? [] : undefined;
  let current: Held = { frame: -1, at: Number.NEGATIVE_INFINITY, emit: [] };
  /** Pictures of records may be made after the walk went live. */
  let silentUpTo = -1;

  const emit = (what: () => void) => {
    if (held) current.emit.push(what);
    else what();
  };
  const emitFor = (frame: number, what: () => void) => {
    if (held) (held.find((h) => h.frame === frame) ?? current).emit.push(what);
    else if (frame > silentUpTo) what();
  };

  return {
    out: {
      ...out,
      onResult: (result) => emit(() => out.onResult?.(result)),
      onRecord: (body) =>
        'frame' in body ? emitFor(body.frame, () => out.onRecord(body)) : emit(() => out.onRecord(body)),
      onPreview: (header, jpeg) => {
        if (!held) out.onPreview(header, jpeg);
      },
      // The process that answers asks.
      onSample: (body, jpeg, worth) => {
        if (!held) out.onSample?.(body, jpeg, worth);
      },
      onProblem: (code, message, count) => emit(() => out.onProblem(code, message, count)),
    },
    summary: {
      decoded: (frames, dropped, thinned) => emit(() => summary.decoded(frames, dropped, thinned)),
      inferred: (objects, began, times) => emit(() => summary.inferred(objects, began, times)),
      gated: () => emit(() => summary.gated()),
      failed: () => emit(() => summary.failed()),
      take: (intervalMs) => (held ? undefined : summary.take(intervalMs)),
    },
    begin(frame, at) {
      current = { frame, at, emit: [] };
      if (!held) return;
      held.push(current);
      while (held[0] && held[0].at < at - KEEP_MS) held.shift();
    },
    live(after) {
      if (!held) return;
      const kept = held;
      held = undefined;
      const cut = after + halfStep(kept);
      silentUpTo = Math.max(-1, ...kept.filter((h) => h.at <= cut).map((h) => h.frame));
      for (const { at, emit: all } of kept) if (at > cut) for (const what of all) what();
    },
    lastAt: () => (current.frame < 0 ? undefined : current.at),
  };
}

/** Invariant 2. */
function halfStep(held: readonly Held[]): number {
  const [first, last] = [held[0], held.at(-1)];
  return first && last && held.length > 1 ? (last.at - first.at) / (held.length - 1) / 2 : 0;
}
