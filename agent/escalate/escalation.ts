/**
 * Second opinions, seen from the box: samples that the streams chose are paid for, wait, are sent behind the records, and are done
 * with when the hub has answered.
 *
 * Invariants:
 * 1. Nothing here delays a frame or a record: pictures come when they are made, and are sent while no backlog of records waits, one at a
 *    time: a message that a slow link does not carry in time ends the connection for all. A sample does that three times at most.
 * 2. Each sample that was chosen ends in one of the counts: an outcome, or the reason why it has none. Sending again is paid for again.
 * 3. A hub that does not answer, or asks to wait, gets nothing for a while.
 * 4. A verdict that is late, doubled, or about a sample of somebody else changes nothing.
 */
import { channels } from '../../shared/contract/channels.ts';
import { encodePicture } from '../../shared/contract/codec.ts';
import type { Budget } from '../../shared/contract/config/escalate.ts';
import type { EscalationReport } from '../../shared/contract/messages/escalation-report.ts';
import type { SampleHeader } from '../../shared/contract/messages/sample.ts';
import type { Verdict } from '../../shared/contract/messages/verdict.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Ledger, UnsentReason } from './ledger.ts';
import type { SampleQueue } from './queue.ts';

export interface EscalationOptions {
  readonly ledger: Ledger;
  readonly queue: SampleQueue;
  readonly deadlineMs: number;
  /** What a stream may spend; undefined: it sends nothing (any more). */
  budgetOf(stream: string): Budget | undefined;
  /** May a sample go now: is there a connection, and no backlog of records? */
  isOpen(): boolean;
  /** Publishes on `up/sample`; rejects where that fails. */
  send(payload: Buffer): Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Escalation {
  start(): void;
  stop(): void;
  /** @param worth 0 to 1 */
  offer(header: SampleHeader, jpeg: Uint8Array, worth: number): void;
  onVerdict(verdict: Verdict): void;
  /**
   * Erases the samples that wait and that `covers` says. One that is on the line may still come to the hub.
   * @param covers payload: undefined where it cannot be read
   * @returns how many
   * @throws the file system's error; calling again does the rest
   */
  erase(covers: (stream: string, payload: Uint8Array | undefined) => boolean): number;
  report(): EscalationReport;
}

const TURN_MS = 500;
const SAVE_MS = 30_000;
/** Under way at once: one in the hub's model, one on the line. */
const MOST_ASKED = 2;
/** A hub with a long queue answers within this, or refuses. */
const ANSWER_MS = 60_000;
const MOST_TRIES = 3;
const PAUSE_MS = 600_000;

interface Asked {
  /** When the hub had it. */
  readonly at: number;
  readonly tries: number;
  /** `again`: it was cut off, or not answered in time. */
  readonly where: 'line' | 'hub' | 'again';
}

export function createEscalation(options: EscalationOptions): Escalation {
  const { ledger, queue, clock, log } = options;
  const asked = new Map<string, Asked>();
  let onLine: string | undefined;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let cancel: Cancel[] = [];
  let running = false;

  for (const { stream } of queue.unopened) ledger.count(stream, { unsent: 'key-lost' });

  const giveUp = (id: string, reason: UnsentReason) => {
    const waiting = queue.get(id);
    asked.delete(id);
    if (!waiting) return;
    queue.remove(id);
    ledger.count(waiting.stream, { unsent: reason });
  };

  const expire = () => {
    const now = clock.mono();
    for (const { id, since } of queue.list()) if (now - since > options.deadlineMs) giveUp(id, 'late');
    for (const [id, { at, tries, where }] of asked) {
      if (where !== 'hub' || now - at < ANSWER_MS) continue;
      if (tries < MOST_TRIES) asked.set(id, { at, tries, where: 'again' });
      else {
        giveUp(id, 'unanswered');
        pausedUntil = now + PAUSE_MS;
        log.warn({ minutes: PAUSE_MS / 60_000 }, 'the hub does not answer samples; none is sent for a while');
      }
    }
  };

  /** Sending again is paid for again: the bytes, not the sample. */
  const mayGo = (id: string, stream: string, bytes: number, tries: number): boolean => {
    if (tries === 0) return true;
    const budget = options.budgetOf(stream);
    if (budget && ledger.spend(stream, budget, { samples: 0, bytes }, 1) === 'spent') return true;
    giveUp(id, 'budget');
    return false;
  };

  const sendOne = (id: string, stream: string, tries: number) => {
    const payload = queue.payload(id);
    if (!payload) return giveUp(id, 'disk');
    if (!mayGo(id, stream, payload.length, tries)) return;
    asked.set(id, { at: clock.mono(), tries: tries + 1, where: 'line' });
    onLine = id;
    ledger.count(stream, 'sent', payload.length);
    options.send(payload).then(
      () => leaveLine(id, 'hub'),
      () => leaveLine(id, 'again'),
    );
  };

  /** What was cut off goes again when there is a connection: a few times, since it may be what the link cannot carry. */
  const leaveLine = (id: string, where: 'hub' | 'again') => {
    if (onLine === id) onLine = undefined;
    const one = asked.get(id);
    if (one?.where !== 'line') return;
    if (where === 'again' && one.tries >= MOST_TRIES) return giveUp(id, 'unanswered');
    asked.set(id, { ...one, at: clock.mono(), where });
    // Of one that was cut off the next turn knows whether there is a connection.
    if (where === 'hub') turn();
  };

  const turn = () => {
    if (!running) return;
    expire();
    if (clock.mono() < pausedUntil) return;
    for (const { id, stream } of queue.list()) {
      if (onLine !== undefined || !options.isOpen()) return;
      const one = asked.get(id);
      if (one?.where === 'hub') continue;
      if ([...asked.values()].filter(({ where }) => where === 'hub').length >= MOST_ASKED) return;
      sendOne(id, stream, one?.tries ?? 0);
    }
  };

  const keep = (stream: string, header: SampleHeader, payload: Buffer) => {
    try {
      for (const { id, stream: other } of queue.add({ id: header.id, stream, payload }, clock.mono())) {
        asked.delete(id);
        ledger.count(other, { unsent: 'queue-full' });
      }
    } catch (error) {
      ledger.count(stream, { unsent: 'disk' });
      log.warn({ why: messageOf(error) }, 'a sample could not be stored');
    }
  };

  return {
    start() {
      running = true;
      cancel = [clock.every(TURN_MS, turn), clock.every(SAVE_MS, save)];
    },
    stop() {
      running = false;
      for (const end of cancel) end();
      save();
    },
    offer(header, jpeg, worth) {
      const { stream } = header;
      const budget = options.budgetOf(stream);
      if (!budget) return;
      const payload = encodePicture(header, jpeg);
      ledger.count(stream, 'chosen');
      const isTooLarge = payload.length > channels.sample.maxBytes;
      const answer = isTooLarge
        ? 'too-large'
        : ledger.spend(stream, budget, { samples: 1, bytes: payload.length }, worth);
      if (answer !== 'spent') return ledger.count(stream, { unsent: answer });
      keep(stream, header, payload);
      turn();
    },
    onVerdict({ sample, outcome, reason, waitS = 0 }) {
      const waiting = queue.get(sample);
      if (!waiting || !asked.has(sample)) return;
      queue.remove(sample);
      asked.delete(sample);
      if (onLine === sample) onLine = undefined;
      ledger.count(waiting.stream, outcome);
      if (outcome === 'refused') {
        log.info({ stream: waiting.stream, reason, waitS }, 'the hub refused a sample');
        pausedUntil = Math.max(pausedUntil, clock.mono() + waitS * 1000);
      }
      turn();
    },
    erase(covers) {
      const gone = queue.list().filter(({ id, stream }) => covers(stream, queue.payload(id)));
      for (const { id } of gone) giveUp(id, 'erased');
      queue.force();
      if (gone.length > 0) save();
      return gone.length;
    },
    report: () => ({
      waiting: queue.list().length,
      left: Math.round(ledger.fullness() * 1000) / 1000,
      streams: { ...ledger.counts() },
    }),
  };

  function save(): void {
    try {
      ledger.save();
    } catch (error) {
      log.warn({ why: messageOf(error) }, 'the counts of samples could not be stored');
    }
  }
}
