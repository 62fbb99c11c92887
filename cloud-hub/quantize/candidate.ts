/** One quantized model: a choice of nodes that stay in float, and the ranges of the rest. Pure. */
import type { Observed } from './calibrate.ts';
import { emitQdq } from './emit.ts';
import { encodeNet, type Net } from './graph/net.ts';
import { correctBias } from './passes/correct-bias.ts';
import { planOf } from './plan.ts';
import { boundsOf } from './ranges/bounds.ts';
import { type Method, methods } from './ranges/method.ts';
import { type Range, scaleOf, unionOf } from './ranges/range.ts';

export interface CandidateOptions {
  readonly method: Method;
  /** Part of the values inside the range, for `percentile`. */
  readonly part: number;
  readonly weightBits: 7 | 8;
}

/** Makes the bytes of a quantized model for a choice of nodes. */
export function createCandidates(
  net: Net,
  observed: ReadonlyMap<string, Observed>,
  { method, part, weightBits }: CandidateOptions,
): (float: ReadonlySet<string>) => Uint8Array {
  const bounds = boundsOf(net);
  const ranges = new Map(
    [...observed].map(([tensor, { histogram }]) => [
      tensor,
      within(methods[method](histogram, part), bounds.get(tensor)),
    ]),
  );
  return (float) => {
    const plan = planOf(net, float);
    const groups = new Map<string, Range>();
    for (const [tensor, group] of plan.groups) {
      const range = ranges.get(tensor);
      const before = groups.get(group);
      if (range) groups.set(group, before ? unionOf([before, range]) : range);
    }
    const scales = new Map([...groups].map(([group, range]) => [group, scaleOf(range)]));
    const corrected = correctBias(net, plan, weightBits, (tensor) => observed.get(tensor)?.means);
    return encodeNet(emitQdq(corrected, plan, { scales, weightBits }));
  };
}

function within(range: Range, bounds: Range | undefined): Range {
  if (!bounds) return range;
  return { min: Math.max(range.min, bounds.min), max: Math.min(range.max, bounds.max) };
}
