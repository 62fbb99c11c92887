/**
 * Delivers what is in the outbox: at least once, each channel by itself.
 *
 * Invariants:
 * 1. A row leaves `waiting` only after its receiver has it, when it was tried for a day, or when there is no receiver any more.
 * 2. Of one channel (of browsers: of each browser) one delivery is under way, in the order of the rows; a channel that hangs holds up no other.
 * 3. Each try of a row carries the same id.
 *
 * Crash behaviour: a delivery whose end was not committed is made again at the next start, with the same id.
 */
import { inBackground } from '../../shared/kit/background.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { DueDelivery } from '../store/alert-deliveries.ts';
import type { HubStore } from '../store/store.ts';
import type { Sender } from './sender.ts';

export interface OutboxOptions {
  readonly store: Pick<HubStore, 'alertDeliveries' | 'alertRules'>;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly log: Logger;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 3_600_000;
const GIVE_UP_MS = 86_400_000;
/** Channels and browsers that are served at the same time. */
const MOST_AT_ONCE = 32;
/** Looked at least so often, also when the wall clock jumps. */
const EVERY_MS = 10_000;
const KEEP_MS = 30 * 86_400_000;
const EXPIRE_AT_ONCE = 1000;

const FAILED = 'the outbox of alerts could not be read or written';

export class AlertOutbox {
  readonly #options: OutboxOptions;
  readonly #busy = new Map<string, Promise<void>>();
  #cancelEvery: Cancel | undefined;
  #cancelNext: Cancel | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  /** So many deliveries have ended. */
  #ended = 0;
  /** Aborted when the hub stops: a try that is under way is made again at the next start. */
  readonly #stopping = new AbortController();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  start(): void {
    const { store, clock, log } = this.#options;
    this.#cancelEvery = clock.every(EVERY_MS, () => {
      inBackground(log, FAILED, () => store.alertDeliveries.expire(clock.wall() - KEEP_MS, EXPIRE_AT_ONCE));
      this.wake();
    });
    this.wake();
  }

  /** Breaks off what is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the hub stops'));
    this.#cancelEvery?.();
    this.#cancelNext?.();
    await this.#looking;
    await Promise.all(this.#busy.values());
  }

  /** Something may be due. */
  wake(): void {
    if (this.#stopping.signal.aborted) return;
    this.#cancelNext?.();
    this.#cancelNext = undefined;
    this.#again = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
  }

  /** One after the other: a delivery that is under way is begun once. */
  async #look(): Promise<void> {
    while (this.#again && !this.#stopping.signal.aborted) {
      this.#again = false;
      await this.#guarded(() => this.#begin());
    }
  }

  async #begin(): Promise<void> {
    const { store, clock } = this.#options;
    const now = clock.wall();
    // What has ended since it was read is read again: its end wakes.
    const ended = this.#ended;
    const due = await store.alertDeliveries.due(now);
    if (ended !== this.#ended) return;
    for (const delivery of due) {
      if (this.#busy.size >= MOST_AT_ONCE) break;
      const line = `${delivery.channel} ${delivery.target}`;
      if (this.#busy.has(line) || this.#stopping.signal.aborted) continue;
      const work = this.#guarded(() => this.#deliver(delivery)).then((isDone) => {
        this.#busy.delete(line);
        this.#ended++;
        // What the database refuses now would be sent again and again: it waits for the next look.
        if (isDone) this.wake();
      });
      this.#busy.set(line, work);
    }
    const next = await store.alertDeliveries.nextAt();
    if (next === undefined || next <= now || this.#stopping.signal.aborted) return;
    this.#cancelNext?.();
    this.#cancelNext = clock.after(Math.min(next - now, EVERY_MS), () => this.wake());
  }

  async #deliver({ id, channel: name, target, notification, tries, createdAt }: DueDelivery): Promise<void> {
    const { store, sender, clock, log, random = Math.random } = this.#options;
    const channel = await store.alertRules.channel(name);
    const failure = channel
      ? await sender.send(channel, notification, this.#stopping.signal, target === 0 ? undefined : target)
      : { reason: 'the channel was removed', isFinal: true };
    if (failure && this.#stopping.signal.aborted) return;
    const now = clock.wall();
    const made = tries + 1;
    if (!failure) return store.alertDeliveries.delivered(id, made, now);
    const { reason, isFinal } = failure;
    log.warn({ channel: name, delivery: notification.id, tries: made, reason }, 'a notification did not arrive');
    if (isFinal || now - createdAt >= GIVE_UP_MS) return store.alertDeliveries.failed(id, made, now, reason);
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 20));
    return store.alertDeliveries.again(id, made, now + Math.round(wait / 2 + (wait / 2) * random()), reason);
  }

  /** What the database refuses now is tried again later. @returns false: it was refused */
  async #guarded(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.#options.log.error({ err: error }, FAILED);
      return false;
    }
  }
}
