/**
 * Desired state, reconciled: the hub's document is remembered, compared with what is, and made so, step by step (`plan.ts`),
 * while the streams run. Everything that must survive is in `state.ts`.
 */

import type { Desired } from '../../shared/contract/messages/desired.ts';
import type { ModelFailure } from '../../shared/contract/messages/model-report.ts';
import type { ModelRef } from '../../shared/contract/messages/record.ts';
import { clipped } from '../../shared/contract/names.ts';
import type { Cancel, Clock } from '../../shared/kit/clock.ts';
import { messageOf } from '../../shared/kit/errors.ts';
import type { Logger } from '../../shared/kit/log.ts';
import { Hindrance } from '../models/outcome.ts';
import type { Store } from '../models/store.ts';
import type { Tools } from '../models/tools.ts';
import type { SummaryBody } from '../pipeline/outputs.ts';
import type { StepTraces } from '../traces/step-traces.ts';
import { createAnswers } from './answers.ts';
import { createExecutors } from './executors.ts';
import { createFigures } from './figures.ts';
import type { Fleet } from './fleet.ts';
import { createLoop } from './loop.ts';
import { limits, plan, type Step } from './plan.ts';
import { type ModelsReport, reportOf, type Served } from './report.ts';
import { createService } from './service.ts';
import { startWhatIsProven } from './start-up.ts';
import type { StateFile } from './state.ts';
import type { CandidateProgress } from './step-parts.ts';

export interface ReconcilerOptions {
  readonly state: StateFile;
  readonly store: Store;
  readonly fleet: Fleet;
  readonly tools: Tools;
  /** Names of the device's own models. */
  readonly models: readonly string[];
  /** Does this stream give answers now? */
  readonly isAnswering: (stream: string) => boolean;
  /** Something in the report changed. */
  readonly onChange: () => void;
  readonly onFailure: (model: string, failure: ModelFailure) => void;
  /** Absent: nothing is traced. */
  readonly traces?: StepTraces;
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
  /** Frames or samples of a stream go through. @param sign `answered`: by its model; `begunAt`: `Clock.mono` when it began */
  onSign(stream: string, sign: { readonly answered: boolean; readonly begunAt: number }): void;
  /** A runner with these streams ended by itself. */
  onCrash(streams: readonly string[]): void;
  report(): ModelsReport;
}

const CHECKPOINT_MS = 60_000;

