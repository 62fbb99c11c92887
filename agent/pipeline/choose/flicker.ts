/**
 * Objects that come and go, or change what they are: their track is lost and found, its score goes above the threshold and below, or
 * another label appears in its place. One that walks in and out changes twice; one that the model is unsure of changes again and again.
 *
 * Invariant: what is remembered is bounded: tracks of the last `withinS` seconds, at most `MOST` of them.
 */
import type { Selector as Config } from '../../../shared/contract/config/escalate.ts';
import type { Detection } from '../../../shared/contract/messages/preview.ts';
import type { Box } from '../../../shared/contract/names.ts';
import { thresholdFor } from '../../../shared/contract/thresholds.ts';
import { iou } from '../../../shared/kit/iou.ts';
import type { Selector } from '../stage.ts';
import { createOnce } from './once.ts';

const MOST = 1000;
/** Intersection over union from which on two boxes are of one object. */
const SAME_PLACE = 0.5;

interface Known {
  readonly label: string;
  readonly box: Box;
  /** Does it count, by the threshold? */
  readonly counts: boolean;
  readonly lastMs: number;
  /** When it changed. */
  readonly changes: readonly number[];
}

export function createFlickerSelector({ changes, withinS, againS }: Extract<Config, { kind: 'flicker' }>): Selector {
  const once = createOnce(againS * 1000);
  const withinMs = withinS * 1000;
  let known = new Map<number, Known>();

  /** Another label in its place: the tracker takes it for a new track. */
  const heirOf = ({ label, box }: Detection, gone: ReadonlyMap<number, Known>): number | undefined => {
    for (const [track, one] of gone)
      if (one.label !== label && one.counts && iou(one.box, box) >= SAME_PLACE) return track;
    return undefined;
  };

  return {
    worth(chance) {
      const { seen, ptsMs } = chance;
      const tracked = seen.flatMap((one) => (one.track === undefined ? [] : [{ ...one, track: one.track }]));
      // A clip that begins again, or a clock that was set.
      if ([...known.values()].some(({ lastMs }) => lastMs > ptsMs)) known = new Map();
      const gone = new Map(known);
      for (const { track } of tracked) gone.delete(track);
      const next = new Map<number, Known>();
      for (const one of tracked) {
        const counts = one.score >= thresholdFor(chance, one.label);
        const heir = known.has(one.track) ? undefined : heirOf(one, gone);
        const before = known.get(heir ?? one.track);
        if (heir !== undefined) gone.delete(heir);
        const changed = before !== undefined && (heir !== undefined || before.counts !== counts);
        const all = [...(before?.changes ?? []), ...(changed ? [ptsMs] : [])];
        next.set(one.track, { label: one.label, box: one.box, counts, lastMs: ptsMs, changes: since(all, ptsMs) });
      }
      for (const [track, one] of gone) {
        if (ptsMs - one.lastMs > withinMs) continue;
        const all = one.counts ? [...one.changes, ptsMs] : one.changes;
        next.set(track, { ...one, counts: false, changes: since(all, ptsMs) });
      }
      known = new Map([...next].slice(0, MOST));
      const count = ({ track = -1 }: Detection) => known.get(track)?.changes.length ?? 0;
      const unsteady = tracked.filter((one) => count(one) >= changes);
      return once(unsteady, ptsMs, (one) => Math.min(1, count(one) / (2 * changes)));
    },
  };

  function since(times: readonly number[], nowMs: number): number[] {
    return times.filter((at) => nowMs - at <= withinMs);
  }
}
