/**
 * Second opinions on frames that chance chose ⇒ how often edge and hub agree, over time, and whether that has changed: a scene, a
 * camera or a model that drifts shows there without anybody labelling. Pure.
 */
import type { StreamAgreement } from '../contract/agreement.ts';
import type { Opinion } from '../contract/opinion.ts';
import { isoTime } from '../store/rows.ts';
import { type Share, wilson } from '../store/wilson.ts';
import { isChance } from './thresholds.ts';

/** Frames of either part below which nothing is said of a change. */
export const LEAST_FRAMES = 20;
const MOST_BUCKETS = 1000;

export interface Windows {
  readonly bucketMs: number;
  readonly recentMs: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export function agreementOf(
  opinions: readonly Pick<Opinion, 'event' | 'chosenBy' | 'outcome' | 'receivedAt'>[],
  { bucketMs, recentMs, now }: Windows,
): Pick<StreamAgreement, 'items' | 'recent' | 'before' | 'drift' | 'reason'> {
  const frames = opinions
    .filter(isChance)
    .map(({ outcome, receivedAt }) => ({ at: Date.parse(receivedAt), same: outcome === 'confirmed' }));
  const buckets = new Map<number, { readonly same: boolean }[]>();
  for (const one of frames) {
    const start = Math.floor(one.at / bucketMs) * bucketMs;
    const own = buckets.get(start) ?? [];
    own.push(one);
    buckets.set(start, own);
  }
  const items = [...buckets]
    .toSorted(([a], [b]) => a - b)
    .slice(-MOST_BUCKETS)
    .flatMap(([at, own]) => {
      const agreement = shareOf(own);
      return agreement ? [{ at: isoTime(at), agreement }] : [];
    });
  const [recent, before] = [
    shareOf(frames.filter(({ at }) => at > now - recentMs)),
    shareOf(frames.filter(({ at }) => at <= now - recentMs)),
  ];
  return { items, ...(recent ? { recent } : {}), ...(before ? { before } : {}), ...driftOf(recent, before) };
}

function driftOf(recent: Share | undefined, before: Share | undefined): Pick<StreamAgreement, 'drift' | 'reason'> {
  const [now, then] = [recent?.n ?? 0, before?.n ?? 0];
  if (!recent || !before || now < LEAST_FRAMES || then < LEAST_FRAMES) {
    const reason = `${now} frames that chance chose lately and ${then} before; ${LEAST_FRAMES} of each are needed`;
    return { drift: 'unknown', reason };
  }
  const drift = recent.to < before.from ? 'worse' : recent.from > before.to ? 'better' : 'same';
  const words = {
    worse: 'edge and hub agree less than before',
    better: 'they agree more than before',
    same: 'no change that chance could not explain',
  };
  return { drift, reason: `${words[drift]}: ${text(recent)}, before ${text(before)}` };
}

function shareOf(frames: readonly { readonly same: boolean }[]): Share | undefined {
  return frames.length === 0 ? undefined : wilson(frames.filter(({ same }) => same).length, frames.length);
}

const percent = (share: number) => `${Math.round(share * 100)} %`;
const text = ({ share, from, to, n }: Share) => `${percent(share)} (${percent(from)} to ${percent(to)}, n = ${n})`;
