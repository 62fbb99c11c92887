/**
 * A walk on standby sees every frame and says nothing: its tracks and rules are warm when it takes over from another process.
 * What it would have said is kept for a while, because the one before it ends a little earlier than it is told to begin.
 *
 * Invariants:
 * 1. On standby nothing is said. Going live says what belongs to frames after `after`, in order, once; then all at once.
 * 2. Two processes look at one camera: what they began within half a frame's time is the same frame, and is not said twice.
 */

import type { WalkOutputs } from './outputs.ts';
import type { Summary } from './summary.ts';

export interface Voice {
  /** What the walk says goes here. */
  readonly out: WalkOutputs;
  readonly summary: Summary;
  /** What is said from now on belongs to this frame. @param startedAt `Clock.mono` when its decoding began */
  begin(frame: number, startedAt: number): void;
  /** Speak from now on, and of the frames whose decoding began after this moment. */
  live(after: number): void;
  /** When the decoding of the last frame began; undefined before the first. */
  lastAt(): number | undefined;
}

interface Held {
  readonly frame: number;
  readonly at: number;
  readonly say: (() => void)[];
}

/** Longer than a hand-over takes. */
const KEEP_MS = 15_000;

export function createVoice(out: WalkOutputs, summary: Summary, standby: boolean): Voice {
  let held: Held[] | undefined = standby ? [] : undefined;
  let current: Held = { frame: -1, at: Number.NEGATIVE_INFINITY, say: [] };
  /** Pictures of records may be made after the walk went live. */
  let silentUpTo = -1;

  const say = (what: () => void) => {
    if (held) current.say.push(what);
    else what();
  };
  const sayOf = (frame: number, what: () => void) => {
    if (held) (held.find((h) => h.frame === frame) ?? current).say.push(what);
    else if (frame > silentUpTo) what();
  };

  return {
    out: {
      ...out,
      onResult: (result) => say(() => out.onResult?.(result)),
      onRecord: (body) =>
        'frame' in body ? sayOf(body.frame, () => out.onRecord(body)) : say(() => out.onRecord(body)),
      onPreview: (header, jpeg) => {
        if (!held) out.onPreview(header, jpeg);
      },
      onTrouble: (code, message, count) => say(() => out.onTrouble(code, message, count)),
    },
    summary: {
      decoded: (frames, dropped) => say(() => summary.decoded(frames, dropped)),
      inferred: (objects, began, latencyMs) => say(() => summary.inferred(objects, began, latencyMs)),
      gated: () => say(() => summary.gated()),
      failed: () => say(() => summary.failed()),
      take: (intervalMs) => (held ? undefined : summary.take(intervalMs)),
    },
    begin(frame, at) {
      current = { frame, at, say: [] };
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
      for (const { at, say: all } of kept) if (at > cut) for (const what of all) what();
    },
    lastAt: () => (current.frame < 0 ? undefined : current.at),
  };
}

/** Invariant 2. */
function halfStep(held: readonly Held[]): number {
  const [first, last] = [held[0], held.at(-1)];
  return first && last && held.length > 1 ? (last.at - first.at) / (held.length - 1) / 2 : 0;
}
