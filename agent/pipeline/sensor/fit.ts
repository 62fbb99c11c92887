/** Does a series suit the windows of its model? One whose rows come too rarely, or whose times mean something else, gives none. Pure. */
import type { WindowInput } from '../../../shared/contract/model-manifest.ts';

export interface Fit {
  /** A sample came. @param atMs its time */
  came(atMs: number): void;
  /** A window was full. */
  formed(): void;
  /** @param gaps pauses that were too long, so far. @returns why windows will never be full; undefined while they may */
  whyNever(gaps: number): string | undefined;
  /** @returns of a series that has ended: why it gave no window; undefined if it gave one, or had no sample */
  whyNone(): string | undefined;
}

/** So many pauses without a window between them are the series' own distance. */
const TOO_MANY = 16;

export function createFit({ window, rateHz }: WindowInput, maxGapMs: number): Fit {
  const steps: number[] = [];
  const lengthS = shown((window * 1000) / rateHz);
  let first: number | undefined;
  let last = 0;
  let samples = 0;
  let windows = 0;
  return {
    came(atMs) {
      if (first !== undefined && steps.length < 2 * TOO_MANY) steps.push(atMs - last);
      first ??= atMs;
      last = atMs;
      samples++;
    },
    formed() {
      windows++;
    },
    whyNever(gaps) {
      if (windows > 0 || gaps < TOO_MANY) return undefined;
      const step = steps.toSorted((a, b) => a - b)[steps.length >> 1] ?? 0;
      if (step <= maxGapMs) return undefined;
      return (
        `its rows are ${shown(step)} apart; the model wants one each ${shown(1000 / rateHz)}, and at most ${shown(maxGapMs)} apart (maxGapS), ` +
        `so that no window of ${lengthS} can be filled. Is its time in another unit (timeUnit)? Otherwise raise maxGapS, or train a model on this series`
      );
    },
    whyNone() {
      if (windows > 0 || first === undefined) return undefined;
      return `its ${samples} rows cover ${shown(last - first)}, and none of them filled a window of the model (${lengthS} without a pause of more than ${shown(maxGapMs)})`;
    },
  };
}

/** Milliseconds in a unit that suits them. */
function shown(ms: number): string {
  const [divisor, unit] = unitFor(ms);
  return `${Number((ms / divisor).toPrecision(3))} ${unit}`;
}

function unitFor(ms: number): readonly [divisor: number, unit: string] {
  if (ms < 1000) return [1, 'ms'];
  if (ms < 7_200_000) return [1000, 's'];
  return ms < 172_800_000 ? [3_600_000, 'h'] : [86_400_000, 'days'];
}
