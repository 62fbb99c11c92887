/**
 * Desired state, reconciled: the hub's document is remembered, compared with what is, and made so, step by step (`plan.ts`),
 * while the streams run. Everything that must survive is in `state.ts`.
 */
import type { Desired } from '../../shared/contract/messages/desired.ts';
import type { ModelFailure } from '../../shared/contract/messages/model-report.ts';
import type { ModelRef } from '../../shared/contract/messages/record.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { Hindrance } from '../models/outcome.ts';
import type { Store } from '../models/store.ts';
import type { SummaryBody } from '../pipeline/outputs.ts';
import { createExecutors, type Standing, type Tools } from './executors.ts';
import type { Fleet } from './fleet.ts';
import { createLoop } from './loop.ts';
import { limits, plan } from './plan.ts';
import { reportOf, type Told } from './report.ts';
import { createService } from './service.ts';
import { startingState } from './start.ts';
import type { Slot, StateFile } from './state.ts';

export interface ReconcilerOptions {
  readonly state: StateFile;
  readonly store: Store;
  readonly fleet: Fleet;
  readonly tools: Tools;
  /** Names of the device's own models. */
  readonly models: readonly string[];
  /** Something in the report changed. */
  readonly onChange: () => void;
  readonly onFailure: (model: string, failure: ModelFailure) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Reconciler {
  /** Starts the streams with what has been proven, then goes on where the last run ended. */
  start(): Promise<void>;
  /** Aborts what is under way; resolves when it has ended, for which the runners must end too. */
  stop(): Promise<void>;
  /** @throws the file system's error when it cannot be remembered; then nothing has changed */
  onDesired(document: Desired): void;
  /** The hub can be reached again. */
  onConnected(): void;
  onSummary(model: ModelRef, body: SummaryBody): void;
  /** A runner with these streams ended by itself. */
  onCrash(streams: readonly string[]): void;
  report(): Told;
}

const CHECKPOINT_MS = 60_000;

export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { state, store, fleet, clock, log, onChange } = options;
  const service = createService();
  const standings = new Map<string, Standing>();
  let countedAt = clock.mono();
  let litter = true;
  let isRunning = false;
  let stopping = false;
  let cancelCheckpoint: Cancel | undefined;

  const modelOf = (stream: string) => fleet.streamsOf(state.state).streams.get(stream)?.model;

  /** Adds what came since the last time to the slots; one write for all. */
  const checkpoint = () => {
    const ms = clock.mono() - countedAt;
    countedAt = clock.mono();
    const models = Object.entries(state.state.models).map(([id, model]) => {
      const { active } = model;
      return [id, active ? { ...model, active: service.take(id, active, ms) } : model] as const;
    });
    state.set({ ...state.state, models: Object.fromEntries(models) });
  };

  /** A checkpoint may wait for a disk that takes something again; figures are not worth an agent. */
  const checkpointIfPossible = () => {
    try {
      checkpoint();
      loop.poke();
    } catch (error) {
      log.warn({ err: error }, 'the figures of the models could not be kept');
    }
  };

  const stand = (model: string, standing: Standing | undefined) => {
    const before = standings.get(model);
    if (standing) standings.set(model, standing);
    else standings.delete(model);
    if (before?.phase !== standing?.phase || before?.reason !== standing?.reason) onChange();
  };

  const executors = createExecutors({
    state,
    store,
    fleet,
    service,
    tools: options.tools,
    stopping: () => stopping,
    checkpoint,
    stand,
    tell(message) {
      log.info(message);
      onChange();
    },
    onFailure(model, failure) {
      options.onFailure(model, failure);
      onChange();
    },
  });

