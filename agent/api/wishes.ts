/**
 * Who wants pictures of a stream: the hub and the local API, each with a wish of its own. A runner knows one wish a stream,
 * so it is told the sum of them; and what comes back goes to each only at the rate that it asked for.
 */
import type { Clock } from '../../shared/kit/clock.ts';

export interface Wish {
  /** Moment of the monotonic clock at which it ends by itself. */
  readonly until: number;
  /** Pictures a second. */
  readonly fps: number;
  /** Longer side of the picture in pixels. */
  readonly width: number;
}

export type Wisher = 'hub' | 'local';

export interface Wishes {
  /** Sets the wish of one, in place of its wish before. */
  set(who: Wisher, stream: string, wish: Wish): void;
  withdraw(who: Wisher, stream: string): void;
  /** A picture of the stream is there: shall this one get it? */
  due(who: Wisher, stream: string): boolean;
}

/** What satisfies all wishes that still hold: the longest, at the highest rate, with the largest picture. */
export function mergeWishes(wishes: Iterable<Wish>, now: number): Wish | undefined {
  let merged: Wish | undefined;
  for (const wish of wishes) {
    if (wish.until <= now) continue;
    merged = merged
      ? {
          until: Math.max(merged.until, wish.until),
          fps: Math.max(merged.fps, wish.fps),
          width: Math.max(merged.width, wish.width),
        }
      : wish;
  }
  return merged;
}

/**
 * Lets at most `fps` a second pass on average, evenly: what comes a quarter of a step early is in time. Asked with the moment
 * of the monotonic clock.
 */
export function createPacer(): (fps: number, now: number) => boolean {
  let next = Number.NEGATIVE_INFINITY;
  return (fps, now) => {
    const step = 1000 / fps;
    if (now < next - step / 4) return false;
    next = Math.max(next + step, now + (step * 3) / 4);
    return true;
  };
}

/** A wish that asks for nothing: it ends what the runner does now. */
const NOTHING: Wish = { until: 0, fps: 1, width: 64 };

/** @param tell passes the sum of the wishes on to the runner of the stream */
export function createWishes(clock: Clock, tell: (stream: string, wish: Wish) => void): Wishes {
  const streams = new Map<string, Map<Wisher, { wish: Wish; passes: ReturnType<typeof createPacer> }>>();

  const changed = (stream: string) => {
    const held = streams.get(stream);
    const all = [...(held?.values() ?? [])].map(({ wish }) => wish);
    tell(stream, mergeWishes(all, clock.mono()) ?? NOTHING);
  };

  return {
    set(who, stream, wish) {
      const held = streams.get(stream) ?? new Map();
      streams.set(stream, held);
      held.set(who, { wish, passes: held.get(who)?.passes ?? createPacer() });
      changed(stream);
    },
    withdraw(who, stream) {
      const held = streams.get(stream);
      if (!held?.delete(who)) return;
      if (held.size === 0) streams.delete(stream);
      changed(stream);
    },
    due(who, stream) {
      const mine = streams.get(stream)?.get(who);
      const now = clock.mono();
      return mine !== undefined && mine.wish.until > now && mine.passes(mine.wish.fps, now);
    },
  };
}
