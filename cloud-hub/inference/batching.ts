/** How many pictures a model takes at once: tried when it is loaded, because on some machines and models it gains nothing. */
import type { Engine } from '../../shared/engine/engine.ts';
import { BOXES_ONLY } from '../../shared/engine/engine.ts';
import type { Fit } from '../../shared/engine/preprocess/fit.ts';
import type { Clock } from '../../shared/kit/clock.ts';
import { median } from '../../shared/kit/quantile.ts';

export interface Batching {
  /** Pictures of one run; 1: each alone. */
  readonly most: number;
  /** So many times as fast as one by one, where it was measured. */
  readonly gain?: number;
  /** Why they run alone. */
  readonly reason?: string;
}

/** Below this, waiting for company costs more than it brings. */
export const LEAST_GAIN = 1.15;
const ROUNDS = 3;
/** A trial must not hold up the first sample for long. */
const MOST_ALONE_MS = 1000;

/** Runs pictures of even values, alone and together by turns. @param asked pictures of one run, as the settings say */
export async function tryBatches(
  engine: Pick<Engine, 'run' | 'batch'>,
  {
    size,
    fit,
    asked,
    clock,
  }: { readonly size: number; readonly fit: Fit; readonly asked: number; readonly clock: Clock },
): Promise<Batching> {
  if (asked === 1) return { most: 1, reason: 'off by the settings' };
  if (engine.batch === 1) return { most: 1, reason: "the model's batch axis is fixed to 1" };
  const tensor = Float32Array.from({ length: size }, (_, i) => ((i * 7919) % 256) / 256);
  const timed = async (count: number) => {
    const start = clock.mono();
    await Promise.all(Array.from({ length: count }, () => engine.run(tensor, fit, undefined, BOXES_ONLY)));
    return (clock.mono() - start) / count;
  };
  // The first run is slower.
  await timed(1);
  const [alone, together]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(await timed(1));
    if (median(alone) > MOST_ALONE_MS) return { most: 1, reason: `a picture takes more than ${MOST_ALONE_MS} ms` };
    together.push(await timed(engine.batch));
  }
  const gain = Math.round((median(alone) / median(together)) * 100) / 100;
  if (gain >= LEAST_GAIN) return { most: engine.batch, gain };
  return { most: 1, gain, reason: `${engine.batch} at once are ${gain} × as fast here` };
}
