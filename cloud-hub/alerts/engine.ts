/**
 * Watches the rules: what was committed and what devices say becomes alerts, and these become notifications in the outbox.
 *
 * Invariants:
 * 1. A change of alerts, the notifications that it makes, and up to where the rules have looked are one transaction.
 * 2. Events and problems are read from the store after their commit, in order, from where the last turn ended: each is looked at
 *    once by each rule, also after a crash. No device waits for the rules: ingest is done before.
 * 3. A device is looked at when something came of it, when a time of a rule has come, and once per minute.
 * 4. A turn looks at a bounded number of records and devices; what is left has a turn of its own.
 *
 * Crash behaviour: what fires is in the store. What was pending begins anew. A turn that fails (disk full) changes nothing, what
 * is in memory is read again from the store, and the turn is tried again.
 */
import { inBackground } from '../../shared/kit/background.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { StoredRecord } from '../store/records.ts';
import type { HubStore, Parts } from '../store/store.ts';
import { Agenda } from './agenda.ts';
import { DeviceWatch } from './device-watch.ts';
import { Held } from './held.ts';
import { createLastRecords } from './last-records.ts';
import { Moments } from './moments.ts';
import { type NotifyTools, notifyWhatIsDue } from './notify.ts';
import { PastScores } from './past-scores.ts';
import { Series } from './series.ts';
import { Standings } from './standings.ts';
import { type WatchedRules, watchedRules } from './watched-rules.ts';

export type AlertStores = Pick<
  HubStore,
  | 'alerts'
  | 'alertRules'
  | 'alertDeliveries'
  | 'alertSources'
  | 'devices'
  | 'certificates'
  | 'pushSubscriptions'
  | 'transactAlone'
>;

const FAILED = 'alerts could not be looked at';

export interface EngineOptions {
  readonly store: AlertStores;
  /** Called after a commit that may have put something into the outbox. */
  readonly notified: () => void;
  readonly hours: NotifyTools['hours'];
  readonly linkTo: NotifyTools['linkTo'];
  readonly clock: Clock;
  readonly log: Logger;
}

/** What comes close together shares a transaction. */
const SOON_MS = 50;
const TICK_MS = 1000;
const RETRY_MS = 5000;
/** Each device is looked at once in so many ticks. */
const SWEEP_TICKS = 60;
const DEVICES_PER_TURN = 200;
/** A turn asks so many times whether a value is beyond the bound of a rule, and takes at least so many values. */
const VALUES_ASKED = 300;
const LEAST_VALUES = 10;
/** Ended alerts are forgotten after so long, so many per tick. */
const KEEP_MS = 90 * 86_400_000;
const EXPIRE_PER_TICK = 500;

export class AlertEngine {
  readonly #options: EngineOptions;
  readonly #agenda = new Agenda();
  readonly #last = createLastRecords();
  readonly #watchedSince: number;
  #rules: WatchedRules;
  #standings = new Standings();
  #moments = new Moments();
  /** Readings and summaries that are still to be looked at. */
  #values: StoredRecord[] = [];
  readonly #series = new Series();
  readonly #past = new PastScores();
  readonly #held = new Held();
  /** Devices that are still to be looked at in this round, and how many of them per tick. */
  #round: string[] = [];
  #share = 0;
  #cancelSoon: Cancel | undefined;
  #cancelTick: Cancel | undefined;
  /** When the next notification may be due, milliseconds since 1970; 0: perhaps now. */
  #tellAt = 0;
  /** Turns, ticks and changes of rules come one after the other. */
  #work: Promise<void> = Promise.resolve();
  #isStopped = false;
  #isStale = false;

  constructor(options: EngineOptions) {
    const { clock } = options;
    this.#options = options;
    this.#watchedSince = clock.wall();
    this.#rules = watchedRules([]);
  }

  async start(): Promise<void> {
    const { store, clock } = this.#options;
    this.#rules = watchedRules(await store.alertRules.rules());
    this.#standings = Standings.of(await store.alerts.open());
    await this.#lookAtAll();
    this.#cancelTick = clock.every(TICK_MS, () => this.#inBackground(() => this.#tick()));
    this.#soon();
  }

  /** Resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTick?.();
    this.#cancelSoon?.();
    this.#cancelSoon = undefined;
    await this.#work;
  }

  /** After a commit: these records are stored, or the device said something of itself. */
  heard(device: string, stored: readonly StoredRecord[], isAboutItself: boolean): void {
    const rules = this.#rules;
    if (rules.all.size === 0) return;
    for (const item of stored) {
      const { kind, stream } = item.record;
      if (rules.wantsAbsence) this.#last.note(device, stream, kind, item.receivedAt);
      if ((kind === 'reading' && rules.wantsReadings) || (kind === 'summary' && rules.wantsSummaries))
        this.#values.push(item);
    }
    const isMoment = stored.some(({ record: { kind } }) => kind === 'event' || kind === 'error' || kind === 'loss');
    const waits = rules.wantsAbsence && this.#standings.rules().length > 0;
    if ((isAboutItself && rules.states.length > 0) || (waits && stored.length > 0)) this.#agenda.soon(device);
    const wantsMoments = rules.moments.length > 0 || rules.waiting.size > 0;
    if ((isMoment && wantsMoments) || this.#values.length > 0 || !this.#agenda.isEmpty) this.#soon();
  }

  /** After the commit of a verdict on an event. */
  amended(): void {
    if (this.#rules.waiting.size === 0) return;
    // Behind the turn that runs: it may have looked before the commit.
    this.#inBackground(async () => {
      this.#moments.amended();
      this.#soon();
    });
  }

