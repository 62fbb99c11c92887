/** What the hub counts, for Prometheus at /metrics. The only home of prom-client in the hub; each hub has a registry of its own. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { collectProcessMetrics } from '../shared/kit/process-metrics.ts';

export type HubMetrics = ReturnType<typeof createMetrics>;

/** What is looked up when somebody asks for the metrics. What cannot be looked up is left out. */
export interface HubFacts {
  readonly version: string;
  readonly devices: () => Promise<{ readonly known: number; readonly online: number }>;
  /** The status of each rollout that goes on. */
  readonly openRollouts: () => Promise<readonly { readonly status: string }[]>;
  /** When the certificate of the listeners ends, milliseconds since 1970; undefined: there is none. */
  readonly certificateEnd: () => number | undefined;
  /** Bytes that the data folder may still take. */
  readonly freeBytes: () => number;
}

const OPEN_ROLLOUTS = ['running', 'paused'] as const;

export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectProcessMetrics(registry);
  const counter = <L extends string = never>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter<L>({ name, help, labelNames: [...labelNames], registers });
  return {
    records: counter('vedette_records_total', 'Records stored, by kind', ['kind']),
    batches: counter('vedette_batches_total', 'Batches taken in, duplicates included'),
    duplicates: counter('vedette_duplicate_records_total', 'Records that were there already'),
    refused: counter('vedette_refused_records_total', 'Records refused one by one'),
    quarantined: counter('vedette_quarantined_total', 'Entries added to the quarantine'),
    quarantineEvicted: counter('vedette_quarantine_evicted_total', 'Old entries that left a full quarantine'),
    acks: counter('vedette_acks_total', 'Acknowledgements sent after a commit'),
    queueDropped: counter(
      'vedette_queue_dropped_total',
      'Messages dropped because a queue was full; devices resend them',
    ),
    pausedBatches: counter('vedette_paused_batches_total', 'Batches left with their device, whose day is used up'),
    ignored: counter('vedette_ignored_messages_total', 'Messages on a channel that this hub does not use', ['channel']),
    deviceLogLines: counter('vedette_device_log_lines_total', 'Lines of logs of devices that were stored'),
    deviceLogMessages: counter(
      'vedette_device_log_messages_total',
      'Messages with lines of logs of devices, by what became of them',
      ['outcome'],
    ),
    samples: counter('vedette_samples_total', 'Samples for second opinions, by what became of them', ['outcome']),
    ingestFailures: counter('vedette_ingest_failures_total', 'Groups of messages whose transaction failed'),
    ingestSeconds: new Histogram({
      name: 'vedette_ingest_seconds',
      help: 'Seconds from taking a group of messages off the queue to its commit',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
    queueItems: new Gauge({ name: 'vedette_queue_messages', help: 'Messages waiting to be ingested', registers }),
    connected: new Gauge({ name: 'vedette_connected_devices', help: 'Devices connected to the broker', registers }),
    droppedConnections: counter(
      'vedette_http_dropped_connections_total',
      'HTTP connections closed because there were too many',
    ),
    refusedConnections: counter('vedette_refused_connections_total', 'MQTT connections refused', ['reason']),
    deniedMessages: counter('vedette_denied_messages_total', 'Publishes and subscriptions denied', ['reason']),
    undelivered: counter('vedette_undelivered_messages_total', 'Messages to devices too slow to take them'),
    liveSkipped: counter(
      'vedette_live_skipped_total',
      'Messages left out of the live feed: their device said too much',
    ),
    liveClients: new Gauge({ name: 'vedette_live_clients', help: 'Clients of the live feed', registers }),
    http: new Histogram({
      name: 'vedette_http_seconds',
      help: 'Seconds to answer an HTTP request',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.025, 0.1, 0.5, 2.5],
      registers,
    }),
    /** Adds what is looked up; once. */
    observe(facts: HubFacts): void {
      const gauge = (name: string, help: string, labelNames: readonly string[], rows: Rows) =>
        new Gauge({
          name,
          help,
          labelNames: [...labelNames],
          registers,
          async collect() {
            this.reset();
            // A gauge without labels is 0 after a reset: that would be a figure.
            if (labelNames.length === 0) this.remove();
            for (const [labels, value] of await readable(rows)) this.set(labels, value);
          },
        });
      gauge('vedette_hub_info', 'Always 1; the label names the version', ['version'], () => [
        [{ version: facts.version }, 1],
      ]);
      gauge('vedette_devices', 'Devices of the fleet, by whether they are connected', ['state'], async () => {
        const { known, online } = await facts.devices();
        return [
          [{ state: 'online' }, online],
          [{ state: 'offline' }, known - online],
        ];
      });
      gauge('vedette_open_rollouts', 'Rollouts that go on, by status', ['status'], async () => {
        const open = await facts.openRollouts();
        return OPEN_ROLLOUTS.map((status): Row => [{ status }, open.filter((one) => one.status === status).length]);
      });
      gauge(
        'vedette_tls_certificate_expiry_timestamp_seconds',
        'When the certificate of the listeners ends, seconds since 1970; absent without TLS',
        [],
        () => {
          const end = facts.certificateEnd();
          return end === undefined ? [] : [[{}, end / 1000]];
        },
      );
      gauge('vedette_data_free_bytes', 'Bytes that the data folder may still take', [], () => [
        [{}, facts.freeBytes()],
      ]);
    },
    contentType: registry.contentType,
    /** All of it in the text format of Prometheus. */
    text: () => registry.metrics(),
  };
}

type Rows = () => readonly Row[] | Promise<readonly Row[]>;
type Row = readonly [labels: Record<string, string>, value: number];

/** A database or disk that fails takes its own figures away, and no others. */
async function readable(rows: Rows): Promise<readonly Row[]> {
  try {
    return await rows();
  } catch {
    return [];
  }
}
