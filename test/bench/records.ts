/** Records as agents make them, for benchmarks of what carries them. */
import { encode } from '../../shared/contract/codec.ts';
import type { RecordBody } from '../../shared/contract/messages/record.ts';
import type { Report } from '../../shared/contract/messages/report.ts';

const model = { name: 'yolox-nano', version: '1.0.0', digest: `sha256:${'0'.repeat(64)}`, variant: 'int8' };

/** An event of some 400 bytes. */
export function benchRecord(n: number): RecordBody {
  return {
    kind: 'event',
    config: 'sha256:0123456789ab',
    boot: '0123456789abcdef',
    mono: n * 40.125,
    wall: 1_770_000_000_000 + n * 40,
    clock: 'synced',
    model,
    stream: 'street',
    rule: 'door',
    ruleKind: 'line',
    action: 'forward',
    label: 'person',
    score: 0.5 + (n % 50) / 100,
    track: n % 1000,
    box: [0.1, 0.2, 0.3, (n % 97) / 100],
    frame: n,
    ptsMs: n * 40,
  };
}

/** A summary that a hub takes: of one frame without a finding. */
export function benchSummary(n: number): RecordBody {
  return {
    ...benchRecord(n),
    stream: 'street',
    kind: 'summary',
    intervalMs: 1000,
    frames: 1,
    inferred: 1,
    gated: 0,
    dropped: 0,
    failed: 0,
    labels: {},
    tracks: {},
    scores: Array.from({ length: 10 }, () => 0),
    latencyMs: { p50: 1, p95: 1, max: 1 },
  };
}

/** A reading of a sensor with three channels, once per second: numbers that wander and jitter as real ones do. */
export function benchReading(n: number): RecordBody {
  const noise = (salt: number) => ((n * 7919 + salt * 104_729) % 10_007) / 10_007;
  const { config, boot, clock, model: by } = benchRecord(n);
  return {
    ...{ kind: 'reading', config, boot, clock, model: by, stream: 'pump' },
    mono: n * 1000 + Math.round(noise(1) * 20_000) / 1000,
    wall: 1_770_000_000_000 + n * 1000 + Math.floor(noise(2) * 20),
    ptsMs: n * 1000,
    // As a model of 32-bit floats gives it.
    score: Math.fround(noise(3)),
    threshold: 3.25,
    anomalous: n % 997 === 0,
    values: {
      temperature: Math.round((40 + 5 * Math.sin(n / 3600) + noise(4) / 5) * 100) / 100,
      current: Math.round(noise(5) * 4000) / 1000,
      vibration: Math.round(noise(6) * 4000) / 1000,
    },
  };
}

/** What a device with a sensor and a camera sends: of twenty records one is an event, two are summaries, and the others readings. */
export function benchMix(n: number): RecordBody {
  const place = n % 20;
  if (place === 0) return benchRecord(n);
  return place === 5 || place === 15 ? benchSummary(n) : benchReading(n);
}

/** What a box with one stream reports. */
export function benchReport(): Report {
  return {
    version: '1.0.0',
    boot: '0123456789abcdef',
    config: 'sha256:0123456789ab',
    host: { platform: 'linux', arch: 'x64', cpus: 4, memoryMb: 8000, name: 'bench' },
    process: { rssMb: 200, uptimeS: 3600 },
    outbox: { epoch: 'bench', waiting: 3, bytes: 4096, lastSeq: 7 },
    clock: { offsetMs: 12, withinMs: 3 },
    streams: [{ id: 'street', state: 'running', source: 'rtsp://camera', fps: 5, rules: [] }],
  };
}

/** The payload of `up/records` of a device that still holds everything, with the numbers `from` to `from + count - 1`. */
export function benchBatch(epoch: string, from: number, count: number, make = benchRecord): Buffer {
  const records = Array.from({ length: count }, (_, i) => ({ ...make(from + i), seq: from + i }));
  return encode({ epoch, from, to: from + count - 1, base: 1, records });
}
