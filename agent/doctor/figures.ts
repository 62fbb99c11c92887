/** The speed of one probed stream, by its frames. Pure. */
import { median } from '../../shared/kit/quantile.ts';
import type { FrameResult, FrameTiming } from '../pipeline/outputs.ts';

export interface StreamFigures {
  readonly frames: number;
  /** Frames a second by the source's own timestamps; undefined when too few came. */
  readonly sourceFps: number | undefined;
  /** Medians, in milliseconds a frame. */
  readonly ms: FrameTiming;
}

/** The first frames pay for caches and threads that start. */
const WARM_UP = 3;

export function figuresOf(results: readonly FrameResult[]): StreamFigures {
  const counted = results.length > 2 * WARM_UP ? results.slice(WARM_UP) : results;
  const of = (stage: keyof FrameTiming) =>
    counted.length === 0 ? 0 : median(counted.map(({ timing }) => timing[stage]));
  const ms = {
    decode: of('decode'),
    preprocess: of('preprocess'),
    infer: of('infer'),
    postprocess: of('postprocess'),
  };
  return { frames: results.length, sourceFps: sourceFps(results), ms };
}

/** Frames between, over time between: right also where frames were dropped. */
function sourceFps(results: readonly FrameResult[]): number | undefined {
  const first = results[0];
  const last = results.at(-1);
  if (!first || !last || last.ptsMs <= first.ptsMs) return undefined;
  return ((last.frame - first.frame) * 1000) / (last.ptsMs - first.ptsMs);
}
