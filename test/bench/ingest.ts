/**
 * `bench ingest`: records that a whole hub (embedded broker, SQLite) commits and acknowledges a second, and a second of its own
 * CPU time (all threads: what one core could do, also on a machine that others use), with devices that keep a window of batches
 * under way: first of events alone, each of which is a row, then of what devices mostly send, readings and summaries; then the time from
 * publish to ack at 70 % of that rate.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createHubProgram, type HubProgram } from '../support/hub-program.ts';
import { type Bench, quantile } from './bench.ts';
import { cpuSeconds } from './process-stat.ts';
import { benchBatch, benchMix, benchRecord } from './records.ts';
import { createSimulatedDevice, type SimulatedDevice } from './simulated-device.ts';

const DEVICES = 40;
const WINDOW = 4;
const BATCHES = 40;
const PACED_S = 15;
const PART = 0.7;
const mixes = [
  ['events', benchRecord, 40],
  ['readings', benchMix, 80],
] as const;
const secret = z.object({ token: z.string() });

export const ingest: Bench = {
  summary: 'records/s that a hub commits and acknowledges on one core; publish→ack at 70 % of that',
  options: { batch: { description: 'records of one batch', default: 200 } },
  async run(print, option) {
    const size = Math.round(option('batch'));
    const folder = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
    const hub = createHubProgram(path.join(folder, 'hub'));
    try {
      await hub.start();
      const fleet = await connectAll(hub);
      let rate = 0;
      for (const [name, make, target] of mixes) {
        const payloads = Array.from({ length: BATCHES }, (_, i) => benchBatch(name, i * size + 1, size, make));
        const bytes = Math.round(payloads.reduce((sum, p) => sum + p.length, 0) / payloads.length);
        print(`${name}: ${DEVICES} devices, batches of ${size} records (${bytes} B packed)`);
        const before = cpuSeconds(hub.pid());
        rate = await flood(fleet, payloads, size);
        const perCpu = (DEVICES * BATCHES * size) / (cpuSeconds(hub.pid()) - before);
        print(
          `  committed and acknowledged: ${(rate / 1000).toFixed(1)}k records/s, ` +
            `${(perCpu / 1000).toFixed(1)}k a second of the hub's CPU (target ${target}k on one core)`,
        );
      }
      const waits = await pace(fleet, (rate * PART) / size, size);
      const [p50, p99] = [quantile(waits, 0.5), quantile(waits, 0.99)];
      const paced = `${((rate * PART) / 1000).toFixed(1)}k records/s`;
      print(`publish→ack at ${paced}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (target 100 ms)`);
      for (const { device } of fleet) device.end();
    } finally {
      await hub.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

interface Member {
  readonly device: SimulatedDevice;
  onAck: (upTo: number) => void;
}

async function connectAll(hub: HubProgram): Promise<Member[]> {
  const members: Member[] = [];
  for (let n = 0; n < DEVICES; n++) {
    const id = `device-${n}`;
    const { token } = secret.parse(await hub.api('/devices', { id }));
    await new Promise<void>((resolve) => {
      const device = createSimulatedDevice({
        id,
        token,
        port: hub.mqttPort(),
        onUp: resolve,
        onDown: () => undefined,
        onAck: (upTo) => member.onAck(upTo),
      });
      const member: Member = { device, onAck: () => undefined };
      members.push(member);
      device.connect();
    });
  }
  return members;
}

/** Every device sends all batches, so many under way at once. */
async function flood(members: readonly Member[], payloads: readonly Buffer[], size: number): Promise<number> {
  const start = performance.now();
  await Promise.all(
    members.map(
      (member) =>
        new Promise<void>((resolve) => {
          let sent = 0;
          const more = (acked: number) => {
            while (sent < payloads.length && sent - acked < WINDOW)
              member.device.publish(payloads[sent++] ?? Buffer.alloc(0));
            if (acked >= payloads.length) resolve();
          };
          member.onAck = (upTo) => more(upTo / size);
          more(0);
        }),
    ),
  );
  return (members.length * payloads.length * size * 1000) / (performance.now() - start);
}

/** Batches at an even pace, whatever comes back; the milliseconds until each was acknowledged. */
async function pace(members: readonly Member[], batchesPerS: number, size: number): Promise<number[]> {
  const waits: number[] = [];
  const all = Math.floor(batchesPerS * PACED_S);
  const perDevice = Math.ceil(all / members.length);
  const payloads = Array.from({ length: perDevice }, (_, i) => benchBatch('paced', i * size + 1, size, benchMix));
  const sentAt = members.map(() => new Map<number, number>());
  members.forEach((member, at) => {
    const sent = sentAt[at] ?? new Map<number, number>();
    member.onAck = (upTo) => {
      for (const [to, when] of sent) {
        if (to > upTo) break;
        waits.push(performance.now() - when);
        sent.delete(to);
      }
    };
  });
  const start = performance.now();
  for (let n = 0; n < all; ) {
    const due = Math.floor(((performance.now() - start) / 1000) * batchesPerS);
    for (; n < Math.min(all, due); n++) {
      const at = n % members.length;
      const round = Math.floor(n / members.length);
      sentAt[at]?.set((round + 1) * size, performance.now());
      members[at]?.device.publish(payloads[round] ?? Buffer.alloc(0));
    }
    await sleep(1);
  }
  const end = performance.now() + 10_000;
  while (waits.length < all && performance.now() < end) await sleep(20);
  if (waits.length < all) throw new Error(`${all - waits.length} batches were not acknowledged within 10 s`);
  return waits;
}
