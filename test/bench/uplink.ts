/**
 * `bench uplink`: draining a backlog to a broker that acknowledges at once, over a bare mqtt.js publisher (QoS 1) of the same
 * bytes to the same broker; then a large backlog with an eye on memory.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectAsync } from 'mqtt';
import type { Outbox } from '../../agent/buffer/outbox.ts';
import { makeBatch } from '../../agent/sync/batches.ts';
import { createSync } from '../../agent/sync/sync.ts';
import { topicOf } from '../../shared/contract/channels.ts';
import { MAX_BATCH_RECORDS } from '../../shared/contract/messages/batch.ts';
import { systemClock } from '../../shared/kit/clock.ts';
import { createLogger } from '../../shared/kit/log.ts';
import { type Bench, median, range } from './bench.ts';
import { openBenchOutbox } from './outbox.ts';
import { benchBatch, benchRecord } from './records.ts';

const DEVICE = 'box';
const ROUNDS = 5;
const BACKLOG = 50_000;
const PARTS = 10;
/** As in agent/sync/uplink.ts. */
const FLIGHTS = 4;

export const uplink: Bench = {
  summary: 'draining a backlog over a bare mqtt.js QoS 1 publisher of the same bytes; a large backlog with flat memory',
  options: { backlog: { description: 'records of the large backlog', default: 1_000_000 } },
  async run(print, option) {
    const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
    const broker = fork(new URL('./ack-broker.js', import.meta.url));
    const [port] = await once(broker, 'message');
    const url = `mqtt://127.0.0.1:${Number(port)}`;
    const outbox = openBenchOutbox(folder);
    try {
      const ratios: number[] = [];
      const packingRatios: number[] = [];
      for (let round = 0; round <= ROUNDS; round++) {
        await fill(outbox, BACKLOG);
        const payloads = payloadsOf(outbox);
        const bare = await bareRate(url, payloads);
        const packing = await packingRate(url);
        const own = await drainRate(url, outbox);
        if (round === 0) continue;
        ratios.push(own / bare);
        packingRatios.push(own / packing);
        print(
          `round ${round}: packing ${(packing / 1000).toFixed(1)}k/s, uplink ${(own / 1000).toFixed(1)}k/s, bare ${(bare / 1000).toFixed(1)}k/s, ${(own / bare).toFixed(2)}`,
        );
      }
      print(`uplink drain ratio: median ${median(ratios).toFixed(2)} (${range(ratios, 2)}); target 0.5`);
      print(
        `over one that packs the same records from memory first: median ${median(packingRatios).toFixed(2)} ` +
          `(${range(packingRatios, 2)}); what is left is SQLite: reading, and deleting durably`,
      );
      await large(print, url, outbox, Math.round(option('backlog')));
    } finally {
      outbox.close();
      broker.disconnect();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function fill(outbox: Outbox, records: number): Promise<void> {
  for (let n = 0; n < records; n += 1000)
    await outbox.append(Array.from({ length: Math.min(1000, records - n) }, (_, i) => benchRecord(n + i)));
}

/** The batches that the uplink will make. */
function payloadsOf(outbox: Outbox): Buffer[] {
  const payloads: Buffer[] = [];
  for (let after = outbox.base() - 1; ; ) {
    const leased = outbox.lease(MAX_BATCH_RECORDS, 1_000_000, after);
    const batch = makeBatch({ epoch: outbox.epoch, base: outbox.base(), from: after + 1, leased });
    if (!batch) return payloads;
    payloads.push(batch.payload);
    after = batch.to;
  }
}

async function bareRate(url: string, payloads: readonly Buffer[]): Promise<number> {
  const client = await connectAsync(url, { protocolVersion: 4 });
  const start = performance.now();
  await Promise.all(payloads.map((payload) => client.publishAsync(topicOf('bare', 'records'), payload, { qos: 1 })));
  const seconds = (performance.now() - start) / 1000;
  await client.endAsync();
  return BACKLOG / seconds;
}

/** The same, with what anybody has to do before: JSON and gzip, batch by batch, so many under way as the uplink has. */
async function packingRate(url: string): Promise<number> {
  const client = await connectAsync(url, { protocolVersion: 4 });
  const start = performance.now();
  let next = 0;
  const work = async () => {
    while (next < BACKLOG) {
      const from = next + 1;
      next += MAX_BATCH_RECORDS;
      await client.publishAsync(topicOf('bare', 'records'), benchBatch('bare', from, MAX_BATCH_RECORDS), { qos: 1 });
    }
  };
  await Promise.all(Array.from({ length: FLIGHTS }, work));
  const seconds = (performance.now() - start) / 1000;
  await client.endAsync();
  return BACKLOG / seconds;
}

/** Records a second from the start of the connection until the outbox is empty, on the disk too. */
async function drainRate(url: string, outbox: Outbox, look: () => void = () => undefined): Promise<number> {
  const log = createLogger('bench', 'silent');
  const { waiting, lastSeq, epoch } = outbox.state();
  const sync = createSync({
    device: DEVICE,
    broker: { url },
    outbox,
    report: () => ({
      version: '0',
      boot: 'b',
      config: 'c',
      host: { platform: 'linux', arch: 'x64', cpus: 1, memoryMb: 1, name: 'bench' },
      process: { rssMb: 0, uptimeS: 0 },
      outbox: { epoch, waiting, bytes: 0, lastSeq },
      streams: [],
    }),
    onCommand: () => undefined,
    onDesired: () => undefined,
    onVerdict: () => undefined,
    onProblem: () => undefined,
    clock: systemClock,
    log,
  });
  const start = performance.now();
  sync.start();
  while (outbox.base() <= lastSeq || outbox.state().waiting > 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    look();
  }
  const seconds = (performance.now() - start) / 1000;
  await sync.stop();
  return waiting / seconds;
}

async function large(print: (line: string) => void, url: string, outbox: Outbox, records: number): Promise<void> {
  await fill(outbox, records);
  const { lastSeq, bytesOnDisk } = outbox.state();
  const rss = () => process.memoryUsage.rss() / 2 ** 20;
  const first = lastSeq - records;
  const seen: number[] = [rss()];
  const rate = await drainRate(url, outbox, () => {
    if (outbox.base() - first > (seen.length * records) / PARTS) seen.push(rss());
  });
  print(`${records} records (${(bytesOnDisk / 2 ** 20).toFixed(0)} MiB) drained at ${(rate / 1000).toFixed(1)}k/s`);
  print(`rss at each tenth: ${seen.map((mb) => mb.toFixed(0)).join(', ')} MB (target: flat)`);
}
