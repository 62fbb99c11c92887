/** What the agent counts, for Prometheus at /metrics; read when it is asked for, from a registry of its own. */
import { Counter, Gauge, Registry } from 'prom-client';
import { streamState } from '../../shared/contract/messages/report.ts';
import { collectProcessMetrics } from '../../shared/kit/process-metrics.ts';
import { frameFates } from '../health/tallies.ts';
import type { ApiOptions } from './options.ts';

export interface AgentMetrics {
  readonly contentType: string;
  /** All of it in the text format of Prometheus. */
  text(): Promise<string>;
}

type Row = readonly [labels: Record<string, string>, value: number];

export function createMetrics(options: ApiOptions): AgentMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectProcessMetrics(registry, options.clock);

  const gauge = (name: string, help: string, labelNames: readonly string[], rows: () => readonly Row[]) =>
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers,
      collect() {
        this.reset();
        for (const [labels, value] of rows()) this.set(labels, value);
      },
    });
  /** Counted elsewhere since the start: the totals are taken over. */
  const counter = (name: string, help: string, labelNames: readonly string[], rows: () => readonly Row[]) =>
    new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers,
      collect() {
        this.reset();
        for (const [labels, value] of rows()) this.inc(labels, value);
      },
    });

  const { streams, tallies, outbox, live, device, version } = options;
  const each = (rows: (stream: string) => readonly Row[]) => () => streams().flatMap(({ id }) => rows(id));

  gauge('vedette_agent_info', 'Always 1; the labels name the device and the version', ['device', 'version'], () => [
    [{ device, version }, 1],
  ]);
  gauge('vedette_stream_state', '1 for the state in which a stream is', ['stream', 'state'], () =>
    streams().flatMap(({ id, state }) =>
      streamState.options.map((s): Row => [{ stream: id, state: s }, s === state ? 1 : 0]),
    ),
  );
  gauge('vedette_stream_fps', 'Analysed frames per second over the last summary interval', ['stream'], () =>
    streams().map(({ id, fps }): Row => [{ stream: id }, fps]),
  );
  counter(
    'vedette_stream_frames_total',
    'Frames decoded (frames), and what became of them',
    ['stream', 'fate'],
    each((id) => frameFates.map((fate): Row => [{ stream: id, fate }, tallies.of(id).totals[fate]])),
  );
  gauge(
    'vedette_stream_latency_seconds',
    'Decode to rules over the last summary interval',
    ['stream', 'quantile'],
    each((id) => {
      const latency = tallies.of(id).latencyMs;
      if (!latency) return [];
      const { p50, p95, max } = latency;
      const quantiles = [['0.5', p50] as const, ['0.95', p95] as const, ['1', max] as const];
      return quantiles.map(([quantile, ms]): Row => [{ stream: id, quantile }, ms / 1000]);
    }),
  );
  counter('vedette_errors_total', 'Errors by their code', ['code'], () =>
    [...tallies.errors()].map(([code, total]): Row => [{ code }, total]),
  );

  gauge('vedette_outbox_records', 'Records that the hub has not acknowledged', [], () => [
    [{}, outbox.state().waiting],
  ]);
  gauge('vedette_outbox_bytes', 'Bytes of the outbox on disk', [], () => [[{}, outbox.state().bytesOnDisk]]);
  gauge('vedette_outbox_quota_bytes', 'Most bytes the outbox may take', [], () => [[{}, options.quotaBytes]]);
  gauge('vedette_outbox_blocked', '1 while nothing can be written to the disk', [], () => [
    [{}, outbox.state().blocked ? 1 : 0],
  ]);
  counter('vedette_outbox_given_up_total', 'Records evicted for the quota or the disk', [], () => [
    [{}, outbox.state().givenUp],
  ]);
  counter('vedette_outbox_refused_total', 'Records that the hub refused', [], () => [[{}, outbox.state().refused]]);
  if (options.hubConnected() !== undefined) {
    gauge('vedette_hub_connected', '1 while connected to the hub; absent without a hub', [], () => [
      [{}, options.hubConnected() ? 1 : 0],
    ]);
  }
  gauge('vedette_runners', 'Runner processes that are running', [], () => [[{}, options.runners()]]);
  gauge('vedette_api_viewers', 'Clients that watch pictures now', [], () => [[{}, live.viewers()]]);

  counter('vedette_previews_total', 'Pictures that runners made, for the hub or the local API', [], () => [
    [{}, live.previews()],
  ]);

  return { contentType: registry.contentType, text: () => registry.metrics() };
}
