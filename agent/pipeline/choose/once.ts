/** The same object is not chosen again and again: once per track and period; without a track once per period. */
import type { Detection } from '../../../shared/contract/messages/preview.ts';

/** Tracks that are remembered; the oldest are forgotten. */
const MOST = 1000;
const NO_TRACK = -1;

export type Once = (
  objects: readonly Detection[],
  ptsMs: number,
  worthOf: (object: Detection) => number,
) => number | undefined;

/** @returns gives the most that one of the objects is worth that has not been chosen lately; undefined without one */
export function createOnce(againMs: number): Once {
  const chosen = new Map<number, number>();
  return (objects, ptsMs, worthOf) => {
    const fresh = objects.filter(
      ({ track = NO_TRACK }) => ptsMs - (chosen.get(track) ?? Number.NEGATIVE_INFINITY) >= againMs,
    );
    if (fresh.length === 0) return undefined;
    for (const { track = NO_TRACK } of fresh) {
      chosen.delete(track);
      chosen.set(track, ptsMs);
    }
    for (const track of [...chosen.keys()].slice(0, Math.max(0, chosen.size - MOST))) chosen.delete(track);
    return Math.max(...fresh.map(worthOf));
  };
}