  const loop = createLoop({
    async plan() {
      const stored = new Set<string>();
      const { models, desired } = state.state;
      for (const digest of [
        ...Object.values(desired?.models ?? {}).map((m) => m.digest),
        ...Object.values(models).flatMap((m) => m.previous?.digest ?? []),
      ]) {
        if (await store.has(digest)) stored.add(digest);
      }
      return plan({ state: state.state, known: options.models, stored, litter });
    },
    executors: {
      ...executors,
      async collect(step, signal) {
        litter = false;
        await executors.collect(step, signal);
      },
      async swap(step, signal) {
        await executors.swap(step, signal);
        litter = true;
      },
    },
    onFailed(step, error, retryMs) {
      const reason = `${messageOf(error)}; next try in ${Math.round(retryMs / 1000)} s`;
      if ('package' in step) stand(step.model, { phase: 'waiting', reason: reason.slice(0, 2048) });
      if (error instanceof Hindrance) log.info({ step: step.kind }, reason);
      else log.warn({ step: step.kind, err: error }, 'a step towards the desired state failed');
    },
    onUnplanned: (error) => log.error({ err: error }, 'the state of the models could not be found out'),
    clock,
  });

  return {
    async start() {
      const homes = new Map<string, Slot>();
      for (const model of options.models) {
        const home = await fleet.home(model);
        if (home) homes.set(model, home);
      }
      const whole = new Set<string>();
      for (const { active, previous } of Object.values(state.state.models)) {
        for (const digest of [active?.digest, previous?.digest])
          if (digest !== undefined && (await store.open(digest)) !== undefined) whole.add(digest);
      }
      const before = state.state;
      state.set(startingState(before, { whole, homes }));
      for (const [model, { failures }] of Object.entries(state.state.models)) {
        const known = before.models[model]?.failures ?? [];
        for (const failure of failures) if (!known.includes(failure)) options.onFailure(model, failure);
      }
      for (const { streams, reason } of await fleet.apply(state.state)) log.warn({ streams }, reason);
      countedAt = clock.mono();
      cancelCheckpoint = clock.every(CHECKPOINT_MS, checkpointIfPossible);
      isRunning = true;
      loop.poke();
    },
    async stop() {
      stopping = true;
      cancelCheckpoint?.();
      await loop.stop();
      try {
        checkpoint();
        state.set({ ...state.state, running: false });
      } catch (error) {
        log.warn({ err: error }, 'the state of the models could not be kept');
      }
    },
    onDesired(document) {
      if (state.state.desired?.revision !== document.revision) {
        state.set({ ...state.state, desired: document });
        log.info({ revision: document.revision }, 'a desired document was taken up');
        litter = true;
        onChange();
      }
      if (isRunning) loop.retry();
    },
    onConnected() {
      if (isRunning) loop.retry();
    },
    onSummary({ name, version }, body) {
      const model = modelOf(body.stream);
      const active = model === undefined ? undefined : state.state.models[model]?.active;
      // The last word of the one before is not about this one.
      if (model === undefined || active?.name !== name || active.version !== version) return;
      const before = service.view(model, active, 0).frames;
      service.summary(model, body);
      // The first figures that say something: a rollout waits for them, and should not wait for the next minute.
      if (active.probation && before < limits.frames && before + body.inferred >= limits.frames) onChange();
      if (isRunning && body.failed > 0 && active.probation) checkpointIfPossible();
    },
    onCrash(streams) {
      const models = new Set(streams.map(modelOf).filter((id) => id !== undefined));
      for (const id of models) {
        service.error(id);
        const active = state.state.models[id]?.active;
        if (!active?.probation) continue;
        const probation = { ...active.probation, crashes: active.probation.crashes + 1 };
        try {
          state.setModel(id, (m) => (m.active ? { ...m, active: { ...m.active, probation } } : m));
        } catch (error) {
          log.warn({ err: error }, 'a crash of a new model could not be kept');
        }
      }
      if (isRunning) loop.poke();
    },
    report() {
      const ms = clock.mono() - countedAt;
      const now = (id: string, active: Slot | undefined) => (active ? { active: service.view(id, active, ms) } : {});
      const models = Object.entries(state.state.models).map(([id, m]) => [id, { ...m, ...now(id, m.active) }] as const);
      return reportOf({ ...state.state, models: Object.fromEntries(models) }, standings);
    },
  };
}
