/**
 * Runs the rollouts that are open: gathers what devices said, lets `decide` decide, and carries the decision out.
 *
 * Invariants:
 * 1. A decision, what it changes in desired documents, and its line in the history are one transaction.
 * 2. A document is published after its commit, and again whenever a device turns out to have another one: a message that got
 *    lost, or a hub that was killed in between, costs a while and nothing else.
 * 3. What a rollout that is done asked of everybody, it asks of those who come later too, once.
 * 4. What a device was asked to run before is kept until the rollout is over; a roll-back gives it back, unless something else
 *    has changed that part since.
 *
 * Crash behaviour: all that counts is in the store; what is held here (outcomes) is read again from the latest reports.
 */
import type { Desired } from '../../shared/contract/messages/desired.ts';
import type { Report } from '../../shared/contract/messages/report.ts';
import { inBackground } from '../../shared/kit/background.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import type { Part } from '../contract/rollout.ts';
import type { Act } from '../store/audit.ts';
import type { RolloutChange, StoredRollout } from '../store/rollouts.ts';
import type { HubStore } from '../store/store.ts';
import { Asked, type AskedState, newlyAsked } from './asked.ts';
import { selects } from './cohort.ts';
import { type Decision, type DeviceView, decide } from './decide.ts';
import { partOf, withPart } from './document.ts';
import { lookedAt } from './looked-at.ts';
import { Newcomers } from './newcomers.ts';
import { outcomeOf } from './outcome.ts';

/** How often time alone may change something: soak, time-outs. */
const EVERY_MS = 5_000;
/** Reports that come close together are judged together. */
const SOON_MS = 500;

/** People who pause or resume it meanwhile are few. */
const ABORT_TRIES = 5;

