/** Ingest on a real database whose clock is the processor time of this process, so that its turns are measured as work. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Copies } from '../../../cloud-hub/ingest/copies.ts';
import { Ingest } from '../../../cloud-hub/ingest/ingest.ts';
import { noLimits, Quota } from '../../../cloud-hub/ingest/quota.ts';
import { createMetrics } from '../../../cloud-hub/metrics.ts';
import { openStore } from '../../../cloud-hub/store/store.ts';
import { decode } from '../../../shared/contract/codec.ts';
import { ack, unread } from '../../../shared/contract/messages/batch.ts';
import { systemClock } from '../../../shared/kit/clock.ts';
import { digestOf } from '../../../shared/kit/digest.ts';
import { createLogger } from '../../../shared/kit/log.ts';
import { benchRecord } from '../../bench/records.ts';
import { anything } from './families.ts';
import { Sender, type Sent } from './family.ts';

/** Of one turn of the event loop, in milliseconds of processor time. */
export const TURN_MS = 50;

export interface Outcome {
  readonly messages: number;
  /** The longest turn, and the messages of what family it was of. */
  readonly longestMs: number;
  readonly longestOf: string;
  /** What did not hold; empty when all did. */
  readonly broken: readonly string[];
  /** How much the heap and what is outside of it grew, megabytes. */
  readonly grownMb: number;
}

/** To ask how slow the machine is costs more than most messages. */
const PROBE_EVERY = 50;
const PROBE_FROM_MS = TURN_MS / 2;

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/**
 * How slow the machine is at this moment: a busy one makes the same work take several times the processor time, because
 * caches are shared. 1 or more: the time of a fixed piece of work, over the least that it ever took here.
 */
class Slowness {
  readonly #work = JSON.stringify(Array.from({ length: 1000 }, (_, i) => benchRecord(i)));
  #least = Number.POSITIVE_INFINITY;

  constructor() {
    for (let n = 0; n < 30; n++) this.now();
  }

  now(): number {
    const begun = cpuMs();
    JSON.stringify(JSON.parse(this.#work));
    const ms = cpuMs() - begun;
    this.#least = Math.min(this.#least, ms);
    return Math.max(1, ms / this.#least);
  }
}

/** Measures turns of the event loop from now on. @returns ends that, and gives the longest, in milliseconds of processor time */
function watchTurns(): () => number {
  let [begunAt, longest, isOver] = [cpuMs(), 0, false];
  const look = () => {
    const now = cpuMs();
    longest = Math.max(longest, now - begunAt);
    begunAt = now;
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  return () => {
    isOver = true;
    return Math.max(longest, cpuMs() - begunAt);
  };
}

/** Sends `messages` random messages of one device, and looks at what each of them costs and how it ends. */
export async function sendAnything(messages: number, random: () => number): Promise<Outcome> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-hostile-'));
  const store = await openStore(folder, 0);
  await store.devices.add('cam', 'x', 0);
  const metrics = createMetrics();
  const settled = new Map<string, number>();
  /** Digests of what was answered as unreadable. */
  const unreadable = new Set<string>();
  const log = createLogger('attack', 'silent');
  const ingest = new Ingest({
    store,
    metrics,
    quota: new Quota({ limits: noLimits, send: () => undefined, log }),
    copies: new Copies({ send: () => undefined, clock: systemClock, log }),
    send(_device, channel, payload) {
      if (channel !== 'ack') return;
      const said = decode(payload, 1 << 20);
      const refusal = unread.safeParse(said);
      if (refusal.success) {
        unreadable.add(refusal.data.unread.digest);
        return;
      }
      const { epoch, upTo, ranges = [] } = ack.parse(said);
      settled.set(epoch, Math.max(upTo, ranges.at(-1)?.to ?? 0));
    },
    reported: async () => undefined,
    announce: () => undefined,
    clock: { ...systemClock, mono: cpuMs },
    log,
  });
  const slowness = new Slowness();
  let [taken, before] = [0, 1];
  const take = async ({ channel, payload }: Sent) => {
    if (taken++ % PROBE_EVERY === 0) before = slowness.now();
    const longestTurn = watchTurns();
    ingest.offer('cam', channel, payload);
    await ingest.drained();
    const ms = longestTurn();
    return ms < PROBE_FROM_MS ? ms : ms / Math.max(before, slowness.now());
  };
  const device = new Sender(random);
  const broken = new Set<string>();
  const heldMb = memoryMb();
  // The hub's timers keep no process alive.
  const awake = setInterval(() => undefined, 1000);
  let [sent, longestMs, longestOf] = [0, 0, ''];
  try {
    while (sent < messages) {
      const { family, knobs } = anything(device);
      for (const message of family.make(device, knobs)) {
        sent++;
        let ms = await take(message);
        // A collection of garbage, or the first run of some code, falls on anybody: only what is long again is long.
        for (let again = 0; again < 2 && ms > TURN_MS; again++) ms = Math.min(ms, await take(message));
        if (ms > longestMs) [longestMs, longestOf] = [ms, family.name];
        if (ms > TURN_MS)
          broken.add(`${family.name} [${knobs.map((k) => k.toFixed(3))}] holds a turn for ${ms.toFixed(0)} ms`);
        const { settles, channel, payload } = message;
        const isAnswered = settles && (settled.get(settles.epoch) ?? 0) >= settles.to;
        if (channel === 'records' && settles && !isAnswered && !unreadable.has(digestOf(payload)))
          broken.add(`${family.name} [${knobs.map((k) => k.toFixed(3))}] is not answered up to ${settles.to}`);
      }
    }
    // And an honest batch is taken as ever.
    await take(device.batch('honest', [benchRecord(1)]));
    if (settled.get('honest') !== 1) broken.add('an honest batch is not acknowledged afterwards');
    return { messages: sent, longestMs, longestOf, broken: [...broken], grownMb: memoryMb() - heldMb };
  } finally {
    clearInterval(awake);
    await ingest.stop();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function memoryMb(): number {
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 1024 / 1024);
}
