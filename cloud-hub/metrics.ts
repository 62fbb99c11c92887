/** What the hub counts, for Prometheus at /metrics. The only home of prom-client in the hub; each hub has a registry of its own. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { collectProcessMetrics } from '../shared/kit/process-metrics.ts';

export type HubMetrics = ReturnType<typeof createMetrics>;

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
    contentType: registry.contentType,
    /** All of it in the text format of Prometheus. */
    text: () => registry.metrics(),
  };
}