export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { state, store, fleet, clock, log, onChange, traces } = options;
  const revision = () => state.state.desired?.revision;
  const ids = () => traces?.idsOf(revision()) ?? {};
  const service = createService();
  const answers = createAnswers(clock);
  const figures = createFigures(state, service, clock);
  const candidateProgress = new Map<string, CandidateProgress>();
  /** Something may lie in the store that nobody needs. */
  let hasGarbage = true;
  let isRunning = false;
  let stopping = false;
  let cancelCheckpoint: Cancel | undefined;

  const servedOf = (model: string): Served => ({
    streams: [...fleet.streamsOf(state.state).streams].flatMap(([id, stream]) => (stream.model === model ? [id] : [])),
    answered: answers.of(model),
  });
  const modelOf = (stream: string) => fleet.streamsOf(state.state).streams.get(stream)?.model;

  /** A full disk may have room later; the agent must not end because figures were not kept. */
  const whereDiskAllows = (change: () => void, complaint: string) => {
    try {
      change();
    } catch (error) {
      log.warn({ err: error }, complaint);
    }
  };
  const keepFigures = () =>
    whereDiskAllows(() => {
      figures.checkpoint();
      loop.poke();
    }, 'the figures of the models could not be kept');

  const setProgress = (model: string, progress: CandidateProgress | undefined) => {
    const before = candidateProgress.get(model);
    if (progress) candidateProgress.set(model, progress);
    else candidateProgress.delete(model);
    if (before?.phase !== progress?.phase || before?.reason !== progress?.reason) onChange();
  };

  const executors = createExecutors({
    state,
    store,
    fleet,
    service,
    answers,
    isAnswering: options.isAnswering,
    tools: options.tools,
    stopping: () => stopping,
    checkpoint: figures.checkpoint,
    setProgress,
    announce(message) {
      log.info(ids(), message);
      onChange();
    },
    onFailure(model, failure) {
      options.onFailure(model, failure);
      onChange();
    },
  });

  const onFailed = (step: Step, error: unknown, retryMs: number) => {
    const reason = `${messageOf(error)}; next try in ${Math.round(retryMs / 1000)} s`;
    if ('package' in step) setProgress(step.model, { phase: 'waiting', reason: clipped(reason) });
    if (error instanceof Hindrance) log.info({ step: step.kind, ...ids() }, reason);
    else log.warn({ step: step.kind, ...ids(), err: error }, 'a step towards the desired state failed');
  };

  const loop = createLoop({
    async plan() {
      const stored = await storedOf(state, store);
      return plan({ state: state.state, known: options.models, stored, hasGarbage });
    },
    executors: {
      ...executors,
      async collect(step, signal) {
        hasGarbage = false;
        await executors.collect(step, signal);
      },
      async swap(step, signal) {
        await executors.swap(step, signal);
        hasGarbage = true;
      },
    },
    ...(traces
      ? {
          around: (step, run) =>
            traces.around(revision(), step.kind, 'model' in step ? { 'vedette.model': step.model } : {}, run),
        }
      : {}),
    onFailed,
    onUnplanned: (error) => log.error({ err: error }, 'what the models are and should be could not be read'),
    clock,
  });

  return {
    async start() {
      await startWhatIsProven(options);
      figures.begin();
      cancelCheckpoint = clock.every(CHECKPOINT_MS, keepFigures);
      isRunning = true;
      loop.poke();
    },
    async stop() {
      stopping = true;
      cancelCheckpoint?.();
      await loop.stop();
      whereDiskAllows(() => {
        figures.checkpoint();
        state.set({ ...state.state, running: false });
      }, 'the state of the models could not be kept');
    },
    onDesired(document) {
      if (state.state.desired?.revision !== document.revision) {
        state.set({ ...state.state, desired: document });
        traces?.accepted(document.revision);
        log.info(
          { revision: document.revision, ...traces?.idsOf(document.revision) },
          'a new desired document was accepted',
        );
        hasGarbage = true;
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
      // The last summary of the version before does not count for this one.
      if (model === undefined || active?.name !== name || active.version !== version) return;
      const before = service.view(model, active, 0).frames;
      service.summary(model, body);
      // The first figures that say something: a rollout waits for them, and should not wait for the next minute.
      if (active.probation && before < limits.frames && before + body.inferred >= limits.frames) onChange();
      if (isRunning && body.failed > 0 && active.probation) keepFigures();
    },
    onSign(stream, { answered, begunAt }) {
      if (answers.isOfNow(begunAt) && state.state.streams?.awaited?.includes(stream)) {
        const { streams } = state.state;
        whereDiskAllows(
          () => state.set({ ...state.state, streams: { ...streams, awaited: without(streams.awaited, stream) } }),
          'it could not be kept that a stream of the hub gives results',
        );
        onChange();
      }
      const id = answered ? modelOf(stream) : undefined;
      if (id === undefined) return;
      const isFirst = answers.add(id, stream);
      const active = state.state.models[id]?.active;
      if (active?.awaited?.includes(stream)) {
        whereDiskAllows(
          () => state.setModel(id, (m) => ({ ...m, active: { ...active, awaited: without(active.awaited, stream) } })),
          'it could not be kept that a new model has answered a stream',
        );
      }
      if (isFirst) onChange();
    },
    onCrash(streams) {
      for (const id of new Set(streams.map(modelOf).filter((model) => model !== undefined))) {
        service.error(id);
        const active = state.state.models[id]?.active;
        if (!active?.probation) continue;
        const probation = { ...active.probation, crashes: active.probation.crashes + 1 };
        whereDiskAllows(
          () => state.setModel(id, (m) => ({ ...m, active: { ...active, probation } })),
          'a crash of a new model could not be kept',
        );
      }
      if (isRunning) loop.poke();
    },
    report: () => reportOf(figures.upToNow(), candidateProgress, servedOf),
  };
}

function without(names: readonly string[] | undefined, name: string): string[] {
  return (names ?? []).filter((other) => other !== name);
}

/** Which of the packages that a plan may ask for lie in the store. */
async function storedOf({ state: { models, desired } }: StateFile, store: Store): Promise<ReadonlySet<string>> {
  const stored = new Set<string>();
  const asked = Object.values(desired?.models ?? {}).map((m) => m.digest);
  const before = Object.values(models).flatMap((m) => m.previous?.digest ?? []);
  for (const digest of [...asked, ...before]) if (await store.has(digest)) stored.add(digest);
  return stored;
}
