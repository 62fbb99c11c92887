/**
 * Arithmetic of the loss ledger. Every evicted number is counted in exactly one loss. A loss covers `from`..`to`, of which
 * `lost` numbers are gone; the others are still there, and the batches show which.
 */
import { type Range, rangesOf } from '../../../shared/kit/ranges.ts';

/** A range of which `lost` numbers are gone. */
export interface Loss extends Range {
  readonly lost: number;
}

/** The contiguous ranges of rising numbers, each wholly lost. */
export function lossesOf(numbers: readonly number[]): Loss[] {
  return rangesOf(numbers).map(({ from, to }) => ({ from, to, lost: to - from + 1 }));
}

/**
 * Adds ranges to losses that may still grow. A range is joined to a loss that it touches; else it becomes a new loss while there
 * are fewer than `max`; else it is joined to the nearest. The losses keep their places; new ones follow.
 */
export function addLosses(growing: readonly Loss[], ranges: readonly Loss[], max: number): Loss[] {
  const losses = [...growing];
  for (const range of ranges) {
    let at = losses.findIndex((loss) => distance(loss, range) <= 1);
    if (at < 0 && losses.length >= Math.max(1, max)) at = nearest(losses, range);
    const loss = losses[at];
    if (loss) losses[at] = join(loss, range);
    else losses.push(range);
  }
  return losses;
}

function join(a: Loss, b: Loss): Loss {
  return { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to), lost: a.lost + b.lost };
}

/** 0 when they overlap, 1 when one follows the other directly. */
function distance(a: Loss, b: Loss): number {
  return Math.max(0, a.from - b.to, b.from - a.to);
}

function nearest(losses: readonly Loss[], range: Loss): number {
  let best = 0;
  losses.forEach((loss, at) => {
    const champion = losses[best];
    if (champion && distance(loss, range) < distance(champion, range)) best = at;
  });
  return best;
}
