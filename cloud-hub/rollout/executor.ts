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
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { progressText } from '../contract/progress-text.ts';
import type { DeviceProgress, Part } from '../contract/rollout.ts';
import type { Act } from '../store/audit.ts';
import type { RolloutChange, StoredRollout } from '../store/rollouts.ts';
import type { HubStore } from '../store/store.ts';
import { selects } from './cohort.ts';
import { type Decision, type DeviceView, decide, isLate } from './decide.ts';
import { partOf, withPart } from './document.ts';
import { lookedAt } from './looked-at.ts';
import { Newcomers } from './newcomers.ts';
import { type Outcome, outcomeOf, progressOf } from './outcome.ts';

/** How often time alone may change something: soak, time-outs. */
const EVERY_MS = 5_000;
/** Reports that come close together are judged together. */
const SOON_MS = 500;

export interface ExecutorOptions {
  readonly store: Pick<HubStore, 'devices' | 'desired' | 'models' | 'opinions' | 'rollouts' | 'transact'>;
  /** What a rollout asks for, as part of a document. @throws when it is not there any more */
  readonly partFor: (rollout: StoredRollout) => Part;
  /** Sends a device its document. */
  readonly publish: (device: string, document: Desired) => void;
  /** After each commit: what people see of this rollout, and of these devices in it, is different. */
  readonly changed: (rollout: string, devices: readonly string[]) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

interface AskedState {
  readonly askedAt: number;
  outcome: Outcome;
  /** Where it stands as the store has it, as text. */
  noted: string;
}

export class RolloutExecutor {
  readonly #options: ExecutorOptions;
  /** Devices asked, by rollout. */
  readonly #asked = new Map<number, Map<string, AskedState>>();
  readonly #newcomers: Newcomers;
  #cancelSoon: Cancel | undefined;
  #cancelEvery: Cancel | undefined;

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#newcomers = new Newcomers(options);
  }

  start(): void {
    this.#cancelEvery = this.#options.clock.every(EVERY_MS, () => this.run());
    this.run();
  }

  stop(): void {
    this.#cancelEvery?.();
    this.#cancelSoon?.();
    this.#cancelSoon = undefined;
  }

  /** A device said what it runs. */
  reported(device: string, report: Report): void {
    const { store, publish } = this.#options;
    const open = store.rollouts.open();
    const written = this.#newcomers.reported(device, open);
    const wanted = written?.revision ?? store.desired.revision(device);
    if (wanted === undefined) return;
    if (report.desired?.revision !== wanted) {
      const document = written ?? store.desired.get(device);
      if (document) publish(device, document);
    }
    for (const rollout of open) {
      const asked = this.#askedOf(rollout).get(device);
      if (!asked) continue;
      asked.outcome = outcomeOf(rollout.plan.target, wanted, report);
      this.soon();
    }
  }

  /** Something changed: decide in a moment. */
  soon(): void {
    this.#cancelSoon ??= this.#options.clock.after(SOON_MS, () => this.run());
  }

  /** Decides on every open rollout now. */
  run(): void {
    this.#cancelSoon?.();
    this.#cancelSoon = undefined;
    const open = this.#options.store.rollouts.open();
    for (const row of this.#asked.keys()) if (!open.some((rollout) => rollout.row === row)) this.#asked.delete(row);
    for (const rollout of open) {
      try {
        this.#step(rollout);
      } catch (error) {
        this.#options.log.error({ rollout: rollout.id, err: error }, 'a rollout could not be decided');
      }
    }
  }

  /** Ends a rollout and gives every device back what it had. */
  rollBack(
    rollout: StoredRollout,
    status: 'rolled-back' | 'aborted',
    reason: string,
    act: Act,
    gates = rollout.gates,
  ): void {
    const { store } = this.#options;
    const { subject } = rollout;
    const changed = new Map<string, Desired>();
    store.transact(() => {
      for (const { device, previous } of store.rollouts.devices(rollout.row)) {
        const document = store.desired.get(device);
        if (partOf(document, subject)?.rollout !== rollout.id) continue;
        const before = withPart(document, subject, previous);
        store.desired.set(device, before, act.at);
        changed.set(device, before);
      }
      store.rollouts.change(rollout.row, { ...rollout, status, gates, reason, settledAt: undefined }, act.at);
      store.rollouts.addHistory(rollout.row, act, status, reason, { devices: changed.size });
    });
    this.#asked.delete(rollout.row);
    for (const [device, document] of changed) this.#options.publish(device, document);
    this.#options.changed(rollout.id, []);
  }

  #step(rollout: StoredRollout): void {
    const { clock, log } = this.#options;
    const act: Act = { at: clock.wall(), actor: 'hub' };
    const asked = this.#askedOf(rollout);
    const { id, plan, wave, settledAt, waived } = rollout;
    const status = rollout.status === 'paused' ? 'paused' : 'running';
    const views = this.#views(rollout, asked);
    const decision = decide({ id, plan }, { status, wave, settledAt, waived }, views, act.at);
    this.#noteOutcomes(rollout, views, asked, act);
    if (decision.kind !== 'wait')
      log.info({ rollout: id, decision: decision.kind, reason: decision.reason }, 'rollout');
    switch (decision.kind) {
      case 'ask':
        this.#ask(rollout, decision, asked, act);
        break;
      case 'roll-back':
        this.rollBack(rollout, 'rolled-back', decision.reason, act, decision.gates);
        break;
      case 'pause':
        this.#change(rollout, { status: 'paused', settledAt: undefined }, decision, act, 'paused');
        break;
      case 'complete':
        this.#change(rollout, { status: 'done' }, decision, act, 'done');
        this.#newcomers.changed();
        break;
      case 'wait': {
        const begins = decision.settledAt !== undefined && settledAt === undefined;
        const isNews =
          decision.reason !== rollout.reason ||
          decision.settledAt !== settledAt ||
          JSON.stringify(decision.gates) !== JSON.stringify(rollout.gates);
        if (isNews)
          this.#change(rollout, { settledAt: decision.settledAt }, decision, act, begins ? 'soaking' : undefined);
      }
    }
  }

