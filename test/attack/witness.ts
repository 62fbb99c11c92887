/**
 * The calm device and the look at the hub's event loop, in a process of their own. It answers each message of its parent
 * with what it saw since the last.
 *
 * The event loop is measured as work: the processor time of the hub's main thread while `/healthz` waited for its answer. Of an
 * acknowledgement, what the hub waited for a processor is not counted: it says how busy the machine is, and nothing of the hub. This process
 * asks for a high priority, so that its own waits stay small; where that is not permitted they count.
 */
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { quantile } from '../bench/bench.ts';
import { benchBatch } from '../bench/records.ts';
import { createSimulatedDevice } from '../bench/simulated-device.ts';
import { type Scheduled, scheduledOf } from './scheduled.ts';
import type { Seen } from './stage.ts';

const RECORDS = 10;
const BATCH_EVERY_MS = 50;
const LOOK_EVERY_MS = 10;

const calm = z
  .object({ id: z.string(), token: z.string(), mqttPort: z.number(), httpPort: z.number(), hubPid: z.number() })
  .parse(JSON.parse(process.env.CALM ?? '{}'));

try {
  os.setPriority(-10);
} catch {
  // Not permitted.
}

/** A moment by the wall's clock, and what the hub's main thread had worked and waited by then; milliseconds. */
interface Moment extends Scheduled {
  readonly at: number;
}

let scheduled: Scheduled = { ran: 0, delayed: 0 };
function now(): Moment {
  try {
    scheduled = scheduledOf(calm.hubPid);
  } catch {
    // A hub that has ended is told by its exit code.
  }
  return { at: performance.now(), ...scheduled };
}

/** Milliseconds since then in which the hub worked, or waited for anything but a processor. */
function since(then: Moment): number {
  const { at, delayed } = now();
  return Math.max(0, at - then.at - (delayed - then.delayed));
}

let blockMs = 0;
let waits: number[] = [];
const sentAt = new Map<number, Moment>();

const device = createSimulatedDevice({
  id: calm.id,
  token: calm.token,
  port: calm.mqttPort,
  onAck(upTo) {
    for (const [to, when] of sentAt) {
      if (to > upTo) break;
      waits.push(since(when));
      sentAt.delete(to);
    }
  },
  onUp: () => process.send?.('ready'),
  onDown: () => setTimeout(() => device.connect(), 100),
});
device.connect();

let sent = 0;
setInterval(() => {
  if (!device.up) return;
  const payload = benchBatch('calm', sent + 1, RECORDS);
  sent += RECORDS;
  sentAt.set(sent, now());
  device.publish(payload);
}, BATCH_EVERY_MS);

process.on('message', () => {
  // What still waits has waited at least so long.
  const all = [...waits, ...[...sentAt.values()].map(since)];
  const seen: Seen = { blockMs, ackP99Ms: all.length > 0 ? quantile(all, 0.99) : 0, acks: waits.length };
  blockMs = 0;
  waits = [];
  process.send?.(seen);
});

for (;;) {
  const begun = now();
  try {
    await (await fetch(`http://127.0.0.1:${calm.httpPort}/healthz`)).text();
  } catch {
    // A hub that has ended is told by its exit code.
  }
  blockMs = Math.max(blockMs, now().ran - begun.ran);
  await sleep(LOOK_EVERY_MS);
}
