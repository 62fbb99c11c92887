/**
 * Who wants pictures of a stream: the hub and the local API, each with a request of its own. A runner knows one request per
 * stream, so it is sent the sum of them; each requester gets pictures only at the rate that it asked for.
 */
import type { Clock } from '../../shared/kit/clock.ts';

export interface WatchRequest {
  /** Moment of the monotonic clock at which it ends by itself. */
  readonly until: number;
  /** Pictures a second. */
  readonly fps: number;
  /** Longer side of the picture in pixels. */
  readonly width: number;
}

export type Requester = 'hub' | 'local';

export interface WatchRequests {
  /** Sets the request of one, in place of its request before. */
  set(who: Requester, stream: string, request: WatchRequest): void;
  withdraw(who: Requester, stream: string): void;
  /** A picture of the stream is there: shall this one get it? */
  due(who: Requester, stream: string): boolean;
}

/** What satisfies all requests that still hold: the longest, at the highest rate, with the largest picture. */
export function mergeRequests(requests: Iterable<WatchRequest>, now: number): WatchRequest | undefined {
  let merged: WatchRequest | undefined;
  for (const request of requests) {
    if (request.until <= now) continue;
    merged = merged
      ? {
          until: Math.max(merged.until, request.until),
          fps: Math.max(merged.fps, request.fps),
          width: Math.max(merged.width, request.width),
        }
      : request;
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

/** Asks for nothing: it ends what the runner does now. */
const NOTHING: WatchRequest = { until: 0, fps: 1, width: 64 };

/** @param send passes the sum of the requests on to the runner of the stream */
export function createWatchRequests(
  clock: Clock,
  send: (stream: string, request: WatchRequest) => void,
): WatchRequests {
  const streams = new Map<string, Map<Requester, { request: WatchRequest; passes: ReturnType<typeof createPacer> }>>();

  const changed = (stream: string) => {
    const held = streams.get(stream);
    const all = [...(held?.values() ?? [])].map(({ request }) => request);
    send(stream, mergeRequests(all, clock.mono()) ?? NOTHING);
  };

  return {
    set(who, stream, request) {
      const held = streams.get(stream) ?? new Map();
      streams.set(stream, held);
      held.set(who, { request, passes: held.get(who)?.passes ?? createPacer() });
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
      return mine !== undefined && mine.request.until > now && mine.passes(mine.request.fps, now);
    },
  };
}
