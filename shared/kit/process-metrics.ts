/**
 * What a process itself takes, for Prometheus: the default metrics of prom-client, but with processor time since the start of
 * the process (theirs begins at 0 when the registry is made), and with delays of the event loop only where some were measured
 * (theirs says 292 years before the first).
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import { type Clock, systemClock } from './clock.ts';

const CPU = ['user', 'system'] as const;
/** Node looks at the event loop each so many milliseconds, and counts them as part of the delay. */
const RESOLUTION_MS = 10;
/** Whoever asks sooner is told the same again: several may ask, and none empties the histogram for another. */
const ANEW_MS = 5_000;

export function collectProcessMetrics(registry: Registry, clock: Pick<Clock, 'mono'> = systemClock): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 1000 });
  const registers = [registry];
  for (const { name } of registry.getMetricsAsArray())
    if (/^process_cpu_|^nodejs_eventloop_lag_/.test(name)) registry.removeSingleMetric(name);

  for (const kind of [...CPU, undefined])
    new Counter({
      name: `process_cpu_${kind === undefined ? '' : `${kind}_`}seconds_total`,
      help: `${kind === undefined ? 'User and system' : kind} processor time since the process began, in seconds`,
      registers,
      collect() {
        const used = process.cpuUsage();
        this.reset();
        this.inc((kind === undefined ? used.user + used.system : used[kind]) / 1e6);
      },
    });

  const delays = watchEventLoop(clock);
  for (const [name, help, of] of figures)
    new Gauge({
      name: `nodejs_eventloop_lag_${name}_seconds`,
      help: `${help} delay of the event loop since it was asked for last; absent before the first`,
      registers,
      collect() {
        this.remove();
        const seen = delays();
        if (seen) this.set(Math.max(0, of(seen) / 1e9 - RESOLUTION_MS / 1e3));
      },
    });
}

type Seen = Pick<IntervalHistogram, 'min' | 'max' | 'mean'> & Record<'p50' | 'p90' | 'p99', number>;

const figures: readonly (readonly [name: string, help: string, of: (seen: Seen) => number])[] = [
  ['min', 'Least', (seen) => seen.min],
  ['max', 'Longest', (seen) => seen.max],
  ['mean', 'Mean', (seen) => seen.mean],
  ['p50', 'Median', (seen) => seen.p50],
  ['p90', '90th percentile of the', (seen) => seen.p90],
  ['p99', '99th percentile of the', (seen) => seen.p99],
];

/** @returns the delays of the last interval, in nanoseconds; undefined before there are any */
function watchEventLoop(clock: Pick<Clock, 'mono'>): () => Seen | undefined {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  let seen: Seen | undefined;
  let readAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = clock.mono();
    if (histogram.count === 0 || now - readAt < ANEW_MS) return seen;
    const { min, max, mean } = histogram;
    seen = {
      ...{ min, max, mean },
      ...{ p50: histogram.percentile(50), p90: histogram.percentile(90), p99: histogram.percentile(99) },
    };
    histogram.reset();
    readAt = now;
    return seen;
  };
}