/** Somebody changed the rollout, or a document, while it was looked at: it is looked at again. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

export interface ExecutorOptions {
  readonly store: Pick<HubStore, 'devices' | 'desired' | 'models' | 'opinions' | 'rollouts' | 'transact'>;
  /** What a rollout asks for, as part of a document. @throws when it is not there any more */
  readonly partFor: (rollout: StoredRollout) => Promise<Part>;
  /** Sends a device its document. */
  readonly publish: (device: string, document: Desired) => void;
  /** After each commit: what people see of this rollout, and of these devices in it, is different. */
  readonly changed: (rollout: string, devices: readonly string[]) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export class RolloutExecutor {
  readonly #options: ExecutorOptions;
  readonly #asked: Asked;
  readonly #newcomers: Newcomers;
  #cancelSoon: Cancel | undefined;
  #cancelEvery: Cancel | undefined;
  #work: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#newcomers = new Newcomers(options);
    this.#asked = new Asked(options.store);
  }

  async start(): Promise<void> {
    this.#cancelEvery = this.#options.clock.every(EVERY_MS, () => this.#runSoon());
    await this.run();
  }

  /** Resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelEvery?.();
    this.#cancelSoon?.();
    this.#cancelSoon = undefined;
    await this.#work;
  }

  /** One after the other: what is held in memory goes with what is in the store. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#work.then(work);
    this.#work = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  /** A device said what it runs. */
  async reported(device: string, report: Report): Promise<void> {
    await this.#alone(() => this.#reported(device, report));
  }

  async #reported(device: string, report: Report): Promise<void> {
    const { store, publish } = this.#options;
    const open = await store.rollouts.open();
    const written = await this.#newcomers.reported(device, open);
    const wanted = written?.revision ?? (await store.desired.revision(device));
    if (wanted === undefined) return;
    if (report.desired?.revision !== wanted) {
      const document = written ?? (await store.desired.get(device));
      if (document) publish(device, document);
    }
    for (const rollout of open) {
      const asked = (await this.#asked.of(rollout)).get(device);
      if (!asked) continue;
      asked.outcome = outcomeOf(rollout.plan.target, wanted, report);
      this.soon();
    }
  }

  /** Something changed: decide in a moment. */
  soon(): void {
    if (this.#isStopped) return;
    this.#cancelSoon ??= this.#options.clock.after(SOON_MS, () => this.#runSoon());
  }

  #runSoon(): void {
    inBackground(this.#options.log, 'rollouts could not be looked at', () => this.run());
  }

  /** Decides on every open rollout now. */
  async run(): Promise<void> {
    this.#cancelSoon?.();
    this.#cancelSoon = undefined;
    await this.#alone(() => this.#run());
  }

  async #run(): Promise<void> {
    const open = await this.#options.store.rollouts.open();
    this.#asked.keepOnly(open);
    for (const rollout of open) {
      try {
        await this.#step(rollout);
      } catch (error) {
        if (error instanceof Superseded) this.soon();
        else this.#options.log.error({ rollout: rollout.id, err: error }, 'a rollout could not be decided');
      }
    }
  }

  /**
   * Ends a rollout and gives every device back what it had.
   * @param find the rollout as it is now
   * @throws what `find` throws; Superseded when others change it all the time
   */
  async abort(find: () => Promise<StoredRollout>, act: Act): Promise<void> {
    await this.#alone(async () => {
      for (let left = ABORT_TRIES; ; left--) {
        try {
          return await this.#rollBack(await find(), 'aborted', `aborted by ${act.actor}`, act);
        } catch (error) {
          if (!(error instanceof Superseded) || left <= 1) throw error;
        }
      }
    });
  }

  async #rollBack(
    rollout: StoredRollout,
    status: 'rolled-back' | 'aborted',
    reason: string,
    act: Act,
    gates = rollout.gates,
  ): Promise<void> {
    const { store } = this.#options;
    const { subject } = rollout;
    const changed = new Map<string, Desired>();
    await store.transact(async (tx) => {
      await requireSame(tx, rollout);
      for (const { device, previous } of await tx.rollouts.devices(rollout.row)) {
        const document = await tx.desired.get(device);
        if (partOf(document, subject)?.rollout !== rollout.id) continue;
        const before = withPart(document, subject, previous);
        await tx.desired.set(device, before, act.at);
        changed.set(device, before);
      }
      await tx.rollouts.change(rollout.row, { ...rollout, status, gates, reason, settledAt: undefined }, act.at);
      await tx.rollouts.addHistory(rollout.row, act, status, reason, { devices: changed.size });
      if (status === 'aborted') await tx.audit.add(act, 'rollout.abort', rollout.id);
    }, act.guard);
    this.#asked.forget(rollout);
    for (const [device, document] of changed) this.#options.publish(device, document);
    this.#options.changed(rollout.id, []);
  }

  async #step(rollout: StoredRollout): Promise<void> {
    const { clock, log } = this.#options;
    const act: Act = { at: clock.wall(), actor: 'hub' };
    const asked = await this.#asked.of(rollout);
    const { id, plan, wave, settledAt, waived } = rollout;
    const status = rollout.status === 'paused' ? 'paused' : 'running';
    const views = await this.#views(rollout, asked);
    const decision = decide({ id, plan }, { status, wave, settledAt, waived }, views, act.at);
    const noted = await this.#asked.note(rollout, views, act);
    if (noted.length > 0) this.#options.changed(rollout.id, noted);
    if (decision.kind !== 'wait')
      log.info({ rollout: id, decision: decision.kind, reason: decision.reason }, 'rollout');
    switch (decision.kind) {
      case 'ask':
        await this.#ask(rollout, decision, asked, act);
        break;
      case 'roll-back':
        await this.#rollBack(rollout, 'rolled-back', decision.reason, act, decision.gates);
        break;
      case 'pause':
        await this.#change(rollout, { status: 'paused', settledAt: undefined }, decision, act, 'paused');
        break;
      case 'complete':
        await this.#change(rollout, { status: 'done' }, decision, act, 'done');
        this.#newcomers.changed();
        break;
      case 'wait': {
        const begins = decision.settledAt !== undefined && settledAt === undefined;
        const isNews =
          decision.reason !== rollout.reason ||
          decision.settledAt !== settledAt ||
          JSON.stringify(decision.gates) !== JSON.stringify(rollout.gates);
        if (isNews)
          await this.#change(rollout, { settledAt: decision.settledAt }, decision, act, begins ? 'soaking' : undefined);
      }
    }
  }

  async #ask(
    rollout: StoredRollout,
    { devices, wave, reason, gates }: Extract<Decision, { kind: 'ask' }>,
    asked: Map<string, AskedState>,
    act: Act,
  ): Promise<void> {
    const { store, partFor, publish, changed } = this.#options;
    const part = await partFor(rollout);
    const { subject } = rollout;
    const documents = new Map<string, Desired>();
    await store.transact(async (tx) => {
      await requireSame(tx, rollout);
      for (const device of devices) {
        const before = await tx.desired.get(device);
        const document = withPart(before, subject, part);
        await tx.rollouts.ask(rollout.row, device, wave, act.at, partOf(before, subject));
        await tx.desired.set(device, document, act.at);
        documents.set(device, document);
      }
      await tx.rollouts.change(rollout.row, { ...rollout, wave, reason, gates, settledAt: undefined }, act.at);
      await tx.rollouts.addHistory(rollout.row, act, 'asked', reason, { wave, devices });
    });
    for (const [device, document] of documents) {
      asked.set(device, newlyAsked(act.at));
      publish(device, document);
    }
    changed(rollout.id, devices);
  }

  async #change(
    rollout: StoredRollout,
    to: Partial<RolloutChange>,
    { reason, gates }: Decision,
    act: Act,
    history: string | undefined,
  ): Promise<void> {
    const { store } = this.#options;
    await store.transact(async (tx) => {
      await requireSame(tx, rollout);
      await tx.rollouts.change(rollout.row, { ...rollout, reason, gates, ...to }, act.at);
      if (history !== undefined) await tx.rollouts.addHistory(rollout.row, act, history, reason, { gates });
    });
    this.#options.changed(rollout.id, []);
  }

  async #views(rollout: StoredRollout, asked: ReadonlyMap<string, AskedState>): Promise<DeviceView[]> {
    const strata = await lookedAt(this.#options.store, rollout.plan.target);
    return (await this.#options.store.devices.roster()).flatMap((device): DeviceView[] => {
      const state = asked.get(device.id);
      const selected = selects(rollout.plan.selector, device);
      if (!state && !selected) return [];
      const outcome = state?.outcome ?? { state: 'waiting' };
      const { id, online } = device;
      return [{ id, online, selected, askedAt: state?.askedAt, outcome, strata: strata.get(id) }];
    });
  }
}

/** Is it as it was when it was decided on? Part of the transaction. @throws Superseded */
async function requireSame(tx: Pick<HubStore, 'rollouts'>, rollout: StoredRollout): Promise<void> {
  if (JSON.stringify(await tx.rollouts.get(rollout.id)) !== JSON.stringify(rollout))
    throw new Superseded(`the rollout ${rollout.id} was changed meanwhile`);
}
