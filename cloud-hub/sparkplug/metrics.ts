/** What Sparkplug is told of a device: its version, each of its streams, and how often each of their rules has fired. */
import type { BoundedCounts } from '../../shared/kit/bounded-counts.ts';
import type { Device } from '../contract/device.ts';
import type { Metric } from './payload.ts';

/** Of one device: more are not told. */
export const MAX_METRICS = 1000;

/** @param counts events by `STREAM/RULE`, since the bridge began */
export function metricsOf(
  { version, streams }: Device,
  counts: Pick<BoundedCounts, 'of'> | undefined,
): readonly Metric[] {
  const all: Metric[] = version === undefined ? [] : [{ name: 'Version', kind: 'String', value: version }];
  for (const { id, state, fps, rules } of streams) {
    all.push({ name: `${id}/State`, kind: 'String', value: state }, { name: `${id}/FPS`, kind: 'Double', value: fps });
    for (const { name } of rules)
      all.push({ name: `${id}/${name}/Events`, kind: 'Int64', value: counts?.of(`${id}/${name}`) ?? 0 });
  }
  return all.slice(0, MAX_METRICS);
}

/** What has another value; undefined when other metrics are there, so that a new birth has to say which. */
export function changesOf(before: readonly Metric[], now: readonly Metric[]): readonly Metric[] | undefined {
  const isSame = (one: Metric, i: number) => one.name === before[i]?.name && one.kind === before[i]?.kind;
  if (before.length !== now.length || !now.every(isSame)) return undefined;
  return now.filter(({ value }, i) => value !== before[i]?.value);
}