  #ask(
    rollout: StoredRollout,
    { devices, wave, reason, gates }: Extract<Decision, { kind: 'ask' }>,
    asked: Map<string, AskedState>,
    act: Act,
  ): void {
    const { store, partFor, publish, changed } = this.#options;
    const part = partFor(rollout);
    const { subject } = rollout;
    const documents = new Map<string, Desired>();
    store.transact(() => {
      for (const device of devices) {
        const before = store.desired.get(device);
        const document = withPart(before, subject, part);
        store.rollouts.ask(rollout.row, device, wave, act.at, partOf(before, subject));
        store.desired.set(device, document, act.at);
        documents.set(device, document);
      }
      store.rollouts.change(rollout.row, { ...rollout, wave, reason, gates, settledAt: undefined }, act.at);
      store.rollouts.addHistory(rollout.row, act, 'asked', reason, { wave, devices });
    });
    for (const [device, document] of documents) {
      asked.set(device, {
        askedAt: act.at,
        outcome: { state: 'waiting' },
        noted: noteOf({ outcome: 'waiting', reason: '' }),
      });
      publish(device, document);
    }
    changed(rollout.id, devices);
  }

  #change(
    rollout: StoredRollout,
    to: Partial<RolloutChange>,
    { reason, gates }: Decision,
    act: Act,
    history: string | undefined,
  ): void {
    const { store } = this.#options;
    store.transact(() => {
      store.rollouts.change(rollout.row, { ...rollout, reason, gates, ...to }, act.at);
      if (history !== undefined) store.rollouts.addHistory(rollout.row, act, history, reason, { gates });
    });
    this.#options.changed(rollout.id, []);
  }

  #views(rollout: StoredRollout, asked: ReadonlyMap<string, AskedState>): DeviceView[] {
    const strata = lookedAt(this.#options.store, rollout.plan.target);
    return this.#options.store.devices.roster().flatMap((device): DeviceView[] => {
      const state = asked.get(device.id);
      const selected = selects(rollout.plan.selector, device);
      if (!state && !selected) return [];
      const outcome = state?.outcome ?? { state: 'waiting' };
      const { id, online } = device;
      return [{ id, online, selected, askedAt: state?.askedAt, outcome, strata: strata.get(id) }];
    });
  }

  /** Read from the store and the latest reports when it is not held yet. */
  #askedOf(rollout: StoredRollout): Map<string, AskedState> {
    const held = this.#asked.get(rollout.row);
    if (held) return held;
    const { store } = this.#options;
    const { target } = rollout.plan;
    const asked = new Map(
      store.rollouts.devices(rollout.row).map(({ device, askedAt, progress }): [string, AskedState] => {
        const wanted = store.desired.revision(device);
        const outcome: Outcome =
          wanted === undefined ? { state: 'waiting' } : outcomeOf(target, wanted, store.devices.report(device));
        return [device, { askedAt, outcome, noted: noteOf(progress) }];
      }),
    );
    this.#asked.set(rollout.row, asked);
    return asked;
  }

  /** Writes down what changed on devices; a failure gets a line in the history. */
  #noteOutcomes(
    rollout: StoredRollout,
    views: readonly DeviceView[],
    asked: ReadonlyMap<string, AskedState>,
    act: Act,
  ): void {
    const { store } = this.#options;
    const news = views.flatMap((view) => {
      const state = asked.get(view.id);
      if (!state) return [];
      const progress = progressOf(view.outcome, isLate(view, rollout.plan, act.at));
      const note = noteOf(progress);
      return state.noted === note ? [] : [{ device: view.id, state, progress, note, outcome: view.outcome }];
    });
    if (news.length === 0) return;
    store.transact(() => {
      for (const { device, progress, outcome } of news) {
        store.rollouts.setProgress(rollout.row, device, progress);
        if (progress.outcome !== 'failed') continue;
        const { stage, phase } = progress;
        const shadow = 'shadow' in outcome ? outcome.shadow : undefined;
        const reason = `${device}: ${progressText(progress)}`;
        // What is undefined is left out.
        store.rollouts.addHistory(rollout.row, act, 'device-failed', reason, { device, stage, phase, shadow });
      }
    });
    for (const { state, note } of news) state.noted = note;
    this.#options.changed(
      rollout.id,
      news.map(({ device }) => device),
    );
  }
}

/** The same text for the same standing. */
function noteOf({ outcome, phase, stage, reason }: DeviceProgress): string {
  return JSON.stringify([outcome, phase, stage, reason]);
}