  /** After the commit of a change of rules or silences. */
  async changed(): Promise<void> {
    await this.#inTurn(() => this.#readAgain()).catch((error: unknown) => {
      this.#options.log.error({ err: error }, 'the rules of alerts could not be read; tried again soon');
      this.#beginAgain();
    });
  }

  async #readAgain(): Promise<void> {
    const { store } = this.#options;
    this.#rules = watchedRules(await store.alertRules.rules());
    this.#held.clear();
    this.#tellAt = 0;
    await this.#lookAtAll();
    this.#soon();
  }

  async #lookAtAll(): Promise<void> {
    for (const device of await this.#everyDevice()) this.#agenda.soon(device);
  }

  /** Those that there are, and those that were removed and still have an alert. */
  async #everyDevice(): Promise<string[]> {
    const standing = this.#standings.rules().flatMap((rule) => this.#standings.devicesOf(rule));
    const known = this.#rules.states.length > 0 ? (await this.#options.store.devices.roster()).map(({ id }) => id) : [];
    return [...new Set([...known, ...standing])];
  }

  async #tick(): Promise<void> {
    const { store, clock, log } = this.#options;
    try {
      const now = clock.wall();
      this.#agenda.due(now);
      await this.#sweep();
      await store.alerts.expire(now - KEEP_MS, EXPIRE_PER_TICK);
    } catch (error) {
      log.error({ err: error }, FAILED);
    }
    const now = clock.wall();
    if (!this.#agenda.isEmpty || this.#tellAt <= now || this.#moments.isDue(now)) this.#soon();
  }

  /** Time, labels that were changed, devices that were removed: within a minute each device is looked at. */
  async #sweep(): Promise<void> {
    if (this.#round.length === 0) {
      this.#round = await this.#everyDevice();
      this.#share = Math.ceil(this.#round.length / SWEEP_TICKS);
    }
    for (const device of this.#round.splice(0, this.#share)) this.#agenda.soon(device);
  }

  #soon(ms = SOON_MS): void {
    if (this.#isStopped) return;
    this.#cancelSoon ??= this.#options.clock.after(ms, () => {
      this.#cancelSoon = undefined;
      this.#inBackground(() => this.#turn());
    });
  }

  #inBackground(work: () => Promise<void>): void {
    inBackground(this.#options.log, FAILED, () => this.#inTurn(work));
  }

  /** @throws what the work throws */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#work.then(() => (this.#isStopped ? undefined : work()));
    this.#work = turn.catch(() => undefined);
    return turn;
  }

  async #turn(): Promise<void> {
    const { store, clock, log, notified, hours, linkTo } = this.#options;
    if (!(await this.#isRead())) return;
    const now = clock.wall();
    const begun = clock.mono();
    const values = this.#values.splice(0, Math.max(LEAST_VALUES, VALUES_ASKED / this.#rules.series.length));
    const devices = this.#agenda.take(DEVICES_PER_TURN);
    try {
      let isMore = false;
      const turn = async (tx: Parts) => {
        const tools = { store: tx, standings: this.#standings, later: this.#later };
        isMore = await this.#moments.look(tools, this.#rules, now);
        const watch = new DeviceWatch(tools, {
          store: tx,
          last: this.#last,
          series: this.#series,
          past: this.#past,
          watchedSince: this.#watchedSince,
        });
        await watch.values(this.#rules, values, now);
        for (const device of devices) await watch.look(this.#rules, device, now);
        this.#tellAt = await notifyWhatIsDue({ store: tx, hours, held: this.#held, linkTo }, this.#rules, now);
      };
      // It remembers how far it has looked, in the store and in memory.
      await store.transactAlone(turn);
      notified();
      if (isMore || this.#values.length > 0 || !this.#agenda.isEmpty) {
        // Others get as long as this turn took.
        this.#soon(Math.max(1, clock.mono() - begun));
      }
    } catch (error) {
      log.error({ err: error }, 'alerts could not be written; tried again soon');
      for (const device of devices) this.#agenda.soon(device);
      this.#beginAgain();
    }
  }

  /** What is in memory may speak of what was taken back, or was not read: the next turn reads it anew. */
  #beginAgain(): void {
    this.#isStale = true;
    this.#soon(RETRY_MS);
  }

  /** @returns false: the database cannot be read now */
  async #isRead(): Promise<boolean> {
    if (!this.#isStale) return true;
    const { store, log } = this.#options;
    try {
      this.#standings = Standings.of(await store.alerts.open());
      this.#moments = new Moments();
      this.#isStale = false;
      await this.#readAgain();
      return true;
    } catch (error) {
      log.error({ err: error }, 'alerts could not be read; tried again soon');
      this.#beginAgain();
      return false;
    }
  }

  readonly #later = (device: string, at: number) => this.#agenda.later(device, at);
}
