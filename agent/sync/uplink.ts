/**
 * Drains the outbox to `up/records`. lanes.ts and window.ts decide what to do and when; here are the effects. Only the batches in
 * flight are in memory: everything else stays in the outbox until the hub has acknowledged it.
 */
import { channels, topicOf } from '../../shared/contract/channels.ts';
import type { Ack, Refusal, Unread } from '../../shared/contract/messages/batch.ts';
import { type Backoff, createBackoff } from '../../shared/kit/backoff.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { type ErrorCode, messageOf } from '../../shared/kit/errors.ts';
import type { Link } from '../../shared/kit/link.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { nowAndThen } from '../../shared/kit/now-and-then.ts';
import type { Outbox } from '../buffer/outbox.ts';
import { type MadeBatch, makeBatch } from './batches.ts';
import { type HubClock, HubClockMeter } from './hub-clock.ts';
import {
  acknowledgedOn,
  arranged,
  confirmedOn,
  cursorOn,
  decideLanes,
  deferred,
  failedOn,
  flightsOf,
  inFlight,
  isFurther,
  type Lane,
  type LaneDecision,
  type Lanes,
  openLanes,
  reconnectedOn,
  sentOn,
} from './lanes.ts';
import { movedOn, noted, nothingUnread, outcomeOf, type UnreadState } from './unread.ts';
import { DEFAULTS, type UplinkLimits } from './uplink-limits.ts';

/** A failure that is worth an `error` record; `count`: how many times since the last one of this code. */
export type OnProblem = (code: ErrorCode, message: string, count: number) => void;

export interface UplinkOptions {
  readonly device: string;
  readonly outbox: Outbox;
  readonly link: Link;
  readonly onProblem: OnProblem;
  readonly limits?: Partial<UplinkLimits>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface UplinkState {
  readonly inFlight: number;
  /** Numbers of a backlog that are still to be acknowledged; 0 when there is none. */
  readonly backfill: number;
  readonly batches: number;
  readonly resent: number;
  readonly staleAcks: number;
  /** What the hub's clock says; undefined before the first acknowledgement. */
  readonly hubClock: HubClock | undefined;
}

const FORKED =
  'the hub has other records under the numbers of this outbox: an older copy of the data folder was put back, or another box ' +
  'runs from a copy of it; all that is held here is sent under a new epoch, nothing is lost. If two boxes run from one copy, ' +
  'give each a device and a token of its own';
const MIN_BATCH_BYTES = 16 * 1024;
/** Wait after the outbox had nothing although it should: it cannot be read now, or the rest was refused or evicted. */
const LOOK_AGAIN_MS = 1_000;
/** A hub may refuse even our `error` record about its refusals: that must not lead to more and more of them. */
const COMPLAIN_AGAIN_MS = 60_000;

export class Uplink {
  readonly #options: UplinkOptions;
  readonly #limits: UplinkLimits;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #topic: string;
  readonly #backoff: Backoff;
  readonly #complain: (records: number) => void;
  #lanes: Lanes;
  /** Changes when flights are abandoned, so that a late confirmation of an old flight is not taken for that of a new one. */
  #generation = 0;
  #publishing = 0;
  #waitingSince: number | undefined;
  #cancelWake: Cancel | undefined;
  #unsubscribe: readonly (() => void)[] = [];
  #running = false;
  #busy = false;
  /** It is logged that nothing gets through. */
  #silent = false;
  #lastRefusal = '';
  #highestSent: Record<Lane, number> = { live: 0, backfill: 0 };
  #unread: UnreadState = nothingUnread;
  readonly #meter = new HubClockMeter();
  #counters = { batches: 0, resent: 0, staleAcks: 0 };

