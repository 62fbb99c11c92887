/**
 * Removes records that are older than `--keep` says, every hour, a few at a time, so that ingest and the API go on in between.
 *
 * A clock that was set far ahead must not end everything: after a hole of HOLE_DAYS without a record nothing is removed until the clock
 * has gone on for TRUST_DAYS. A hub that nobody used for so long only waits. The records themselves show the hole, also after a restart.
 *
 * Crash behaviour: each window is a transaction; what was not reached is reached in the next hour.
 */
import type { Clock } from '../../shared/kit/clock.ts';
import { clockQuality } from '../../shared/kit/clock-quality.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { KEPT_KINDS, type Keep, type KeptKind } from '../config.ts';
import type { HubStore } from '../store/store.ts';
import { DAY_MS } from './forecast.ts';
import { Steps } from './steps.ts';

export interface RetentionOptions {
  readonly store: Pick<HubStore, 'retention' | 'audit' | 'transact'>;
  readonly keep: Keep;
  readonly clock: Clock;
  readonly log: Logger;
}

const EVERY_MS = 3_600_000;
/** The first round waits until a hub that starts has taken in what waited for it. */
const FIRST_MS = 60_000;
/** Pictures go with events: a window of them is 10 ms of work, as one of readings is. */
const windowOf = (kind: KeptKind) => (kind === 'events' ? 100 : 250);
/** Nothing came for so long: was it quiet, or was the clock set? */
const HOLE_DAYS = 30;
/** By then somebody has seen that the hub shows a wrong year. */
const TRUST_DAYS = 7;

export class Retention {
  readonly #options: RetentionOptions;
  readonly #steps: Steps;

  constructor(options: RetentionOptions) {
    this.#options = options;
    const failed = 'old records could not be removed; tried again in an hour';
    const { clock, log } = options;
    this.#steps = new Steps({ clock, log, failed, round: () => this.#round(), everyMs: EVERY_MS });
  }

  start(): void {
    if (Object.keys(this.#options.keep).length > 0) this.#steps.nextRound(FIRST_MS);
  }

  /** Resolves when the step that runs has ended. */
  stop(): Promise<void> {
    return this.#steps.stop();
  }

  /** A clock that cannot be right decides nothing. */
  async #round(): Promise<void> {
    const now = this.#options.clock.wall();
    const mayRemove = clockQuality(now) !== 'wrong' && (await this.#isTrusted(now));
    await this.#next(mayRemove ? KEPT_KINDS.filter((kind) => this.#options.keep[kind] !== undefined) : [], now);
  }

  async #isTrusted(now: number): Promise<boolean> {
    const { store, log } = this.#options;
    const hole = await store.retention.holeBefore(now - TRUST_DAYS * DAY_MS, now);
    if (hole <= HOLE_DAYS * DAY_MS) return true;
    log.warn(
      { clock: new Date(now).toISOString(), days: Math.floor(hole / DAY_MS) },
      `no record came for that many days before the last ones: is the clock right? Old records are kept (--keep) until it has gone on for ${TRUST_DAYS} days`,
    );
    return false;
  }

  async #next([kind, ...others]: readonly KeptKind[], now: number): Promise<void> {
    if (kind === undefined) {
      this.#steps.nextRound();
      return;
    }
    const days = this.#options.keep[kind] ?? Number.POSITIVE_INFINITY;
    await this.#window({ kind, before: now - days * DAY_MS, after: 0, removed: 0 }, () => this.#next(others, now));
  }

  async #window(
    at: { kind: KeptKind; before: number; after: number; removed: number },
    done: () => Promise<void>,
  ): Promise<void> {
    const { store, log, clock } = this.#options;
    const { removed, next } = await store.transact((tx) =>
      tx.retention.removeBefore(at.kind, at.before, at.after, windowOf(at.kind)),
    );
    const total = at.removed + removed;
    if (next !== undefined) {
      this.#steps.next(() => this.#window({ ...at, after: next, removed: total }, done));
      return;
    }
    if (total > 0) {
      const before = new Date(at.before).toISOString();
      const act = { at: clock.wall(), actor: 'hub' };
      await store.transact(async (tx) => tx.audit.add(act, 'retention.remove', at.kind, { records: total, before }));
      log.info({ kind: at.kind, records: total, before }, 'old records were removed (--keep)');
    }
    await done();
  }
}
