/**
 * Child of `bench fleet`: the devices. Each has an outbox in memory, makes 20 records each ten seconds, and sends what was not
 * acknowledged as agents do (their window: what waits goes in few large batches); it comes back as they do, too: a wait that
 * grows and is drawn by lot. `node fleet-devices.js TOKENS PORT`.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import {
  acknowledged,
  confirmed,
  decide,
  failed,
  openWindow,
  reconnected,
  sent,
  type WindowLimits,
} from '../../agent/sync/window.ts';
import { createBackoff } from '../../shared/kit/backoff.ts';
import { rssMb } from '../../shared/kit/memory.ts';
import { benchBatch } from './records.ts';
import { createSimulatedDevice } from './simulated-device.ts';

const [, , file = '', port = ''] = process.argv;
const EVERY_MS = 10_000;
const RECORDS = 20;
/** As in agent/sync: uplink.ts and connection.ts. */
const LIMITS: WindowLimits = { maxFlights: 4, maxRecords: 1000, lingerMs: 0, ackTimeoutMs: 10_000 };
const RESEND_MS = { first: 1_000, max: 60_000 };
const RETRY_MS = { first: 500, max: 30_000 };
const RETURN_SPREAD_MS = 5_000;
/** How often a device looks whether the hub has been silent for too long. */
const LOOK_MS = 1_000;

const state = { connected: 0, waiting: 0, acknowledged: 0, resent: 0 };
let waits: number[] = [];

/** The same bytes for every device: numbers are each device's own. */
const payloads = new Map<string, Buffer>();
function payloadOf(from: number, to: number): Buffer {
  const key = `${from}-${to}`;
  const known = payloads.get(key) ?? benchBatch('fleet', from, to - from + 1);
  payloads.set(key, known);
  return known;
}

function simulate(id: string, token: string, firstMs: number): void {
  const backoff = createBackoff(RETRY_MS.first, RETRY_MS.max);
  const resends = createBackoff(RESEND_MS.first, RESEND_MS.max);
  /** When each batch was made that is not settled yet, oldest first, and how many are. */
  const madeAt: number[] = [];
  let settled = 0;
  let window = openWindow('fleet', 1, LIMITS.maxRecords);
  let highestSent = 0;
  let wasUp = false;

  /** Sends what the window of an agent lets it send. */
  const pump = () => {
    if (!device.up) return;
    const now = performance.now();
    const last = (settled + madeAt.length) * RECORDS;
    for (let next = decide(window, now, last, now, LIMITS); ; next = decide(window, now, last, now, LIMITS)) {
      if (next.kind === 'silent') window = failed(window, now, resends.next());
      if (next.kind !== 'send') return;
      const to = Math.min(last, next.after + next.limit);
      if (to <= highestSent) state.resent++;
      highestSent = Math.max(highestSent, to);
      window = sent(window, to);
      // The broker is the hub: its PUBACK comes at once, and is not waited for.
      window = confirmed(window, to, now);
      device.publish(payloadOf(next.after + 1, to));
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
      window = reconnected(window);
      pump();
    },
    onDown() {
      if (wasUp) state.connected--;
      setTimeout(() => device.connect(), wasUp ? Math.random() * RETURN_SPREAD_MS : backoff.next());
      wasUp = false;
    },
    onAck(upTo) {
      const now = performance.now();
      for (const made of madeAt.splice(0, Math.max(0, Math.floor(upTo / RECORDS) - settled))) {
        waits.push(now - made);
        state.waiting--;
        state.acknowledged++;
        settled++;
        resends.reset();
      }
      window = acknowledged(window, upTo, now, LIMITS);
      pump();
    },
  });
  setTimeout(() => {
    device.connect();
    setInterval(() => {
      madeAt.push(performance.now());
      state.waiting++;
      pump();
    }, EVERY_MS);
    setInterval(pump, LOOK_MS);
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
