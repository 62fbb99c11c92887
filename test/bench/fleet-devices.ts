/**
 * Child of `bench fleet`: the devices. Each has an outbox in memory (what was not acknowledged), sends a batch each ten seconds,
 * and comes back as agents do: a wait that grows and is drawn by lot. `node fleet-devices.js TOKENS PORT`.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { createBackoff } from '../../shared/kit/backoff.ts';
import { rssMb } from '../../shared/kit/memory.ts';
import { benchBatch } from './records.ts';
import { createSimulatedDevice } from './simulated-device.ts';

const [, , file = '', port = ''] = process.argv;
const EVERY_MS = 10_000;
const RECORDS = 20;
/** As in agent/sync/uplink.ts. */
const ACK_TIMEOUT_MS = 10_000;
const RETRY_MS = { first: 500, max: 30_000 };
const RETURN_SPREAD_MS = 5_000;

const state = { connected: 0, waiting: 0, acknowledged: 0, resent: 0 };
let waits: number[] = [];

/** The same bytes for every device: numbers are each device's own. */
const payloads = new Map<number, Buffer>();
function payloadOf(batch: number): Buffer {
  const known = payloads.get(batch) ?? benchBatch('fleet', batch * RECORDS + 1, RECORDS);
  payloads.set(batch, known);
  return known;
}

function simulate(id: string, token: string, firstMs: number): void {
  const backoff = createBackoff(RETRY_MS.first, RETRY_MS.max);
  const sentAt = new Map<number, number>();
  let next = 0;
  let acked = 0;
  const resend = () => {
    for (const batch of sentAt.keys()) {
      state.resent++;
      device.publish(payloadOf(batch));
    }
  };
  const device = createSimulatedDevice({
    id,
    token,
    port: Number(port),
    onUp() {
      state.connected++;
      wasUp = true;
      backoff.reset();
      resend();
    },
    onDown() {
      if (wasUp) state.connected--;
      setTimeout(() => device.connect(), wasUp ? Math.random() * RETURN_SPREAD_MS : backoff.next());
      wasUp = false;
    },
    onAck(upTo) {
      for (; (acked + 1) * RECORDS <= upTo; acked++) {
        waits.push(performance.now() - (sentAt.get(acked) ?? 0));
        if (sentAt.delete(acked)) state.waiting--;
        state.acknowledged++;
      }
    },
  });
  let wasUp = false;
  setTimeout(() => {
    device.connect();
    setInterval(() => {
      const oldest = sentAt.values().next().value;
      if (device.up && oldest !== undefined && performance.now() - oldest > ACK_TIMEOUT_MS) resend();
      const batch = next++;
      sentAt.set(batch, performance.now());
      state.waiting++;
      if (device.up) device.publish(payloadOf(batch));
    }, EVERY_MS);
  }, firstMs);
}

const tokens = z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(file, 'utf8')));
const ids = Object.entries(tokens);
ids.forEach(([id, token], index) => {
  simulate(id, token, (EVERY_MS * index) / ids.length);
});
setInterval(() => {
  process.send?.({ ...state, rssMb: rssMb(), waits });
  waits = [];
}, 250);
process.once('disconnect', () => process.exit());