  constructor(options: UplinkOptions) {
    const { outbox, onProblem } = options;
    this.#options = options;
    this.#limits = { ...DEFAULTS, ...options.limits };
    this.#backoff = createBackoff(this.#limits.retryMs.first, this.#limits.retryMs.max);
    this.#clock = options.clock;
    this.#log = options.log;
    this.#topic = topicOf(options.device, 'records');
    this.#lanes = openLanes(outbox.epoch, outbox.base(), this.#limits.maxRecords);
    this.#complain = nowAndThen(options.clock, COMPLAIN_AGAIN_MS, (records) => {
      const message = `records refused and kept aside: ${records}; the last: ${this.#lastRefusal}`;
      options.log.error({ records }, message);
      onProblem('records-refused', message, records);
    });
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    const { link, outbox } = this.#options;
    this.#unsubscribe = [
      outbox.onCommit(() => this.#wake(0)),
      link.onUp(() => {
        this.#lanes = reconnectedOn(this.#lanes);
        this.#wake(0);
      }),
      link.onDown(() => this.#cutOff()),
    ];
    this.#wake(0);
  }

  stop(): void {
    this.#running = false;
    this.#cancelWake?.();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  /** An acknowledgement came on `down/ack`. */
  onAck(ack: Ack): void {
    // While others are on their way, more acknowledgements are too.
    const outcome = this.#options.outbox.ack(
      ack,
      inFlight(this.#lanes).some(({ to }) => to > ack.upTo),
    );
    if (outcome === 'stale') this.#counters.staleAcks++;
    if (outcome === 'forked') this.#options.onProblem('outbox-copied', FORKED, 1);
    if (outcome === 'settled') {
      if (ack.epoch === this.#lanes.live.epoch) this.#meter.acknowledged(ack, this.#clock.mono());
      const before = this.#lanes;
      this.#lanes = acknowledgedOn(before, ack, this.#clock.mono(), this.#limits);
      if (isFurther(before, this.#lanes)) {
        this.#backoff.reset();
        this.#unread = movedOn(this.#unread);
        if (this.#silent) this.#log.info('the hub acknowledges again');
        this.#silent = false;
      } else if (flightsOf(before) > flightsOf(this.#lanes)) {
        this.#generation++;
      }
      for (const range of ack.refused ?? []) this.#refused(range);
    }
    this.#wake(0);
  }

  /** The hub cannot read a batch. */
  onUnread({ digest, reason }: Unread): void {
    const outcome = outcomeOf(this.#unread, digest, reason, this.#lanes);
    if (outcome.kind === 'nothing') return;
    this.#unread = outcome.state;
    if (outcome.kind === 'damaged') {
      this.#abandonFlights(`a batch arrived damaged: ${reason}`, outcome.records);
      return;
    }
    const { refusal, records } = outcome;
    if (refusal) {
      this.#options.outbox.refuse(refusal);
      this.#refused(refusal);
    }
    this.#goBack(0, records);
  }

  state(): UplinkState {
    const { backfill } = this.#lanes;
    return {
      inFlight: flightsOf(this.#lanes),
      backfill: backfill ? backfill.to - backfill.window.acked : 0,
      ...this.#counters,
      hubClock: this.#meter.clock,
    };
  }

  #wake(ms: number): void {
    if (!this.#running) return;
    this.#cancelWake?.();
    this.#cancelWake = this.#clock.after(ms, () => this.#step());
  }

  /** One decision and its effect; plans the next. */
  #step(): void {
    if (!this.#running || this.#busy || !this.#options.link.up) return;
    this.#busy = true;
    try {
      const { outbox } = this.#options;
      const now = this.#clock.mono();
      const { epoch, lastSeq } = outbox.position();
      this.#followEpoch(epoch);
      const wasWhole = this.#lanes.backfill === undefined;
      // Reading the file at each step is expensive, and only a backfill can be done.
      this.#lanes = arranged(this.#lanes, lastSeq, wasWhole ? 0 : outbox.base(), this.#limits);
      if (wasWhole && this.#lanes.backfill) this.#highestSent.backfill = this.#highestSent.live;
      if (lastSeq > cursorOn(this.#lanes, 'live')) this.#waitingSince ??= now;
      else this.#waitingSince = undefined;
      const limits = { ...this.#limits, maxFlights: this.#unread.alone ? 1 : this.#limits.maxFlights };
      const decision = decideLanes(this.#lanes, now, lastSeq, this.#waitingSince ?? now, limits);
      if (decision.kind === 'send') this.#send(decision, now);
      else if (decision.kind === 'silent') this.#abandonFlights('it does not acknowledge them');
      else if (decision.kind === 'wait') this.#wake(decision.ms);
    } finally {
      this.#busy = false;
    }
  }

  #followEpoch(epoch: string): void {
    if (epoch === this.#lanes.live.epoch) return;
    this.#lanes = openLanes(epoch, this.#options.outbox.base(), this.#lanes.live.share);
    this.#generation++;
    this.#highestSent = { live: 0, backfill: 0 };
    this.#unread = nothingUnread;
    this.#meter.forget();
  }

  #send({ lane, after, limit, upTo }: Extract<LaneDecision, { kind: 'send' }>, now: number): void {
    // Batches of abandoned flights are still being written: the next step comes when one ends.
    if (this.#publishing >= this.#limits.maxFlights) return;
    const { outbox } = this.#options;
    const { maxRecords, maxRecordBytes } = this.#limits;
    const { epoch } = this.#lanes.live;
    const maxBytes = Math.max(MIN_BATCH_BYTES, (this.#limits.maxBytes * limit) / maxRecords);
    const taken = outbox.take({ epoch, after, upTo, limit, maxBytes });
    const bound = maxRecordBytes === undefined ? {} : { maxRecordBytes };
    const batch = taken && makeBatch({ epoch, from: after + 1, ...taken, ...bound });
    if (!batch) {
      this.#lanes = deferred(this.#lanes, lane, now + LOOK_AGAIN_MS);
      this.#wake(LOOK_AGAIN_MS);
      return;
    }
    this.#lanes = sentOn(this.#lanes, lane, batch.to, batch.records, now, this.#limits);
    if (lane === 'live') this.#waitingSince = undefined;
    this.#counters.batches++;
    this.#log.debug({ lane, from: batch.from, to: batch.to, bytes: batch.payload.length }, 'records are sent');
    if (batch.from <= this.#highestSent[lane]) {
      this.#counters.resent++;
      this.#meter.forget();
    } else {
      this.#meter.sent(batch.to, now);
    }
    this.#unread = noted(this.#unread, batch);
    this.#highestSent[lane] = Math.max(this.#highestSent[lane], batch.to);
    void this.#publish(batch, this.#generation);
    for (const { seq, reason } of batch.unsendable) {
      outbox.refuse({ from: seq, to: seq, reason });
      this.#refused({ from: seq, to: seq, reason });
    }
    this.#wake(0);
  }

  async #publish(batch: MadeBatch, generation: number): Promise<void> {
    const { qos, retain } = channels.records;
    this.#publishing++;
    try {
      await this.#options.link.publish({ topic: this.#topic, payload: batch.payload, qos, retain });
      if (generation === this.#generation) this.#lanes = confirmedOn(this.#lanes, batch.to, this.#clock.mono());
    } catch (error) {
      if (generation === this.#generation) this.#abandonFlights(messageOf(error));
    } finally {
      this.#publishing--;
      this.#wake(0);
    }
  }

  /** Abandons all flights: back to the first unacknowledged record, after a while. */
  #abandonFlights(reason: string, records?: number): void {
    const ms = this.#backoff.next();
    if (!this.#silent) this.#log.warn({ reason }, 'the hub does not take records; they are sent again');
    this.#silent = true;
    this.#goBack(ms, records);
  }

  /** Sends all that is not acknowledged again after `ms`, in smaller batches. */
  #goBack(ms: number, records?: number): void {
    this.#lanes = failedOn(this.#lanes, this.#clock.mono(), ms, records);
    this.#generation++;
    this.#wake(ms);
  }

  #cutOff(): void {
    if (flightsOf(this.#lanes) > 0) this.#lanes = failedOn(this.#lanes, this.#clock.mono(), 0);
    this.#generation++;
    this.#cancelWake?.();
  }

  #refused(range: Refusal): void {
    this.#lastRefusal = `${range.reason} (numbers ${range.from} to ${range.to})`.slice(0, 1024);
    this.#complain(Math.max(1, range.to - range.from + 1));
  }
}
