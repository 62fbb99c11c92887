/**
 * A search for the worst that one device can do: it tries each family of messages, then changes the knobs of the worst so far.
 * A worst that breaks a bound is tried again against a new hub, and counts only as far as it is as bad each time: what comes
 * from a busy machine does not repeat.
 */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { bounds } from './attack.ts';
import { families } from './device/families.ts';
import { type Family, type Knobs, Sender, type Sent } from './device/family.ts';
import type { Attacker, Seen, Stage } from './stage.ts';

export interface Candidate {
  readonly family: Family;
  readonly knobs: Knobs;
}

export interface Cost {
  readonly candidate: Candidate;
  /** Of a calm device, against before; milliseconds. */
  readonly addedAckMs: number;
  readonly blockMs: number;
  readonly addedMb: number;
}

const CANDIDATE_S = 1.5;
const CONFIRM_S = 3;
const CONFIRMATIONS = 3;
/** Prepared messages of a candidate: the attacker's work shall not take the processor from the hub. */
const MAX_PREPARED = { messages: 40, bytes: 8 * 1024 * 1024, ms: 700 };
/** More is not written before the hub has read it. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** A hub that is not quiet again by then is replaced. */
const QUIET_S = 6;

/** A hub with its calm device; `calm` is what was seen before anybody attacked. */
export interface Staged {
  readonly stage: Stage;
  readonly calm: Seen;
  end(): Promise<void>;
}

export interface SearchOptions {
  readonly seconds: number;
  readonly random: () => number;
  readonly stage: () => Promise<Staged>;
  readonly tried: (cost: Cost) => void;
}

/** @returns the worst; one over a bound at the least that it cost in several tries */
export async function searchWorst({ seconds, random, stage: start, tried }: SearchOptions): Promise<Cost> {
  const end = performance.now() + seconds * 1000;
  const worst: Cost[] = [];
  let current = await start();
  try {
    const order = shuffled(families, random);
    for (let n = 0; n === 0 || performance.now() < end; n++) {
      const family = order[n];
      const parent = worst[Math.floor(random() * Math.min(3, worst.length))];
      const candidate = family || !parent ? fresh(family ?? order[0], random) : changed(parent.candidate, random);
      const cost = await measured(current, candidate, CANDIDATE_S, random);
      tried(cost);
      worst.push(cost);
      if (!(await quiet(current))) {
        await current.end();
        current = await start();
      }
      worst.sort((a, b) => badness(b) - badness(a));
    }
  } finally {
    await current.end();
  }
  const [found] = worst;
  if (!found) throw new Error('nothing was tried');
  let least = found;
  for (let n = 0; n < CONFIRMATIONS && badness(least) > 1; n++) {
    const again = await start();
    try {
      const cost = await measured(again, found.candidate, CONFIRM_S, random);
      tried(cost);
      if (badness(cost) < badness(least)) least = cost;
    } finally {
      await again.end();
    }
  }
  return least;
}

/** Above 1: over a bound. */
const badness = ({ addedAckMs, blockMs, addedMb }: Cost) =>
  Math.max(addedAckMs / bounds.addedAckMs, blockMs / bounds.blockMs, addedMb / bounds.addedMb);

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => [random(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item);
}

function fresh(family: Family | undefined, random: () => number): Candidate {
  if (!family) throw new Error('there is no family of messages');
  return { family, knobs: [random(), random(), random(), random()] };
}

function changed({ family, knobs }: Candidate, random: () => number): Candidate {
  const turn = (knob: number) => Math.min(1, Math.max(0, random() < 0.3 ? random() : knob + (random() - 0.5) * 0.3));
  const [a, b, c, d] = knobs;
  return { family, knobs: [turn(a), turn(b), turn(c), turn(d)] };
}

async function measured(
  { stage, calm }: Staged,
  candidate: Candidate,
  seconds: number,
  random: () => number,
): Promise<Cost> {
  const messages = prepared(candidate, random);
  const attacker = await stage.attacker();
  const before = stage.peakMb();
  await stage.look();
  await assault(attacker, messages, seconds);
  const { ackP99Ms, blockMs } = await stage.look();
  const addedMb = Math.max(0, stage.peakMb() - before);
  attacker.device.end();
  return { candidate, addedAckMs: Math.max(0, ackP99Ms - calm.ackP99Ms), blockMs, addedMb };
}

function prepared({ family, knobs }: Candidate, random: () => number): readonly Sent[] {
  const device = new Sender(random);
  const messages: Sent[] = [];
  const begun = performance.now();
  let bytes = 0;
  const { messages: most, bytes: mostBytes, ms } = MAX_PREPARED;
  while (messages.length < most && bytes < mostBytes && performance.now() - begun < ms) {
    const made = family.make(device, knobs);
    messages.push(...made);
    bytes += made.reduce((sum, { payload }) => sum + payload.length, 0);
  }
  return messages;
}

/** Sends the messages over and over, as fast as the hub reads them. */
async function assault({ device }: Attacker, messages: readonly Sent[], seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  for (let n = 0; performance.now() < end; n++) {
    while (performance.now() < end && (!device.up || device.unread > MAX_UNREAD_BYTES)) await sleep(5);
    const message = messages[n % messages.length];
    if (message && device.up) device.publish(message.payload, message.channel);
    if (n % 8 === 0) await setImmediate();
  }
}

/** What one candidate has left in the hub's queue shall not count against the next: waits until it is gone. */
async function quiet({ stage, calm }: Staged): Promise<boolean> {
  const end = performance.now() + QUIET_S * 1000;
  while (performance.now() < end) {
    await sleep(300);
    const { ackP99Ms } = await stage.look();
    if (ackP99Ms < 2 * calm.ackP99Ms + 20) return true;
  }
  return false;
}
